"""Firings: which are due, and entering their audiences into the flow.

Invariants: one firing a local time in every zone (T3). What was missed is made good once for each contact and trigger: the last firing, if
it is no later than `catch_up`; its runs and messages are as late as they are. A later one is noted in the journal and counted for every
contact that it would have entered (T4). A contact that moves to another zone is not entered twice by one local firing. Where the trigger
is spread, a run waits before its first step until its contact starts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from engine.core.calendar import DAY, MINUTE, Due, wall_of
from engine.core.facts import Person
from engine.core.program import Program, Trigger
from engine.core.recurrence import DateField, Recurrence, day_of, firings_back, kept_on
from engine.core.recurrence import Firing as Fell
from engine.core.spread import hours_of, spread_of
from engine.deploy.deployed import Deployed
from engine.deploy.trigger_setup import SINCE, clock_row
from engine.language.conditions.condition import Condition
from engine.runtime.batch import TickBatch, again_if_none, in_batch
from engine.runtime.entries import EntryCandidate, enter_flow
from engine.runtime.trace import Trace
from engine.store import audience, contacts, facts, journal, schedules
from engine.store.database import Database
from engine.store.inbox import Pending
from engine.store.schedules import Dates, Firing, Row
from engine.store.sql import Connection

ON_TIME = 5 * MINUTE
LEAP_YEAR = 366  # days, after which every day of the year has come


def note_due(database: Database, deployed: Deployed, now: int, trace: Trace | None = None) -> int:
    """Note the firings that are due, and when their triggers fire next; how many clocks were set."""
    with database.reading() as db:
        new, due = _new_zones(db, deployed), schedules.due(db, now)
    if not new and not due:
        return 0

    def work(batch: TickBatch) -> int:
        set_now = schedules.put_new(batch.db, new)
        held = schedules.claim_due(batch.db, now)  # once more: another daemon may have fired what was due
        written = {key: place for place, key in enumerate(deployed.recurring)}
        for row in sorted(held, key=lambda row: (row.at or 0, written.get((row.flow, row.trigger), 0))):
            _fire(batch.db, deployed, row, now)
        return set_now + len(held)

    return again_if_none(in_batch(database, deployed, now, trace, work))


def _new_zones(db: Connection, deployed: Deployed) -> list[Row]:
    """A clock for each zone that has got its first contact, set from then on: the daemon may have been off since."""
    everywhere = [
        (flow, trigger)
        for (flow, _), (_, trigger) in deployed.recurring.items()
        if trigger.recurrence is not None and trigger.recurrence.zone is None
    ]
    if not everywhere:
        return []
    zones = contacts.zones(db)
    there = {row[:3]: row for row in schedules.rows(db)}
    return [
        clock_row(flow, trigger, zone, max(there[flow, trigger.key, SINCE].wall or 0, schedules.peopled(db, zone)))
        for flow, trigger in everywhere
        for zone in zones
        if (flow, trigger.key, zone) not in there
    ]


def _fire(db: Connection, deployed: Deployed, row: Row, now: int) -> None:
    known = deployed.recurring.get((row.flow, row.trigger))
    if known is None or known[1].recurrence is None:  # of a deployment that came meanwhile
        schedules.remove(db, [row])
        return
    trigger, recurrence = known[1], known[1].recurrence
    assert row.at is not None
    # Of a date each day has its own contacts; of a schedule the last firing replaces those before it.
    back = firings_back(recurrence.rule, row.zone, now, row.at)
    in_time = list(takewhile(lambda each: now - each.at <= grace(recurrence), back))
    for each in reversed(in_time if recurrence.date else in_time[:1]):
        _open(db, known[0], trigger, row, each, now)
    late = next(firings_back(recurrence.rule, row.zone, in_time[-1].at - 1 if in_time else now, row.at), None)
    if late is not None and (recurrence.date is not None or not in_time):
        _open(db, known[0], trigger, row, late, now, since=row.wall)
    schedules.put(db, [clock_row(row.flow, trigger, row.zone, now)])


def _open(
    db: Connection, program: Program, trigger: Trigger, row: Row, fell: Fell, now: int, since: int | None = None
) -> None:
    """`since`: this one and all from that wall time on were missed for good."""
    assert trigger.recurrence is not None
    said: dict[str, Any] = {"trigger": trigger.key, "when": moment(fell.wall), "zone": row.zone, "noted": now}
    if since is not None:
        said["missed_from"] = moment(min(since, fell.wall))
    event = schedules.occasion(db, program.flow, fell.at, said, now)
    schedules.open_firing(db, row.flow, row.trigger, row.zone if trigger.recurrence.zone is None else None, event.id)


def grace(recurrence: Recurrence) -> int:
    """How late a firing may be. What comes within a few minutes is on time: a tick may be long."""
    return max(recurrence.catch_up, ON_TIME)


def moment(wall: int) -> str:
    return datetime.fromtimestamp(wall / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def enter_next(database: Database, deployed: Deployed, now: int, batch: int, trace: Trace | None = None) -> int:
    """Enter the next contacts of the oldest firing; 1 while there is one that no other daemon enters."""
    with database.reading() as db:
        firing = schedules.oldest_firing(db)
        if firing is None:
            return 0
        known = deployed.recurring.get((firing.flow, firing.trigger))
        members = _members(db, deployed, known[1], firing, now, batch) if known else []

    def work(batch_of: TickBatch) -> int:
        if not schedules.claim_firing(batch_of.db, firing):
            return 0  # another daemon is at it
        if known and members:
            contacts.lock(batch_of.db, members)
            local = firing.zone is not None
            if "missed_from" in firing.event.data:
                miss(batch_of, known[0], firing.event, members, local=local)
            else:
                start(batch_of, known[0], known[1], firing.event, members, local=local)
        if len(members) < batch:
            schedules.close(batch_of.db, firing.id)
        else:
            schedules.move_on(batch_of.db, firing.id, members[-1])
        return 1

    return again_if_none(in_batch(database, deployed, now, trace, work))


def _members(db: Connection, deployed: Deployed, trigger: Trigger, firing: Firing, now: int, limit: int) -> list[int]:
    date = trigger.recurrence.date if trigger.recurrence else None
    if date is not None:
        assert firing.zone is not None
        said = firing.event.data
        wanted = _dates(date, wall_said(said.get("missed_from", said["when"])), wall_said(said["when"]))
        return schedules.having_dates(db, wanted, firing.zone, firing.cursor, limit)
    return audience.members(db, audience_in(trigger, firing.zone), deployed.project, now, firing.cursor, limit)


def audience_in(trigger: Trigger, zone: str | None) -> Condition:
    """Those of the audience whose clock it goes by; `zone` None: all."""
    condition = _audience(trigger)
    return condition if zone is None else Condition({"all": [condition.source, {"contact": {"timezone": zone}}]})


def among(db: Connection, deployed: Deployed, trigger: Trigger, wall: int, contacts: list[int], now: int) -> list[int]:
    """Those of these contacts that are in the audience of the firing at that wall time, in any zone."""
    date = trigger.recurrence.date if trigger.recurrence else None
    if date is not None:
        return schedules.having_dates_among(db, _dates(date, wall, wall), contacts)
    return sorted(audience.is_member(db, contacts, _audience(trigger), deployed.project, now))


def _audience(trigger: Trigger) -> Condition:
    assert isinstance(trigger.audience, Condition)
    return trigger.audience


def _dates(date: DateField, first: int, last: int) -> Dates:
    """Whose date is due on the days from the wall time `first` to `last`."""
    end = day_of(last, date.offset)
    days = [end - timedelta(days=back) for back in range(min((last - first) // DAY + 1, LEAP_YEAR))]
    kept = sorted({kept for day in days for kept in kept_on(day)}) if date.yearly else None
    return Dates(date.field, day_of(first, date.offset).isoformat(), end.isoformat(), kept)


def wall_said(when: str) -> int:
    """The wall time that `moment` has written."""
    return round(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp() * 1000)


def start(
    batch: TickBatch, program: Program, trigger: Trigger, event: Pending, members: list[int], *, local: bool
) -> None:
    """`local`: it is one of several zones' firings, and contacts that another one of them has reached are left out."""
    done = schedules.reached_before(batch.db, event, members) if local else set()
    people = facts.people(batch.db, members)
    there = [people[id] for id in members if id in people and id not in done]
    enter_flow(
        batch,
        program,
        [EntryCandidate(event, who, (trigger,), _starts(program, trigger, who, event.occurred_at)) for who in there],
    )


