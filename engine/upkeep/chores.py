"""What is done from time to time by one daemon of a database: what is remembered for a while is forgotten, and the database's own upkeep.

Invariants: daemons take turns: one that begins a chore is the only one to begin it for as long as `EVERY` says. Each piece is a transaction
of its own, so anything else waits for one piece at most; what a daemon leaves undone, the next turn does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.store import inbox, links, meta, pictures, recent_messages, reports, source_bodies
from engine.store.database import Database
from engine.store.sql import Connection

REMEMBERED_MS = 30 * DAY  # how long an event's id is kept (E1)
FORGET: Final = "forget"
KEEP_UP: Final = "keep_up"
PROVE: Final = "prove"
EVERY = {
    FORGET: 5 * HOUR,
    KEEP_UP: 50 * MINUTE,
    PROVE: 20 * HOUR,
}  # what is done each six hours, hour and night may be early


def begin(database: Database, chore: str, now: int) -> bool:
    """Whether it is due, and no other daemon has begun it; then this one has."""
    return database.write(lambda db: _begin(db, f"{meta.TURN}:{chore}", EVERY[chore], now))


def _begin(db: Connection, name: str, every: int, now: int) -> bool:
    meta.put_new(db, name, "")
    last = meta.claim(db, name)
    if last is None or (last and 0 <= now - int(last) < every):
        return False
    meta.put(db, name, str(now))
    return True


def forget(database: Database, clock: Callable[[], int], goes_on: Callable[[], bool] = lambda: True) -> None:
    """The ids of old events, reports on messages that nobody knows, what left too long ago for `stop_if`, pictures of no use, and where
    links led that are over."""
    if not begin(database, FORGET, clock()):
        return
    for piece in (
        _forget_ids,
        reports.forget,
        recent_messages.forget,
        source_bodies.forget,
        _delete_pictures,
        links.erase_over,
    ):
        while goes_on() and database.write(lambda db, piece=piece: piece(db, clock())):  # type: ignore[misc]
            pass


def _delete_pictures(db: Connection, now: int) -> bool:
    return bool(pictures.delete_unused(db, now))


def _forget_ids(db: Connection, now: int) -> bool:
    """It begins behind the last event whose id is forgotten; whether it has come to more."""
    after = int(meta.get(db, meta.IDS_FORGOTTEN) or 0)
    reached = inbox.forget_ids(db, after, now - REMEMBERED_MS)
    if reached is not None:
        meta.put(db, meta.IDS_FORGOTTEN, str(reached))
    return reached is not None


def keep_up(database: Database, now: int) -> None:
    """See Database.upkeep."""
    if begin(database, KEEP_UP, now):
        database.upkeep()
