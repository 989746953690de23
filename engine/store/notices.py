"""Notices: what a person should look at, until it is marked as done."""

from __future__ import annotations

from engine.store.sql import Connection, changes, is_there

KEY = "key"
"""The kind of those about a key that read as the number of somebody else; the subject ends with that key."""


def add(db: Connection, kind: str, subject: str, contact: int | None, at: int, note: str) -> bool:
    """The same subject is said once, also after it is done; whether it is said now."""
    sql = "INSERT INTO notice (kind, subject, contact, at, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    cursor = db.execute(sql, (kind, subject, contact, at, note))
    return cursor.rowcount == 1


def keep(db: Connection, kind: str, subject: str, at: int, note: str) -> None:
    """One whose note grows with what comes in, until it is done."""
    db.execute(
        "INSERT INTO notice (kind, subject, at, note) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (subject) DO UPDATE SET note = excluded.note WHERE notice.done_at IS NULL",
        (kind, subject, at, note),
    )


def finish(db: Connection, id: int, now: int) -> bool | None:
    """A person has looked at it; False where one had before, None where there is no such notice."""
    if not is_there(db, "SELECT 1 FROM notice WHERE id = ?", (id,)):
        return None
    return changes(db, "UPDATE notice SET done_at = ? WHERE id = ? AND done_at IS NULL", (now, id))


def finish_about(db: Connection, subject: str, now: int) -> None:
    """Mark as done what it was about."""
    db.execute("UPDATE notice SET done_at = ? WHERE subject = ? AND done_at IS NULL", (now, subject))
