"""The messages that have left lately, of flows with `stop_if`: which of them failed, and which were the last before an opt-out.

Invariants: a message stands here once, in the order in which it left; other flows' messages never do. A flow that is resumed is counted
anew: what left before its pause is looked at no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.core.stop_limits import WINDOW
from engine.store.sql import AMONG, Connection, listed, number, numbers
from engine.store.states import ASKED_FOR, IS_UNSENT

KEPT_MS = 3 * DAY  # a report that comes later counts no more
AT_ONCE = 2_000


class Marked(NamedTuple):
    """A message that has just been marked."""

    flow: int
    id: int  # its place among those that left


class Fate(NamedTuple):
    failed: int
    opted_out: int


def add(db: Connection, left: Iterable[tuple[int, int]], now: int) -> None:
    """(flow, message) that leave now; one that is tried again keeps its place."""
    db.many(
        "INSERT INTO recent_message (flow, message, at, failed, opted_out) VALUES (?, ?, ?, 0, 0)"
        " ON CONFLICT (message) DO NOTHING",
        [(flow, message, now) for flow, message in left],
    )


def mark_failed(db: Connection, messages: Collection[int]) -> list[Marked]:
    sql = f"UPDATE recent_message SET failed = 1 WHERE failed = 0 AND message {AMONG} RETURNING flow, id"
    return [Marked._make(row) for row in db.execute(sql, (listed(messages),)).fetchall()]


def mark_failed_by_key(db: Connection, key: tuple[int, int, int]) -> list[Marked]:
    """The message (contact, run, step)."""
    found = number(db, "SELECT id FROM message WHERE contact = ? AND run = ? AND step = ?", key)
    return [] if found is None else mark_failed(db, [found])


def mark_opted_out(db: Connection, contacts: Collection[int]) -> list[Marked]:
    """The last message of a flow that each of these contacts was sent."""
    last = (
        f"SELECT (SELECT m.id FROM message m WHERE m.contact = c.id AND m.sent_at IS NOT NULL AND NOT m.{IS_UNSENT}"
        f" AND m.category NOT IN {ASKED_FOR} ORDER BY m.sent_at DESC, m.id DESC LIMIT 1)"
        f" FROM contact c WHERE c.id {AMONG}"
    )
    sql = f"UPDATE recent_message SET opted_out = 1 WHERE opted_out = 0 AND message IN ({last}) RETURNING flow, id"
    return [Marked._make(row) for row in db.execute(sql, (listed(contacts),)).fetchall()]


def around(db: Connection, flow: int, first: int, last: int) -> list[Fate]:
    """The flow's messages from WINDOW - 1 before `first` to as many after `last`, in the order in which they left."""
    since = number(db, "SELECT counted_from FROM flow WHERE id = ?", (flow,)) or 0
    sql = "SELECT failed, opted_out FROM recent_message WHERE flow = ? AND at > ? AND id"
    before = db.execute(f"{sql} < ? ORDER BY id DESC LIMIT {WINDOW - 1}", (flow, since, first)).fetchall()
    inside = db.execute(f"{sql} BETWEEN ? AND ? ORDER BY id", (flow, since, first, last)).fetchall()
    after = db.execute(f"{sql} > ? ORDER BY id LIMIT {WINDOW - 1}", (flow, since, last)).fetchall()
    return [Fate._make(row) for row in (*reversed(before), *inside, *after)]


def count_anew(db: Connection, flow: int) -> None:
    """What has left by now is counted no more."""
    newest = number(db, "SELECT at FROM recent_message WHERE flow = ? ORDER BY id DESC LIMIT 1", (flow,))
    if newest is not None:
        db.execute("UPDATE flow SET counted_from = ? WHERE id = ?", (newest, flow))


def forget(db: Connection, now: int) -> int:
    """Housekeeping: of the oldest AT_ONCE, those that are too old; how many there were."""
    oldest = numbers(db, f"SELECT id FROM recent_message ORDER BY id LIMIT {AT_ONCE}")
    return db.execute(
        f"DELETE FROM recent_message WHERE at < ? AND id {AMONG}", (now - KEPT_MS, listed(oldest))
    ).rowcount
