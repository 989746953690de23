"""Notices: what a person should look at."""

from __future__ import annotations

import sqlite3


def add(db: sqlite3.Connection, kind: str, subject: str, contact: int | None, at: int, note: str) -> bool:
    """Whether it is new: the same subject is said once."""
    return (
        db.execute(
            "INSERT INTO notice (kind, subject, contact, at, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT (subject) DO NOTHING",
            (kind, subject, contact, at, note),
        ).rowcount
        == 1
    )
