"""`stats`: what became of one flow."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, deployed_summary, known_flow, opened
from engine.cli.shared.output import Format, say, say_json
from engine.cli.shared.tables import say_table
from engine.deploy.summary import NOTHING_DEPLOYED
from engine.store.queries import statistics
from engine.store.queries.listings import MILLION
from engine.store.queries.statistics import Step

COLUMNS = {
    "step": "step", "written": "written", "accepted": "accepted", "delivered": "delivered", "undelivered": "undelivered",
    "failed": "failed", "unknown": "unknown", "no_mms": "no MMS", "clicked": "clicked",
    "replied": "replied", "cost": "cost", "skipped": "skipped",
}  # fmt: skip
STATES = ("delivered", "undelivered", "failed", "unknown")


def stats(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Who entered, how they left, and what became of each step's messages."""
    with opened(ctx, project, "empty") as app:
        with app.database.reading() as db:
            found = statistics.of_flow(db, known_flow(db, flow))
        currency = (deployed_summary(app) or NOTHING_DEPLOYED).currency
    steps = [_row(step) for step in found.steps]
    cost = sum(step.cost for step in found.steps) / MILLION
    if format is Format.json:
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


def _row(step: Step) -> dict[str, Any]:
    states = {state: step.states.get(state, 0) for state in STATES}
    return {
        "step": step.step, "written": step.written, "skipped": step.skipped, "accepted": step.taken, **states,
        "no_mms": step.no_mms, "clicked": step.clicked, "replied": step.replied, "cost": step.cost / MILLION,
    }  # fmt: skip


def _reasons(skipped: dict[str, int]) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in skipped.items())
