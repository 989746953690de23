"""Who enters a watched segment.

Invariants: a contact is looked at again when a fact about it came in, and all contacts every hour where time alone can change the answer.
New members are entered and stored as members in one transaction, for all of their segments. A contact that enters several segments of
one flow at once enters the flow once, by the first trigger; one that an event has entered since it changed is not entered again. A contact
of whom nothing is known but its number comes into no segment: a stranger who texted once has asked for no flow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from engine.core.calendar import HOUR
from engine.core.facts import Person
from engine.core.program import Program, Trigger
from engine.deploy.deployed import Deployed
from engine.language.model.segments import moves_with_time
from engine.runtime.batch import TickBatch, again_if_none, in_batch
from engine.runtime.entries import EntryCandidate, enter_flow
from engine.runtime.trace import Trace
from engine.store import audience, contacts, facts, inbox, journal, own_events, schedules, segment_members
from engine.store.database import Database
from engine.store.journal import JournalEntry
from engine.store.own_events import MOST_HOPS
from engine.store.segment_members import NO_END, Change
from engine.store.sql import Connection


def recheck_changed(database: Database, deployed: Deployed, now: int, limit: int, trace: Trace | None = None) -> int:
    """Look again at contacts with new facts; how many."""
    with database.reading() as db:
        if not segment_members.any_changed(db):
            return 0

    def work(batch: TickBatch) -> int:
        changes = segment_members.claim_changed(batch.db, limit)
        for contact in inbox.with_pending(batch.db, changes):  # what came in may enter it first
            del changes[contact]
        segment_members.unmark(batch.db, changes)  # before: a run that enters below may change its contact once more
        _look_again(batch, changes, changes)
        return len(changes)

    return again_if_none(in_batch(database, deployed, now, trace, work))


def sweep_due(database: Database, deployed: Deployed, now: int, limit: int, trace: Trace | None = None) -> int:
    """Compare the next stretch of a segment that is due with who is known to be in it; 1 while there is one."""
    with database.reading() as db:
        due = segment_members.due_sweep(db, now)
        if due is None:
            return 0
        condition = deployed.project.segments.get(due.name) if due.name in deployed.entered else None
        inside = audience.members(db, condition, deployed.project, now, due.cursor, limit) if condition else []

    def work(batch: TickBatch) -> int:
        if not segment_members.claim_sweep(batch.db, due):
            return 0  # another daemon is at it
        if condition is None:
            segment_members.forget(batch.db, due.name)
            return 1
        last = inside[-1] if len(inside) == limit else NO_END
        known = segment_members.known_between(batch.db, due.name, due.cursor, last)
        moved = known.symmetric_difference(inside)
        _sweep(batch, due.name, moved - segment_members.only_numbers(batch.db, moved - known))
        if last != NO_END:
            segment_members.watch(batch.db, due._replace(cursor=last))
        else:
            again = now - now % HOUR + HOUR if moves_with_time(deployed.project.segments, due.name) else None
            segment_members.watch(batch.db, due._replace(cursor=0, sweep_at=again))
        return 1

    return again_if_none(in_batch(database, deployed, now, trace, work))


def _sweep(batch: TickBatch, name: str, moved: Collection[int]) -> None:
    """These have come into the segment or left it, as far as a look without holding them tells; in all of their segments one look.

    What came in and is not consumed may enter one first: it is looked at again behind that.
    """
    if not moved:
        return
    held = contacts.lock(batch.db, moved)
    segment_members.leave(batch.db, name, set(moved) - held)  # forgotten
    changes = segment_members.changes_of(batch.db, held)
    waiting = inbox.with_pending(batch.db, held)
    segment_members.mark_changed(batch.db, dict.fromkeys(waiting, 0))
    _look_again(batch, held - waiting, {id: each for id, each in changes.items() if id not in waiting})
    segment_members.unmark(batch.db, set(changes) - waiting)


def came_quietly(db: Connection, deployed: Deployed, held: Collection[int], now: int) -> None:
    """These contacts, which are held, are members of the segments that they are in, and nobody enters a flow for that.

    Whom something has touched before `now`, which is not looked at yet, may still enter.
    """
    calm = set(held) - segment_members.changed_before(db, held, now)
    for name in deployed.entered:
        inside = audience.is_member(db, calm, deployed.project.segments[name], deployed.project, now)
        known = segment_members.known_among(db, name, calm)
        segment_members.leave(db, name, known.difference(inside))
        segment_members.join(db, name, set(inside).difference(known))
    segment_members.unmark(db, calm)
    own_events.hush_consents(db, held, now)


def _look_again(batch: TickBatch, held: Collection[int], changes: Mapping[int, Change]) -> None:
    """Compare these contacts, which are held, with who is known to be in each segment, and enter those who have come in."""
    came: dict[str, set[int]] = {}
    nobody = segment_members.only_numbers(batch.db, held)
    for name in batch.deployed.entered:
        condition = batch.deployed.project.segments[name]
        inside = audience.is_member(batch.db, held, condition, batch.deployed.project, batch.now)
        known = segment_members.known_among(batch.db, name, held)
        segment_members.leave(batch.db, name, known.difference(inside))
        came[name] = set(inside).difference(known, nobody)
        segment_members.join(batch.db, name, came[name])
    people = facts.people(batch.db, set().union(*came.values()))
    swept = _swept_since_restored(batch) if any(came.values()) else set()
    programs = {program.flow: program for found in batch.deployed.entered.values() for program, _ in found}
    for program in programs.values():
        done: set[int] = set()  # one entry, by the first trigger
        for trigger in program.triggers:
            ids = sorted(came.get(trigger.segment or "", set()).intersection(people).difference(done))
            done.update(ids)
            at = batch.now if batch.restored is None or trigger.segment in swept else batch.restored.at
            _enter(batch, program, trigger, [people[id] for id in ids], changes, at)


def _swept_since_restored(batch: TickBatch) -> set[str]:
    """The segments that were looked through since the last restore: who was found then may have come in before it."""
    at = batch.restored.at if batch.restored is not None else 0
    watched = segment_members.watched(batch.db).values()
    return {each.name for each in watched if each.sweep_at is None or each.sweep_at > at}


def _enter(
    batch: TickBatch,
    program: Program,
    trigger: Trigger,
    came: Collection[Person],
    changes: Mapping[int, Change],
    at: int,
) -> None:
    by_hops: dict[int, list[Person]] = defaultdict(list)
    for person in came:
        by_hops[changes[person.id].hops if person.id in changes else 0].append(person)
    for hop, group in by_hops.items():
        if hop > MOST_HOPS:
            why = f"joined the segment {trigger.segment} by more than {MOST_HOPS} runs in a chain"
            lines = [JournalEntry(person.id, program.flow, "refused", note=why) for person in group]
            journal.write(batch.db, lines, batch.now, batch.names)
            continue
        said = {"trigger": trigger.key, "segment": trigger.segment}
        event = schedules.occasion(batch.db, program.flow, at, said, batch.now, hop)
        changed_at = {person.id: changes[person.id].at for person in group if person.id in changes}
        enter_flow(batch, program, [EntryCandidate(event, person, (trigger,)) for person in group], changed_at)
