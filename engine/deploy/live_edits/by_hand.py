"""What a person does to those who wait: move them to a step ahead, let a wait count anew, end their runs, try parked ones again.

Invariants: a run goes forward only, in the version of the flow that it is in, and keeps its time. Everything is written to the journal.
Very many are changed a stretch a transaction, so that a STOP comes between; what is cut off is done for some, and can be asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

from engine.deploy.deployed import Deployed
from engine.deploy.live_edits.step_paths import reached
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.store import carrying, deployments, interned_names, live_edits
from engine.store.database import Database
from engine.store.deployments import Waiting
from engine.store.live_edits import BY_HAND, Place
from engine.store.sql import Connection

STRETCH = 2_000
"""Runs of one transaction."""
What = Literal["move", "again", "exit", "retry"]


class Wanted(NamedTuple):
    """`run`, or all that wait in `flow`, at `step` where it is named."""

    what: What
    run: int | None = None
    flow: str | None = None
    step: str | None = None
    to: str | None = None  # of a move


class Found(NamedTuple):
    """Some of those who are meant."""

    place: Place
    flow: str
    step: str | None
    waiting: Waiting
    to: int | None  # number of the step to which they go


def find(db: Connection, deployed: Deployed, wanted: Wanted) -> list[Found]:
    """Whom it concerns. Raises Refused where there is nobody, or the step does not lie ahead of all of them."""
    found = list(_find(db, deployed, wanted))
    if not found:
        raise Refused(*_nobody(wanted))
    return found


def count(found: list[Found], wanted: Wanted) -> int:
    """How many runs that are."""
    return sum(each.waiting.parked if wanted.what == "retry" else each.waiting.runs for each in found)


def carry_out(
    database: Database, deployed: Deployed, wanted: Wanted, clock: Callable[[], int], seen: int | None = None
) -> int:
    """For how many runs it was done: for those who are still where they were found.

    Raises Refused where another deployment comes, and where many more are there than the `seen` that somebody was shown.
    """
    with database.reading() as db:
        found = find(db, deployed, wanted)
    runs = count(found, wanted)
    if seen is not None and runs > seen + seen // 10:
        raise Refused(f"there are {runs:,} now, and {seen:,} were shown; nothing was changed", "look again")
    done = 0
    for each in found:
        for some in _stretches(database, each, wanted):
            done += database.write(
                partial(_write, deployed=deployed, found=each, runs=some, wanted=wanted, done=done, now=clock())
            )
    return done


def _stretches(database: Database, found: Found, wanted: Wanted) -> Iterator[list[int]]:
    if wanted.run is not None:
        yield [wanted.run]
        return
    some = [0]
    while some:
        with database.reading() as db:
            some = live_edits.those_at(db, found.place, some[-1], STRETCH)
        if some:
            yield some


def _write(
    db: Connection, deployed: Deployed, found: Found, runs: list[int], wanted: Wanted, done: int, now: int
) -> int:
    db.world(exclusive=True)
    if deployments.newest_id(db) != deployed.id:
        so_far = f"it was done for {done:,}" if done else "nothing was changed"
        raise Refused(f"another deployment came meanwhile; {so_far}", "look again")
    carrying.refuse_standing(db)
    return _some(db, found, runs, wanted, now)


def _some(db: Connection, found: Found, runs: list[int], wanted: Wanted, now: int) -> int:
    """How many of them are there and are meant."""
    place = found.place
    changed = live_edits.count(db, place, runs, only_parked=wanted.what == "retry")
    if wanted.what == "move":
        assert found.to is not None
        live_edits.journal(db, place, "noted", f"moved by hand: goes on at {wanted.to}", now, runs)
        live_edits.move(db, place, found.to, now, runs)
    elif wanted.what == "again":
        live_edits.journal(db, place, "noted", "begins to wait anew, by hand", now, runs)
        live_edits.arrive_again(db, place, now, runs)
    elif wanted.what == "exit":
        live_edits.cancel_messages_of(db, place, BY_HAND, now, runs)
        live_edits.end(db, place, BY_HAND, now, runs)
    else:
        live_edits.retry(db, place, now, runs)
    return changed


def _find(db: Connection, deployed: Deployed, wanted: Wanted) -> Iterator[Found]:
    for place, waiting in deployments.waiting(db, wanted.run).items():
        names = deployed.names if place.deployment is None else interned_names.at(db, place.deployment)
        flow, step = names.flows[place.flow], names.step(place.flow, place.step)
        if wanted.run is None and (flow != wanted.flow or wanted.step not in (None, step)):
            continue
        if wanted.what == "retry" and not waiting.parked:
            continue
        found = Found(place, flow, step, waiting, None)
        if wanted.what in ("move", "again"):
            version = deployed if place.deployment is None else deployed.older.get(place.deployment)
            found = _ahead(found, version, wanted)
        yield found


def _ahead(found: Found, version: Deployed | None, wanted: Wanted) -> Found:
    program = version.programs.get(found.flow) if version else None
    if version is None or program is None or (found.step is not None and found.step not in program.places):
        raise Refused(
            f"the flow {found.flow} is no longer deployed as they have it", "`leadoff runs exit` ends their runs"
        )
    if wanted.what == "again":
        if found.step is None or program.nodes[program.places[found.step]].block.waits_for_an_answer:
            raise Refused(
                f"nothing counts anew at {found.step or 'the beginning of ' + found.flow}", "a wait does, and a delay"
            )
        return found
    to = wanted.to or ""
    if to not in program.places:
        raise Refused(f"{found.flow} has no step {to}", f"its steps are: {', '.join(program.places)}")
    ahead = program.places if found.step is None else reached(program, found.step)
    if to not in ahead:
        help = f"they are at {found.step}; ahead of it: {', '.join(step for step in program.places if step in ahead) or 'nothing'}"
        raise Refused(f"{to} is not ahead of them on their path", help)
    return found._replace(to=version.names.step_ids[found.place.flow, to])


def _nobody(wanted: Wanted) -> tuple[str, str]:
    parked = " parked" if wanted.what == "retry" else ""
    if wanted.run is not None:
        return f"there is no{parked} run {wanted.run} that is not over", "`leadoff runs` lists them"
    where = f"at the step {wanted.step} of {wanted.flow}" if wanted.step else f"in {wanted.flow}"
    return f"there is no{parked} run {where}", f"`leadoff runs --flow {wanted.flow}` lists them"


def words(found: list[Found], wanted: Wanted) -> str:
    """What would be done, for a question."""
    runs = count(found, wanted)
    who, flow = counted(runs, "contact"), found[0].flow
    where = f"at {wanted.step} of {flow}" if wanted.step else f"in {flow}"
    be, go = ("is", "goes") if runs == 1 else ("are", "go")
    their = "its" if runs == 1 else "their"
    return {
        "move": f"{who} {be} {where}: {go} on at {wanted.to}, each at the time that it has",
        "again": f"{who} {be} {where}: {their} wait counts from now",
        "exit": f"{who} {be} {where}: {their} run ends now, and messages that have not left are cancelled",
        "retry": f"{who} {be} parked {where}: tried again now",
    }[wanted.what]
