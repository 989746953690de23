"""Carries those who wait over to a new deployment, as live_edits.py says what becomes of them: in the switching transaction.

Invariants: nobody is lost, and a run keeps its time. A renamed step keeps its number, and with it the journal, the messages and the counts;
a step takes a number over only where it is not deployed beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.core.program import Program
from engine.deploy.live_edits.live_edits import LiveEdits, StepEdit, last_name
from engine.language.check import Checked
from engine.language.model.flow import Flow
from engine.store import cancelling, interned_names, live_edits
from engine.store.interned_names import Names
from engine.store.sql import Connection

STEP_REMOVED, FLOW_RETIRED = "step removed", "flow retired"


def rename_steps(db: Connection, checked: Checked, before: Mapping[str, Program], deployment: int) -> None:
    """The names that `moved` gives to steps, before the new ones get their numbers. `before`: what was deployed until now."""
    names = interned_names.load(db)
    for name, flow in checked.flows.items():
        number = names.flow_ids.get(name)
        if number is None or not flow.moved:
            continue
        live = before[name].places if name in before else {}
        wanted = _wanted(flow, number, names, live)
        freed = {names.steps[number, its] for its in wanted}
        for its, new in wanted.items():
            there = names.step_ids.get((number, new))
            if there is not None and new not in freed:  # an older step that was called so
                interned_names.rename(db, number, there, f"{new}@{deployment - 1}", deployment)
            interned_names.rename(db, number, its, new, deployment)


def _wanted(flow: Flow, number: int, names: Names, live: Collection[str]) -> dict[int, str]:
    """Number of a step -> its new name. A deployed step keeps its name unless it is given another one, too: a rollback may swap two."""
    found: dict[int, str] = {}
    known = [old for old in flow.moved if (number, old) in names.step_ids]
    for old in sorted(known, key=lambda old: old not in live):  # of two that become one, the deployed one is it
        new = last_name(flow, old)
        if new not in flow.removed and new not in found.values():
            found[names.step_ids[number, old]] = new
    while kept := [its for its, new in found.items() if new in live and names.step_ids[number, new] not in found]:
        for its in kept:
            del found[its]
    return found


def carry_over(
    db: Connection, edits: LiveEdits, checked: Checked, programs: Mapping[str, Program], names: Names, now: int
) -> None:
    """`names`: with those of the new deployment."""
    for edit in edits.steps:
        if edit.then in ("pinned", "drained"):
            if edit.place.deployment is None:
                live_edits.pin(db, edit.place.flow, edit.deployment)
        elif edit.then in ("exits", "ended"):
            live_edits.end(db, edit.place, STEP_REMOVED if edit.then == "exits" else FLOW_RETIRED, now)
        else:
            _go_on(db, edit, programs[edit.flow], names, now)
    retired = checked.project.retired if checked.project else {}
    for flow, how in retired.items():
        if how == "exit" and flow in names.flow_ids and flow not in checked.flows:
            cancelling.cancel_of_flow(db, names.flow_ids[flow], FLOW_RETIRED, now)


def _go_on(db: Connection, edit: StepEdit, program: Program, names: Names, now: int) -> None:
    step, place = edit.to or edit.step, edit.place
    number = names.step_id(place.flow, step)
    block = program.nodes[program.places[step]].block if step is not None else None
    if edit.then == "continues":
        live_edits.journal(db, place, "noted", f"{edit.step} was taken out: goes on at {step}", now)
        live_edits.put_at(db, place, number, now)
    elif edit.then == "moved" and edit.verb is not None and block is not None and block.verb != edit.verb:
        live_edits.journal(db, place, "noted", f"{edit.step} is {step} now: another kind of step", now)
        (live_edits.rest_at if block.keeps_time else live_edits.put_at)(db, place, number, now)
    elif place.deployment is not None or number != place.step:
        live_edits.stay_at(db, place, number, now)
