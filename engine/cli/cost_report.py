"""What flows may cost, in words: for `apply`, before anybody is texted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from engine.language import Checked
from engine.language.lint.costs import Cost, FlowCost, Range, flow_cost
from engine.language.model.project import Project
from engine.language.model.triggers import ScheduleTrigger
from engine.store import audience

MILLION = 1_000_000


def costs_of(checked: Checked, db: sqlite3.Connection, now: int) -> Iterator[str]:
    """A line a flow: of one contact along one way through it, and of each message; of a campaign, what its audience makes of it."""
    project = checked.project
    assert project is not None
    region = next(iter(project.countries), "US")
    for name, flow in sorted(checked.flows.items()):
        found = flow_cost(flow, project, region)
        if found.steps:
            yield f"  $ {name}: {_amount(found.contact, project)} a contact in {region} ({_steps(found)})"
        for trigger in flow.trigger:
            if isinstance(trigger, ScheduleTrigger):
                yield f"    {_firing(trigger, found, project, db, now)}"


def _firing(trigger: ScheduleTrigger, found: FlowCost, project: Project, db: sqlite3.Connection, now: int) -> str:
    people = audience.count(db, trigger.schedule.audience, project, now)
    whole = Range(found.contact.best * people, found.contact.worst * people)
    return f"its audience is {people:,} contacts now: {_amount(whole, project, 2)} a firing"


def _steps(found: FlowCost) -> str:
    return ", ".join(f"{step} {_message(cost)}" for step, cost in found.steps.items())


def _message(cost: Cost) -> str:
    least, most = cost.parts
    parts = f" {least}–{most} parts" if most > least else f" {most} parts" if most > 1 else ""
    return f"{cost.kind.upper()}{parts} {_range(cost.price, 3)}"


def _amount(amount: Range, project: Project, digits: int = 3) -> str:
    return f"{_range(amount, digits)} {project.currency}"


def _range(amount: Range, digits: int) -> str:
    best, worst = (f"{each / MILLION:,.{digits}f}" for each in amount)
    return best if best == worst else f"{best}–{worst}"
