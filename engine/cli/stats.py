"""`stats`: what became of one flow."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from engine.cli.shared.common import ProjectOption, deployed_summary, known_flow, opened
from engine.cli.shared.output import say, say_json, say_piece
from engine.cli.shared.tables import say_table
from engine.deploy.summary import NOTHING_DEPLOYED
from engine.errors import UsageError
from engine.store.queries import statistics
from engine.store.queries.listings import MILLION
from engine.store.queries.statistics import EVER, Period, Step

COLUMNS = {
    "step": "step", "written": "written", "accepted": "accepted", "delivered": "delivered", "undelivered": "undelivered",
    "failed": "failed", "unknown": "unknown", "no_mms": "no MMS", "clicked": "clicked",
    "replied": "replied", "cost": "cost", "skipped": "skipped",
}  # fmt: skip


class Shown(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"


STATES = ("delivered", "undelivered", "failed", "unknown")


def stats(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From that hour on: 30d, a date or an instant in UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to that hour.")] = None,
    format: Annotated[Shown, typer.Option("--format", help="csv: a line for each step.")] = Shown.text,
    project: ProjectOption = None,
) -> None:
    """Who entered, how they left, and what became of each step's messages."""
    with opened(ctx, project, "empty") as app:
        period = _period(since, until, app.clock.now())
        with app.database.reading() as db:
            found = statistics.of_flow(db, known_flow(db, flow), period)
        currency = (deployed_summary(app) or NOTHING_DEPLOYED).currency
    steps = [_row(step) for step in found.steps]
    cost = sum(step.cost for step in found.steps) / MILLION
    if format is Shown.csv:
        say_piece(_csv(flow, steps))
        return
    if format is Shown.json:
        head = {
            "flow": flow,
            "entered": found.entered,
            "active": found.active,
            "exits": found.exits,
            "missed": found.missed,
        }
        say_json({**head, "cost": cost, "currency": currency, "steps": steps})
        return
    say(f"{flow}: {found.entered} entered, {found.active} active, {cost:,.3f} {currency}")
    if found.missed:
        say(f"  {found.missed} missed: scheduled entries that were too late (`leadoff notices`)")
    for reason, count in found.exits.items():
        say(f"  {count} left: {reason}")
    say_table(
        [row | {"skipped": _reasons(row["skipped"]), "cost": f"{row['cost']:.3f}"} for row in steps],
        COLUMNS,
        "no messages",
    )


def _period(since: str | None, until: str | None, now: int) -> Period:
    """Raises UsageError."""
    if since is None and until is None:
        return EVER
    from engine.cli.shared.instants import instant_of  # only here is the language loaded

    began = EVER.since if since is None else instant_of(since, "--since", now)
    ended = EVER.until if until is None else instant_of(until, "--until", now)
    if began >= ended:
        raise UsageError("--since is not before --until", "30d is that long ago, so --since 30d --until 7d")
    return Period(began, ended)


def _csv(flow: str, steps: Sequence[dict[str, Any]]) -> str:
    """As spreadsheets read it: with a header, the reasons of what was skipped in one cell."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["flow", *COLUMNS])
    for row in steps:
        lines.writerow([flow, *(_reasons(row[name]) if name == "skipped" else row[name] for name in COLUMNS)])
    return out.getvalue()


def _row(step: Step) -> dict[str, Any]:
    states = {state: step.states.get(state, 0) for state in STATES}
    return {
        "step": step.step, "written": step.written, "skipped": step.skipped, "accepted": step.taken, **states,
        "no_mms": step.no_mms, "clicked": step.clicked, "replied": step.replied, "cost": step.cost / MILLION,
    }  # fmt: skip


def _reasons(skipped: dict[str, int]) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in skipped.items())
