"""Ends a flow in the middle: who is in it leaves, what has not left is cancelled, and a campaign comes to nobody else.

Invariants: the first transaction settles it, whatever their number: from its commit on nothing of it goes on. An `at` does not start
again. A `cron` has come where it has, and comes to no other time zone at the same local time; its next time stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from engine.core.calendar import resolve
from engine.core.program import Trigger
from engine.core.recurrence import Once
from engine.deploy.deployed import Deployed
from engine.deploy.trigger_setup import ENROLLED, LAST_ZONE, SINCE, clock_row
from engine.errors import Refused
from engine.language.diagnostics.findings import counted
from engine.runtime.recurring import firings
from engine.store import audience, contacts, deployments, person_actions, schedules, stopping
from engine.store.counts import HOUR_MS
from engine.store.database import Database
from engine.store.deeds import By
from engine.store.queries import totals
from engine.store.schedules import Row
from engine.store.sql import Connection
from engine.store.states import AT, TOOK
from engine.store.stopping import Stopping

STRETCH = 2_000
"""Runs or messages of one transaction."""
READ = 20 * STRETCH


class Reach(NamedTuple):
    """How far a flow has come, since its campaign fired last; without one, ever."""

    gone: int  # messages that have left
    sending: int  # of which a request is under way: they are not cut off
    inside: int  # runs that have not ended
    unsent: int  # messages that are written and have not left
    to_start: int  # contacts of the audience who have not entered yet
    would_come: bool  # the clock would start it in the middle of this campaign
    next_at: int | None  # when the clock starts it next, once it is stopped; None: never by a clock
    by_others: bool  # something besides a clock starts it

    @property
    def is_over(self) -> bool:
        return not (self.inside or self.unsent or self.to_start or self.would_come)

    @property
    def starts_again(self) -> bool:
        return self.next_at is not None or self.by_others


def reach(db: Connection, deployed: Deployed, flow: str, now: int) -> Reach:
    id = deployed.names.flow_ids[flow]
    fired, changed = schedules.last_fired(db, flow), list(_clocks_after(db, deployed, flow))
    since = fired.at // HOUR_MS if fired else -1
    left = totals.of_flow(db, id, (since, totals.EVER[1]))
    inside = sum(n for (what, _, _), (n, _) in totals.of_flow(db, id).items() if what == AT)
    unsent, sending = stopping.unsent(db, id)
    gone = sum(n for (what, _, _), (n, _) in left.items() if what == TOOK)
    to_start = sum(_to_start(db, deployed, id, changed, now))
    after = {row[:3]: row for row in (*(row for row in schedules.rows(db) if row.flow == id), *changed)}
    next_at = min((row.at for row in after.values() if row.at is not None), default=None)
    program = deployed.programs.get(flow)
    by_others = any(trigger.recurrence is None for trigger in program.triggers) if program else False
    would_come = any(row.zone != SINCE for row in changed)
    return Reach(gone, sending, inside, unsent, to_start, would_come, next_at, by_others)


def begin(db: Connection, deployed: Deployed, flow: str, by: By, said: str) -> None:
    """From now on nothing of it goes on; `finish` ends what is there. `said`: the `words` of its reach, for the note.

    Raises Refused where another deployment has come.
    """
    if deployments.newest_id(db) != deployed.id:
        raise Refused("another deployment came meanwhile; nothing was changed", "look again")
    id = deployed.names.flow_ids[flow]
    stopping.begin(db, id, by.at)
    schedules.put(db, list(_clocks_after(db, deployed, flow)))
    schedules.close_all(db, id)
    note = "; ".join(filter(None, (by.note, said)))
    person_actions.add(db, by.at, by.who, stopping.STOP, flow, note)


def finish(
    database: Database,
    goes_on: Callable[[], bool] = lambda: True,
    progress: Callable[[int], object] = lambda done: None,
) -> None:
    """End what is there of the flows that are being stopped. `progress` is told how many runs or messages have ended since."""
    while goes_on():
        with database.reading() as db:
            found = next(iter(stopping.standing(db)), None)
            if found is None:
                return
            messages = stopping.next_messages(db, found, READ)
            runs = [] if messages else stopping.next_runs(db, found, READ)
        ids, work = (messages, stopping.cancel) if messages else (runs, stopping.end_runs)
        for first in range(0, len(ids), STRETCH):
            if not goes_on():
                return
            some = ids[first : first + STRETCH]
            database.write(partial(_stretch, work=work, found=found, ids=some))
            progress(len(some))
        if not ids:
            database.write(partial(stopping.finish, found=found))


def _stretch(
    db: Connection, work: Callable[[Connection, Stopping, list[int]], None], found: Stopping, ids: list[int]
) -> None:
    db.world()
    work(db, found, ids)


def _clocks_after(db: Connection, deployed: Deployed, flow: str) -> Iterator[Row]:
    """The clocks of its schedules that are set anew: what has come somewhere, or is to come once, comes nowhere else."""
    id, fired = deployed.names.flow_ids[flow], schedules.last_fired(db, flow)
    for row in schedules.rows(db):
        known = deployed.recurring.get((row.flow, row.trigger)) if row.flow == id else None
        trigger = known[1] if known else None
        if trigger is None or trigger.recurrence is None or trigger.recurrence.date is not None or row.zone == ENROLLED:
            continue
        rule = trigger.recurrence.rule
        wall = rule.wall if isinstance(rule, Once) else None
        if wall is None and fired is not None and fired.trigger == trigger.key:
            wall = firings.wall_said(fired.when)
        if wall is None:
            continue
        if row.zone == SINCE and (over := resolve(wall, LAST_ZONE)) > (row.wall or 0):
            yield row._replace(wall=over)
        elif row.at is not None and row.wall is not None and row.wall <= wall:
            yield clock_row(id, trigger, row.zone, resolve(wall, row.zone))


def _to_start(db: Connection, deployed: Deployed, flow: int, changed: Iterable[Row], now: int) -> Iterator[int]:
    """Contacts of audiences that are being entered, and of those in time zones where it has not come yet."""
    for firing in schedules.firings_of(db, flow):
        _, trigger = deployed.recurring.get((flow, firing.trigger), (None, None))
        if trigger is not None and trigger.kind == "schedule":
            yield _count(db, deployed, trigger, firing.zone, now, firing.cursor)
    for row in changed:
        trigger = deployed.recurring[flow, row.trigger][1]
        assert trigger.recurrence is not None
        if row.zone != SINCE:
            yield _count(db, deployed, trigger, row.zone if trigger.recurrence.zone is None else None, now)
        elif isinstance(trigger.recurrence.rule, Once):
            there = {each.zone for each in schedules.rows(db) if each[:2] == row[:2]}
            ahead = (zone for zone in contacts.zones(db) if zone not in there)  # the next tick sets their clocks
            yield from (_count(db, deployed, trigger, zone, now) for zone in ahead)


def _count(db: Connection, deployed: Deployed, trigger: Trigger, zone: str | None, now: int, after: int = 0) -> int:
    return audience.count(db, firings.audience_in(trigger, zone), deployed.project, now, after)


def goes_on(flow: str, found: Reach, at: Callable[[int], str]) -> str:
    """What still starts it once it is stopped. `at`: an instant (UTC ms) in words."""
    if found.next_at is not None:
        return f"The clock starts {flow} again {at(found.next_at)}."
    return f"What starts {flow} still does." if found.by_others else f"{flow} does not start again."


def words(found: Reach) -> str:
    """What has gone, and what has not."""
    sending = f", {found.sending:,} more {'is' if found.sending == 1 else 'are'} being sent" if found.sending else ""
    have = "has" if found.gone == 1 else "have"
    not_yet = [
        f"{counted(found.unsent, 'message')} written" if found.unsent else "",
        f"{counted(found.inside, 'contact')} in it" if found.inside else "",
        f"{counted(found.to_start, 'contact')} to start" if found.to_start else "",
    ]
    rest = ", ".join(filter(None, not_yet)) or "nothing"
    return f"{counted(found.gone, 'message')} {have} gone{sending}; what has not: {rest}"