def _starts(program: Program, trigger: Trigger, who: Person, at: int) -> Due:
    """When the contact starts: then, or in the time over which the trigger is spread."""
    fixed = program.settings.lots.spread
    if not trigger.spread:
        return Due(at, None)
    spread = spread_of(at, trigger.spread, hours_of(who, program.category, program.quiet, program.settings.timezone))
    start = spread.start_of(who.id, program.flow) if fixed is None else spread.begin + min(fixed, spread.length)
    by_its_clock = trigger.recurrence is not None and trigger.recurrence.zone is None
    return Due(start, wall_of(start, who.zone) if by_its_clock else None)


def miss(batch: TickBatch, program: Program, event: Pending, members: list[int], *, local: bool) -> None:
    """Too late to be made good: noted in the journal, and counted."""
    done = schedules.reached_before(batch.db, event, members) if local else set()
    said = event.data
    first = said.get("missed_from", said["when"])
    fell = said["when"] if first == said["when"] else f"{first} to {said['when']}"
    lost = [id for id in contacts.known_at(batch.db, members, event.occurred_at) if id not in done]
    why = f"by the clock, {fell} in {said['zone']}: Leadoff was not running, and it is too late for catch_up"
    journal.write_missed(batch.db, program.flow, lost, said["noted"], why, fell, batch.names)
