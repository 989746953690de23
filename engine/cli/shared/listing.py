"""What the listings share: their filter, and rows as they fit into a table."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli.shared.common import known_contact, one_of
from engine.cli.shared.output import OURS, short
from engine.store import interned_names
from engine.store.queries.listings import ListingFilter
from engine.workspace import Workspace

StatusOption = Annotated[str | None, typer.Option("--status", metavar="S")]


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """As people read it."""
    instants = {key: short(row[key]) for key in ("due_at", "entered_at", "sent_at") if key in row}
    line = " ".join(row.get("text", "").split())
    price = {"price": f"{row['price']:.3f}"} if "price" in row else {}
    flow = {"flow": OURS.get(row["flow"], row["flow"])}
    return row | instants | price | flow | {"text": line}


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
