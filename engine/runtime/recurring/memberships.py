"""Who comes into a watched segment.

Rules kept here: a contact is looked at again when a fact about it came in, and everybody is, every hour, where time alone can change the
answer; whoever is in and was not known to be is entered and noted in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from engine.deploy.deployed import Deployed
from engine.language.model.segment_watch import moves_with_time
from engine.runtime.batch import TickBatch
from engine.runtime.contact_effects import MOST_HOPS
from engine.runtime.entries import EntryCandidate, enter_flow
from engine.store import audience, facts, journal, schedules, segment_members
from engine.store.database import Database
from engine.store.journal import JournalEntry
from engine.store.segment_members import NO_END

HOUR = 3_600_000
NO_HOPS: Mapping[int, int] = {}


def recheck_changed(database: Database, deployed: Deployed, now: int, limit: int) -> int:
    """Look at contacts of whom something new is known; how many."""
    with database.reading() as db:
        if not segment_members.changed(db, 1):
            return 0

    def write(batch: TickBatch) -> int:
        contacts = segment_members.changed(batch.db, limit)
        segment_members.unmark(batch.db, contacts)  # before: a run that enters below may change its contact once more
        for name in deployed.entered:
            condition = deployed.project.segments[name]
            inside = audience.is_member(batch.db, contacts, condition, deployed.project, now)
            _note(batch, name, inside, segment_members.known_among(batch.db, name, contacts), contacts)
        return len(contacts)

    return database.write(lambda db: write(TickBatch(db, deployed, now)))


def sweep_due(database: Database, deployed: Deployed, now: int, limit: int) -> int:
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
        _note(batch, due.name, inside, segment_members.known_between(batch.db, due.name, due.cursor, last))
        if last != NO_END:
            segment_members.watch(batch.db, due._replace(cursor=last))
        else:
            again = now - now % HOUR + HOUR if moves_with_time(deployed.project.segments, due.name) else None
            segment_members.watch(batch.db, due._replace(cursor=0, sweep_at=again))
        return 1

    return database.write(lambda db: write(TickBatch(db, deployed, now)))


def _note(
    batch: TickBatch, name: str, inside: Collection[int], known: set[int], hops: Mapping[int, int] = NO_HOPS
) -> None:
    left = known.difference(inside)
    came = [contact for contact in inside if contact not in known]
    if left:
        segment_members.leave(batch.db, name, left)
    if not came:
        return
    segment_members.join(batch.db, name, came)
    people = facts.people(batch.db, came)
    by_hops: dict[int, list[int]] = defaultdict(list)
    for id in sorted(came):
        if id in people:
            by_hops[hops.get(id, 0)].append(id)
    for program, trigger in batch.deployed.entered[name]:
        for hop, ids in by_hops.items():
            if hop > MOST_HOPS:
                why = f"came into the segment {name} by more than {MOST_HOPS} runs in a row"
                journal.write(
                    batch.db,
                    [JournalEntry(id, program.flow, "refused", note=why) for id in ids],
                    batch.now,
                    batch.names,
                )
                continue
            said = {"trigger": trigger.key, "segment": name}
            event = schedules.occasion(batch.db, program.flow, batch.now, said, batch.now, hop)
            enter_flow(batch, program, [EntryCandidate(event, people[id], (trigger,)) for id in ids])
