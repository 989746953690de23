"""What the listings share: their filter, and rows as they fit into a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from engine.cli.shared.common import known_contact, one_of
from engine.cli.shared.output import OURS, Format, say_json_list, short
from engine.cli.shared.tables import say_table
from engine.store import interned_names
from engine.store.queries.listings import ListingFilter
from engine.workspace import Workspace

StatusOption = Annotated[
    str | None, typer.Option("--status", metavar="STATUS", help="Of this status alone, such as waiting or failed.")
]


def say_listing(
    format: Format,
    name: str,
    rows: Iterable[dict[str, Any]],
    columns: Mapping[str, str],
    nothing: str,
    keys: Sequence[str] | None = None,
) -> int:
    """As one JSON object with the rows' `keys`, all by default, or as a table; row by row. How many there were."""
    if format is Format.json:
        return say_json_list(name, ({key: row[key] for key in keys or row} for row in rows))
    return say_table((_shortened(row) for row in rows), columns, nothing)


def _shortened(row: dict[str, Any]) -> dict[str, Any]:
    """As people read it."""
    shown = row | {key: short(value) for key, value in row.items() if key == "at" or key.endswith("_at")}
    if "price" in row:
        shown["price"] = f"{row['price']:.3f}"
    if "flow" in row:
        shown["flow"] = row.get("by_person") or OURS.get(row["flow"], row["flow"])
    if "text" in row:
        shown["text"] = " ".join(row["text"].split())
    return shown


def wanted_of(
    workspace: Workspace,
    contact: str | None,
    flow: str | None,
    status: str | None,
    states: tuple[str, ...],
    limit: int | None,
) -> ListingFilter:
    """The options as a filter. Raises where one names nothing."""
    with workspace.database.reading() as db:
        who = known_contact(db, contact).id if contact is not None else None
        flows = interned_names.load(db).flow_ids
    return ListingFilter(
        who,
        None if flow is None else flows[one_of(flow, sorted(flows), "flow")],
        None if status is None else states.index(one_of(status, list(states), "status")),
        limit,
    )
