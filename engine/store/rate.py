"""The pace of a sender, kept across restarts: its rate, its circuit, and why its provider refuses everything.

Invariants: an instant further ahead than its rule can set comes from a wrong clock, and is read as past (E4). While a provider refuses
because of the account, the sender's due messages are held with that reason, and keep their places in the queue.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from engine.core.retry import LONGEST_PAUSE_MS
from engine.store.sql import Connection, is_there, number
from engine.store.states import FAR, HELD, IS_UNSENT, QUEUED

AT_ONCE = 10_000  # messages that are marked in one transaction


class Refusal(NamedTuple):
    """Why the provider refuses every message: money, registration, set-up."""

    why: str
    since: int
    last: int
    by_callback: bool = False  # it takes them first: that it takes one proves nothing
    taken_at: int | None = None  # when it took one that went out after the last refusal


class Use(NamedTuple):
    """Parts of the rate that a daemon may be using until an instant."""

    by: str
    until: int
    parts: float


class SenderState(NamedTuple):
    free_at: int
    closed_until: int
    refusal: Refusal | None = None
    uses: Sequence[Use] = ()  # of its rate


def lock(db: Connection, sender: str, now: int) -> SenderState:
    """Its state, which nobody else changes until the commit: claims of one sender take turns, those of all daemons."""
    row = db.lock(f"{_STATE} WHERE name = ?", (sender,), of="sender").fetchone()
    if row is None:
        _add(db, sender)
        row = db.lock(f"{_STATE} WHERE name = ?", (sender,), of="sender").fetchone()
    return _state(now, *row)


def state_of(db: Connection, sender: str, now: int) -> SenderState:
    row = db.execute(f"{_STATE} WHERE name = ?", (sender,)).fetchone()
    return SenderState(0, 0) if row is None else _state(now, *row)


_STATE = "SELECT free_at, closed_until, refusal, uses FROM sender"


def _state(now: int, free_at: int, closed_until: int, refusal: str | None, uses: str | None) -> SenderState:
    used = tuple(Use(*each) for each in json.loads(uses)) if uses else ()
    return SenderState(free_at, pause(closed_until, now), Refusal(*json.loads(refusal)) if refusal else None, used)


def set_uses(db: Connection, sender: str, used: Collection[Use]) -> None:
    """`free_at` is when the last of them is over."""
    sql = "UPDATE sender SET uses = ?, free_at = ? WHERE name = ?"
    db.execute(sql, (json.dumps(used), max((each.until for each in used), default=0), sender))


def pause(closed_until: int, now: int) -> int:
    """0, a pause that is over, for one that no rule could have set."""
    return closed_until if closed_until <= now + LONGEST_PAUSE_MS else 0


def close(db: Connection, sender: str, until: int) -> None:
    """Its circuit is open: nothing is claimed until then."""
    _set(db, sender, "closed_until", until)


def hold_refused(db: Connection, messages: Iterable[int], refusal: Refusal) -> None:
    """These it has refused: held with its reason, where they stand in the queue."""
    sql = f"UPDATE message SET status = {HELD}, reason = ? WHERE id = ? AND {IS_UNSENT}"
    db.many(sql, [(refusal.why, id) for id in messages])


def refuse(db: Connection, sender: str, refusal: Refusal, now: int) -> None:
    """It refuses everything; what is due is held with its reason."""
    _set(db, sender, "refusal", json.dumps(refusal))
    db.execute(
        f"UPDATE message SET status = {HELD}, reason = ? WHERE id IN (SELECT id FROM message WHERE {IS_UNSENT} AND sender = ?"
        f" AND due_at <= ? AND status = {QUEUED} LIMIT {AT_ONCE})",
        (refusal.why, sender, now),
    )


def accept_again(db: Connection, sender: str, refusal: Refusal) -> None:
    """It takes messages again: what was held for its sake goes."""
    _set(db, sender, "refusal", None)
    _set(db, sender, "closed_until", 0)
    db.execute(
        f"UPDATE message SET status = {QUEUED}, reason = NULL WHERE {IS_UNSENT} AND sender = ? AND status = {HELD} AND reason = ?",
        (sender, refusal.why),
    )


def _set(db: Connection, sender: str, column: str, value: object) -> None:
    db.execute(
        "INSERT INTO sender (name, free_at, closed_until) VALUES (?, 0, 0) ON CONFLICT (name) DO NOTHING", (sender,)
    )
    db.execute(f"UPDATE sender SET {column} = ? WHERE name = ?", (value, sender))


def _add(db: Connection, sender: str) -> None:
    sql = "INSERT INTO sender (name, free_at, closed_until) VALUES (?, 0, 0) ON CONFLICT (name) DO NOTHING"
    db.execute(sql, (sender,))


def next_due(db: Connection, sender: str, after: int) -> int | None:
    """The first instant later than `after` at which a message falls due."""
    sql = f"SELECT MIN(due_at) FROM message WHERE {IS_UNSENT} AND sender = ? AND due_at > ? AND due_at < {FAR}"
    return number(db, sql, (sender, after))


def waits(db: Connection, sender: str, now: int) -> bool:
    """Whether a message is due already (for its rate, or behind another one of its contact)."""
    sql = f"SELECT 1 FROM message WHERE {IS_UNSENT} AND sender = ? AND due_at <= ? ORDER BY due_at LIMIT 1"
    return is_there(db, sql, (sender, now))
