"""Carries those who wait over to a new deployment, as live_edits.py says what becomes of them: the switch writes down what becomes of the
runs of each place, and behind it their rows are changed, a stretch a transaction, so that a STOP comes between.

Invariants: an edit holds for everybody from the switch on: whoever works with a contact carries its runs over first. Nobody is lost, and a
run keeps its time. What is cut off, a daemon or the next `apply` finishes.

A renamed step keeps its number, and with it the journal, the messages and the counts;
a step takes a number over only where it is not deployed beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from engine.core.program import Program
from engine.deploy.live_edits.live_edits import LiveEdits, StepEdit, last_name
from engine.language.check import Checked
from engine.language.model.flow import Flow
from engine.store import carrying, interned_names
from engine.store.carrying import Carrying, Change
from engine.store.database import Database
from engine.store.interned_names import Names
from engine.store.live_edits import FLOW_RETIRED
from engine.store.sql import Connection

STRETCH = 2_000
"""Runs, messages or contacts of one transaction."""
READ = 20 * STRETCH
STEP_REMOVED = "step removed"


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


def changes_of(edits: LiveEdits, programs: Mapping[str, Program], names: Names) -> Iterator[Change]:
    """What is written for them. `names`: with those of the new deployment."""
    for edit in edits.steps:
        place = edit.place
        if edit.then in ("pinned", "drained"):
            if place.deployment is None:
                yield Change(place, "pin", place.step, edit.deployment)
        elif edit.then in ("exits", "ended"):
            yield Change(place, "end", note=STEP_REMOVED if edit.then == "exits" else FLOW_RETIRED)
        else:
            yield from _goes_on(edit, programs[edit.flow], names)


def _goes_on(edit: StepEdit, program: Program, names: Names) -> Iterator[Change]:
    step, place = edit.to or edit.step, edit.place
    number = names.step_id(place.flow, step)
    block = program.nodes[program.places[step]].block if step is not None else None
    if edit.then == "continues":
        yield Change(place, "put", number, note=f"{edit.step} was taken out: goes on at {step}")
    elif edit.then == "moved" and edit.verb is not None and block is not None and block.verb != edit.verb:
        note = f"{edit.step} is {step} now: another kind of step"
        yield Change(place, "rest" if block.keeps_time else "put", number, note=note)
    elif place.deployment is not None or number != place.step:
        yield Change(place, "stay", number)


def begin(
    db: Connection,
    edits: LiveEdits,
    checked: Checked,
    programs: Mapping[str, Program],
    names: Names,
    deployment: int,
    decided: Collection[int],
    now: int,
) -> None:
    """In the switch. `decided`: flows of which the gates read something else now.

    Beside a daemon of the version before, which does not know of it, everybody is carried over at once.
    """
    ended = checked.project.ended(names.flow_ids, checked.flows) if checked.project else ()
    changes = tuple(changes_of(edits, programs, names))
    carrying.begin(db, Carrying(now, deployment, 0, changes, tuple(ended), tuple(decided), FLOW_RETIRED))
    if not carrying.is_known_to_all(db):
        while works := _next(db, lambda: now):
            for _, work in works:
                work(db)


Work = Callable[[Connection], object]


def finish(
    database: Database,
    clock: Callable[[], int],
    goes_on: Callable[[], bool] = lambda: True,
    progress: Callable[[int], object] = lambda done: None,
) -> None:
    """Carry over all that is not yet. `progress` is told how many runs, messages or contacts were looked at since the last time."""
    while goes_on():
        with database.reading() as db:
            works = _next(db, clock)
        if works is None:
            return
        for size, work in works:
            if not goes_on():
                return
            database.write(work)
            progress(size)


def _next(db: Connection, clock: Callable[[], int]) -> list[tuple[int, Work]] | None:
    """The next pieces of work, each for a transaction, with how many rows they are of; None where nothing is left."""
    found = carrying.standing(db)
    if found is None:
        return None
    if runs := carrying.next_runs(db, found, READ):
        behind = _behind(found.reached, runs)
        return [(len(some), _carries(found._replace(reached=last), some)) for last, some in behind]
    if messages := carrying.next_messages(db, found, READ):
        return [(len(some), _cancels(found, some)) for some in _stretches(messages)]
    if held := carrying.next_held(db, found, clock()):
        behind = _behind(found.reached_contact, held)
        return [(len(some), _decides(found._replace(reached_contact=last), some, clock)) for last, some in behind]
    return [(0, _finishes(found))]


def _stretches(ids: list[int]) -> Iterator[list[int]]:
    return (ids[first : first + STRETCH] for first in range(0, len(ids), STRETCH))


def _behind(last: int, ids: list[int]) -> Iterator[tuple[int, list[int]]]:
    """The stretches, each with the id that it comes behind."""
    for some in _stretches(ids):
        yield last, some
        last = some[-1]


def _carries(found: Carrying, runs: list[int]) -> Work:
    def work(db: Connection) -> None:
        db.world()
        carrying.carry(db, found, runs)

    return work


def _cancels(found: Carrying, messages: list[int]) -> Work:
    def work(db: Connection) -> None:
        db.world()
        carrying.cancel(db, found, messages)

    return work


def _decides(found: Carrying, contacts: list[int], clock: Callable[[], int]) -> Work:
    def work(db: Connection) -> None:
        db.world()
        carrying.decide_again(db, found, contacts, clock())

    return work


def _finishes(found: Carrying) -> Work:
    def work(db: Connection) -> None:
        db.world()
        carrying.finish(db, found)

    return work
