"""Updates waiting runs and held messages after a contact changes its zone or a date (T1).

Invariants: due times are computed again from their origin, in a constant number of statements per batch. A due time in the past becomes due
now and does not count as late. Removing a date changes no due time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from engine.core import due_origins
from engine.core.calendar import Due
from engine.core.due_origins import Before
from engine.store import carrying, held_messages, runs, schedules
from engine.store.runs import CalendarWait
from engine.store.schedules import ZoneMove
from engine.store.sql import Connection

PLACE = ("state",)
"""Fields, beside the zone, that say which hours hold for a contact."""


class ContactMove(NamedTuple):
    """A contact before and after a change."""

    contact: int
    before: Before
    zone: str
    fields: Mapping[str, Any]

    @property
    def elsewhere(self) -> bool:
        """The law or the clock of another place holds."""
        old = self.before
        return self.zone != old.zone or any(self.fields.get(name) != old.fields.get(name) for name in PLACE)


def follow(db: Connection, changes: Iterable[ContactMove], now: int) -> None:
    """Move the waits of these contacts to where they belong now, and let the gates decide again on what they hold."""
    moved = {change.contact: change for change in changes}
    if not moved:
        return
    carrying.touch(db, moved)
    dues = [
        (wait.run, due)
        for wait in runs.calendar_waits(db, moved)
        if (due := _moved(wait, moved[wait.contact], now)) is not None
    ]
    runs.set_due(db, dues)
    schedules.note_moves(
        db,
        [
            ZoneMove(change.contact, change.before.zone, now)
            for change in moved.values()
            if change.zone != change.before.zone
        ],
    )
    away = [change.contact for change in moved.values() if change.elsewhere]
    if away:
        held_messages.decide_again(db, now, contacts=away)


def _moved(wait: CalendarWait, change: ContactMove, now: int) -> Due | None:
    found = due_origins.moved(wait.due, change.before, change.zone, change.fields, now)
    if found is None or found.at > now or wait.due.at <= now:
        return found
    return found._replace(at=now)
