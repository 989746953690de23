"""What a person should look at, for the first page, and what sending would do if it went on."""

from __future__ import annotations

from engine.store.sql import Connection, Row, rows
from engine.store.states import FAR, IS_UNSENT


def open_notices(db: Connection, limit: int) -> list[Row]:
    """The newest first: `id, kind, contact, at, note`."""
    sql = "SELECT id, kind, contact, at, note FROM notice WHERE done_at IS NULL ORDER BY id DESC LIMIT ?"
    return rows(db, sql, (limit,))


def leaves_at_once(db: Connection, now: int) -> tuple[int, int, int]:
    """(messages that are due, those of them that have expired, price of the rest in millionths)."""
    found = db.execute(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE expires_at <= ?),"
        " COALESCE(SUM(price) FILTER (WHERE expires_at IS NULL OR expires_at > ?), 0)"
        f" FROM message WHERE {IS_UNSENT} AND sender IS NOT NULL AND due_at <= ?",
        (now, now, now),
    ).fetchone()
    return (int(found[0]), int(found[1]), int(found[2]))


def goes_on(db: Connection, flow: int, now: int) -> tuple[int, int, int]:
    """Of a paused flow: (runs whose time has come, messages that leave at once, their price in millionths)."""
    runs = db.execute("SELECT COUNT(*) FROM stopped WHERE flow = ?", (flow,)).fetchone()[0]
    messages, cost = db.execute(
        f"SELECT COUNT(*), COALESCE(SUM(price), 0) FROM message WHERE {IS_UNSENT} AND due_at = ?"
        " AND (expires_at IS NULL OR expires_at > ?)",
        (FAR + flow, now),
    ).fetchone()
    return (int(runs), int(messages), int(cost))
