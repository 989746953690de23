"""Measures for operators: each a statement or two on indexes, or on the tally."""

from __future__ import annotations

import json
from typing import NamedTuple

from engine.store.rate import Refusal, pause
from engine.store.sql import Connection, number
from engine.store.states import GONE, IN_STATE, IS_OPEN, IS_PENDING, IS_UNSENT, IS_WAITING, MESSAGE_STATES
from engine.store.unknown_messages import OPEN


class Queue(NamedTuple):
    """Messages of one sender that could leave, as far as time is concerned."""

    depth: int
    oldest: int | None  # since when


def queue(db: Connection, sender: str, now: int) -> Queue:
    sql = f"SELECT COUNT(*), MIN(due_at) FROM message WHERE {IS_UNSENT} AND sender = ? AND due_at <= ?"
    row = db.execute(sql, (sender, now)).fetchone()
    return Queue._make(row)


def by_state(db: Connection) -> list[tuple[str, str, int]]:
    """(sender, state, how many) of all messages there ever were: from the tally, and those that are still to leave."""
    rows = db.execute(
        f"SELECT detail sender, what - {IN_STATE} state, CAST(SUM(n) AS BIGINT) FROM tally WHERE what >= {IN_STATE} AND what < {GONE}"
        " GROUP BY 1, 2 HAVING SUM(n) > 0"
        f" UNION ALL SELECT COALESCE(sender, ''), status, COUNT(*) FROM message WHERE {IS_OPEN} GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return [(sender, MESSAGE_STATES[status], count) for sender, status, count in rows]


def inbox_depth(db: Connection) -> int:
    return number(db, f"SELECT COUNT(*) FROM event WHERE {IS_PENDING}") or 0


def events_accepted(db: Connection) -> int:
    """All that ever came in: events, clicks, texts, callbacks."""
    return number(db, "SELECT MAX(id) FROM event") or 0


def overdue(db: Connection, now: int) -> int:
    """By how many ms the longest overdue run is late."""
    (due,) = db.execute(f"SELECT MIN(due_at) FROM run WHERE {IS_WAITING}").fetchone()
    return 0 if due is None else max(0, now - due)


def newest(db: Connection) -> int | None:
    """The latest instant at which something was written, as the clock said then."""
    return number(
        db,
        "SELECT MAX(at) FROM (SELECT (SELECT received_at FROM event ORDER BY id DESC LIMIT 1) at"
        " UNION ALL SELECT (SELECT queued_at FROM message ORDER BY id DESC LIMIT 1)"
        " UNION ALL SELECT (SELECT at FROM deployment ORDER BY id DESC LIMIT 1)"
        " UNION ALL SELECT (SELECT CAST(value AS BIGINT) FROM meta WHERE name = 'last_probe')) times",
    )


def work(db: Connection) -> dict[str, int]:
    """How much there has ever been of each: what of it is new is the difference of two answers."""
    newest = {"events taken": "event", "runs begun": "run", "messages written": "message"}
    return {what: number(db, f"SELECT MAX(id) FROM {table}") or 0 for what, table in newest.items()}


def open_notices(db: Connection, kind: str | None = None) -> int:
    """All of them, or those of one kind."""
    sql = "SELECT COUNT(*) FROM notice WHERE done_at IS NULL AND kind = COALESCE(?, kind)"
    return number(db, sql, (kind,)) or 0


def unknown_messages(db: Connection) -> tuple[int, int | None]:
    """How many there are, and when the request of the oldest began."""
    return db.execute(f"SELECT COUNT(*), MIN(m.sent_at) FROM message m WHERE {OPEN}").fetchone()  # type: ignore[no-any-return]


def pauses(db: Connection, now: int) -> dict[str, int]:
    """Sender -> until when it pauses."""
    rows = db.execute("SELECT name, closed_until FROM sender WHERE closed_until > ? ORDER BY name", (now,))
    return {name: until for name, until in rows if pause(until, now) > now}


def refusals(db: Connection) -> dict[str, Refusal]:
    rows = db.execute("SELECT name, refusal FROM sender WHERE refusal IS NOT NULL ORDER BY name")
    return {name: Refusal(*json.loads(text)) for name, text in rows}


def pictures_waiting(db: Connection) -> dict[str, int]:
    """Picture -> how many messages with it have not left."""
    sql = f"SELECT media, COUNT(*) FROM message WHERE {IS_UNSENT} AND media IS NOT NULL GROUP BY media ORDER BY media"
    return dict(db.execute(sql).fetchall())
