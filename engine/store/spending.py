"""What was handed to providers on each day of the project's calendar, in millionths of its currency; budgets are measured by it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.store import meta
from engine.store.sql import AMONG, Connection, listed

KEPT_MS = 30 * DAY


def spent(db: Connection, day: str) -> int:
    row = db.execute("SELECT amount FROM spent WHERE day = ?", (day,)).fetchone()
    return row[0] if row else 0


def lock(db: Connection, day: str) -> None:
    """Nobody else spends on that day until the commit."""
    db.execute("INSERT INTO spent (day, amount) VALUES (?, 0) ON CONFLICT (day) DO NOTHING", (day,))
    db.lock("SELECT day FROM spent WHERE day = ?", (day,), of="spent").fetchone()


def add(db: Connection, day: str, amount: int) -> None:
    """`amount` is less than 0 for what a provider did not take after all."""
    db.execute(
        "INSERT INTO spent (day, amount) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET amount = spent.amount + excluded.amount",
        (day, amount),
    )


def prices_of(db: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Message -> its price."""
    return dict(db.execute(f"SELECT id, price FROM message WHERE id {AMONG}", (listed(ids),)).fetchall())


class UsedUp(NamedTuple):
    """A time in which the budget was used up (UTC ms): nothing could leave, so for no message does it count as lateness (T4)."""

    since: int
    until: int


def used_up(db: Connection) -> list[UsedUp]:
    """Of the last days, oldest first."""
    return [UsedUp(*each) for each in json.loads(meta.get(db, meta.BUDGET_USED_UP) or "[]")]


def note_used_up(db: Connection, known: Iterable[UsedUp], now: int, until: int) -> None:
    """From now on it is, at the latest until then. Times that lie ahead are of a clock that went wrong."""
    kept = [each for each in known if now - KEPT_MS < each.until and each.since <= now]
    if not kept or kept[-1].until <= now:
        meta.put(db, meta.BUDGET_USED_UP, json.dumps([*kept, UsedUp(now, until)]))


def note_room(db: Connection, known: Iterable[UsedUp], now: int) -> None:
    """It has room again before that."""
    kept = list(known)
    if kept and kept[-1].since <= now < kept[-1].until:
        meta.put(db, meta.BUDGET_USED_UP, json.dumps([*kept[:-1], kept[-1]._replace(until=now)]))
