"""Notices: what a person should look at, until it is marked as done."""

from __future__ import annotations

from engine.messaging.numbers import mask_numbers
from engine.store import alarms
from engine.store.sql import Connection, changes, is_there

WITHOUT_PEOPLE = frozenset(
    ("budget", "account", "too-large", "inbox", "missed", "stopped", "tally", "coupon", "source")
)
"""The kinds whose note names nobody."""
KEY = "key"
"""The kind of those about a key that read as the number of somebody else; the subject ends with that key."""

MAY_BE_STOP = "opt-out?"
"""The kind of those about texts that may be an opt-out."""


def add(db: Connection, kind: str, subject: str, contact: int | None, at: int, note: str) -> bool:
    """The same subject is said once, also after it is done; whether it is said now."""
    sql = (
        "INSERT INTO notice (id, kind, subject, contact, at, note) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (subject) DO NOTHING RETURNING id"
    )
    made = db.execute(sql, (db.ids("notice", 1), kind, subject, contact, at, note)).fetchone()
    if made is None:
        return False
    _alarm(db, made[0], kind, at, note)
    return True


def keep(db: Connection, kind: str, subject: str, at: int, note: str) -> None:
    """One whose note grows with what comes in, until it is done."""
    if not add(db, kind, subject, None, at, note):
        db.execute("UPDATE notice SET note = ? WHERE subject = ? AND done_at IS NULL", (note, subject))


def was_said(db: Connection, subject: str) -> bool:
    """Whether it was said, also where it is done."""
    return is_there(db, "SELECT 1 FROM notice WHERE subject = ?", (subject,))


def _alarm(db: Connection, id: int, kind: str, at: int, note: str) -> None:
    """Whoever `notify` names is told; a note that may hold a text or a key of a person stays here."""
    text = mask_numbers(note, bare=True) if kind in WITHOUT_PEOPLE else f"a notice ({kind})"
    subject = f"notice:{id}:{at}"
    alarms.add(db, subject, {"kind": kind, "at": at, "notice": id, "text": f"{text}: `leadoff notices`"}, at)


def finish(db: Connection, id: int, now: int) -> bool | None:
    """A person has looked at it; False where one had before, None where there is no such notice."""
    if not is_there(db, "SELECT 1 FROM notice WHERE id = ?", (id,)):
        return None
    return changes(db, "UPDATE notice SET done_at = ? WHERE id = ? AND done_at IS NULL", (now, id))


def finish_of(db: Connection, kind: str, contact: int, now: int) -> None:
    """Mark as done all of that kind about that contact."""
    sql = "UPDATE notice SET done_at = ? WHERE contact = ? AND kind = ? AND done_at IS NULL"
    db.execute(sql, (now, contact, kind))


def finish_about(db: Connection, subject: str, now: int) -> None:
    """Mark as done what it was about."""
    db.execute("UPDATE notice SET done_at = ? WHERE subject = ? AND done_at IS NULL", (now, subject))
