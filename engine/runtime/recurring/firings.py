"""Firings: whose time has come, and the streaming of their audiences into the flow.

Rules kept here: in every zone one firing a local time (T3); of those that were missed the last one alone is made up for (T4), and its
runs and messages are as late as they are; who moved to another zone is not reached twice by one local firing.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

from engine.core.program import Program, Trigger
from engine.core.recurrence import day_of, kept_on, last_firing
from engine.deploy.deployed import Deployed
from engine.deploy.trigger_setup import SINCE, clock_row
from engine.language.conditions.condition import Condition
from engine.runtime.batch import TickBatch
from engine.runtime.entries import EntryCandidate, enter_flow
from engine.store import audience, facts, schedules
from engine.store.database import Database
from engine.store.schedules import Dates, Firing, Row


def note_due(database: Database, deployed: Deployed, now: int) -> int:
    """Note the firings that are due, and when their triggers fire next; how many clocks were set."""
    with database.reading() as db:
        new, due = _new_zones(db, deployed), schedules.due(db, now)
    if not new and not due:
        return 0

    def write(db: sqlite3.Connection) -> int:
        schedules.put(db, new)
        for row in due:
            _fire(db, deployed, row, now)
        return len(new) + len(due)

    return database.write(write)


def _new_zones(db: sqlite3.Connection, deployed: Deployed) -> list[Row]:
    """A clock for each zone that has got its first contact, set from then on: the daemon may have been off since."""
    everywhere = [
        (flow, trigger)
        for (flow, _), (_, trigger) in deployed.recurring.items()
        if trigger.recurrence is not None and trigger.recurrence.zone is None
    ]
    if not everywhere:
        return []
    zones = schedules.zones(db)
    there = {row[:3]: row for row in schedules.rows(db)}
    return [
        clock_row(flow, trigger, zone, max(there[flow, trigger.key, SINCE].wall or 0, schedules.peopled(db, zone)))
        for flow, trigger in everywhere
        for zone in zones
        if (flow, trigger.key, zone) not in there
    ]


def _fire(db: sqlite3.Connection, deployed: Deployed, row: Row, now: int) -> None:
    known = deployed.recurring.get((row.flow, row.trigger))
    if known is None or known[1].recurrence is None:  # of a deployment that came meanwhile
        schedules.remove(db, [row])
        return
    program, trigger = known
    recurrence = known[1].recurrence
    missed = last_firing(recurrence.rule, row.zone, now)
    if missed is not None:
        when = datetime.fromtimestamp(missed.wall / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        said = {"trigger": trigger.key, "when": when, "zone": row.zone}
        event = schedules.occasion(db, program.flow, missed.at, said, now)
        zone = row.zone if recurrence.zone is None else None
        schedules.open_firing(db, row.flow, row.trigger, zone, event.id)
    schedules.put(db, [clock_row(row.flow, trigger, row.zone, now)])


def enter_next(database: Database, deployed: Deployed, now: int, batch: int) -> int:
    """Enter the next contacts of the oldest firing; 1 while there is one."""
    with database.reading() as db:
        firing = schedules.oldest_firing(db)
        if firing is None:
            return 0
        known = deployed.recurring.get((firing.flow, firing.trigger))
        members = _members(db, deployed, known[1], firing, now, batch) if known else []

    def write(db: sqlite3.Connection) -> None:
        if known and members:
            _enter(TickBatch(db, deployed, now), known[0], known[1], firing, members)
        if len(members) < batch:
            schedules.close(db, firing.id)
        else:
            schedules.move_on(db, firing.id, members[-1])

    database.write(write)
    return 1


def _members(
    db: sqlite3.Connection, deployed: Deployed, trigger: Trigger, firing: Firing, now: int, limit: int
) -> list[int]:
    date = trigger.recurrence.date if trigger.recurrence else None
    if date is not None:
        assert firing.zone is not None
        day = day_of(_wall(firing), date.offset)
        wanted = Dates(date.field, firing.zone, day.isoformat(), kept_on(day) if date.yearly else None)
        return schedules.having_dates(db, wanted, firing.cursor, limit)
    assert isinstance(trigger.audience, Condition)
    condition = trigger.audience
    if firing.zone is not None:
        condition = Condition({"all": [condition.source, {"contact": {"timezone": firing.zone}}]})
    return audience.members(db, condition, deployed.project, now, firing.cursor, limit)


def _wall(firing: Firing) -> int:
    return round(datetime.fromisoformat(firing.event.data["when"]).replace(tzinfo=UTC).timestamp() * 1000)


def _enter(batch: TickBatch, program: Program, trigger: Trigger, firing: Firing, members: list[int]) -> None:
    done = schedules.reached_before(batch.db, firing.event, members) if firing.zone is not None else set()
    people = facts.people(batch.db, members)
    late = firing.event.occurred_at
    enter_flow(
        batch,
        program,
        [
            EntryCandidate(firing.event, people[id], (trigger,), late)
            for id in members
            if id in people and id not in done
        ],
    )
