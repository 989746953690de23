"""Who enters a watched segment.

Invariants: a contact is looked at again when a fact about it came in, and all contacts every hour where time alone can change the answer.
New members are entered and stored as members in one transaction, for all of their segments. A contact that enters several segments of
one flow at once enters the flow once, by the first trigger; one that an event has entered in the same tick is not entered again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from engine.core.calendar import HOUR
from engine.core.facts import Person
from engine.core.program import Program, Trigger
from engine.deploy.deployed import Deployed
from engine.language.model.segments import moves_with_time
from engine.runtime.batch import TickBatch
from engine.runtime.contact_effects import MOST_HOPS
from engine.runtime.entries import EntryCandidate, enter_flow
from engine.runtime.trace import Trace
from engine.store import audience, facts, journal, schedules, segment_members
from engine.store.database import Database
from engine.store.journal import JournalEntry
from engine.store.segment_members import NO_END

NO_HOPS: Mapping[int, int] = {}


def recheck_changed(
    database: Database, deployed: Deployed, now: int, limit: int, first_run: int, trace: Trace | None = None
) -> int:
    """Look again at contacts with new facts; how many."""
    with database.reading() as db:
        if not segment_members.changed(db, 1):
            return 0

    def write(batch: TickBatch) -> int:
        contacts = segment_members.changed(batch.db, limit)
        segment_members.unmark(batch.db, contacts)  # before: a run that enters below may change its contact once more
        _look_again(batch, contacts, first_run, contacts)
        return len(contacts)

    return database.write(lambda db: write(TickBatch(db, deployed, now, trace)))


def sweep_due(
    database: Database, deployed: Deployed, now: int, limit: int, first_run: int, trace: Trace | None = None
) -> int:
    """Compare the next stretch of a segment that is due with who is known to be in it; 1 while there is one."""
    with database.reading() as db:
        due = segment_members.due_sweep(db, now)
        if due is None:
            return 0
        condition = deployed.project.segments.get(due.name) if due.name in deployed.entered else None
        inside = audience.members(db, condition, deployed.project, now, due.cursor, limit) if condition else []

    def write(batch: TickBatch) -> int:
        if condition is None:
            segment_members.forget(batch.db, due.name)
            return 1
        last = inside[-1] if len(inside) == limit else NO_END
        known = segment_members.known_between(batch.db, due.name, due.cursor, last)
        segment_members.leave(batch.db, due.name, known.difference(inside))
        came = [contact for contact in inside if contact not in known]
        if came:  # all of their segments: who comes into two in one look enters once
            _look_again(batch, came, first_run)
        if last != NO_END:
            segment_members.watch(batch.db, due._replace(cursor=last))
        else:
            again = now - now % HOUR + HOUR if moves_with_time(deployed.project.segments, due.name) else None
            segment_members.watch(batch.db, due._replace(cursor=0, sweep_at=again))
        return 1

    return database.write(lambda db: write(TickBatch(db, deployed, now, trace)))


def _look_again(batch: TickBatch, contacts: Collection[int], first_run: int, hops: Mapping[int, int] = NO_HOPS) -> None:
    """Compare these contacts with who is known to be in each segment, and enter those who have come in."""
    came: dict[str, set[int]] = {}
    for name in batch.deployed.entered:
        condition = batch.deployed.project.segments[name]
        inside = audience.is_member(batch.db, contacts, condition, batch.deployed.project, batch.now)
        known = segment_members.known_among(batch.db, name, contacts)
        segment_members.leave(batch.db, name, known.difference(inside))
        came[name] = set(inside).difference(known)
        segment_members.join(batch.db, name, came[name])
    people = facts.people(batch.db, set().union(*came.values()))
    programs = {program.flow: program for found in batch.deployed.entered.values() for program, _ in found}
    for program in programs.values():
        done: set[int] = set()  # one entry, by the first trigger
        for trigger in program.triggers:
            ids = sorted(came.get(trigger.segment or "", set()).intersection(people).difference(done))
            done.update(ids)
            _enter(batch, program, trigger, [people[id] for id in ids], first_run, hops)


def _enter(
    batch: TickBatch,
    program: Program,
    trigger: Trigger,
    came: Collection[Person],
    first_run: int,
    hops: Mapping[int, int],
) -> None:
    by_hops: dict[int, list[Person]] = defaultdict(list)
    for person in came:
        by_hops[hops.get(person.id, 0)].append(person)
    for hop, group in by_hops.items():
        if hop > MOST_HOPS:
            why = f"joined the segment {trigger.segment} by more than {MOST_HOPS} runs in a chain"
            lines = [JournalEntry(person.id, program.flow, "refused", note=why) for person in group]
            journal.write(batch.db, lines, batch.now, batch.names)
            continue
        said = {"trigger": trigger.key, "segment": trigger.segment}
        event = schedules.occasion(batch.db, program.flow, batch.now, said, batch.now, hop)
        enter_flow(batch, program, [EntryCandidate(event, person, (trigger,)) for person in group], first_run)
