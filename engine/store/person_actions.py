"""What people did to flows and to all sending, with their reason: append-only."""

from __future__ import annotations

from typing import Any

from engine.store.sql import NO_LIMIT, Connection, Row, rows

COMMAND_LINE = "command line"
EVERYTHING = ""
"""The subject of what is done to all sending."""
LONGEST_NOTE = 500


def add(db: Connection, at: int, who: str, deed: str, subject: str, note: str | None = None) -> None:
    sql = "INSERT INTO person_action (at, who, deed, subject, note) VALUES (?, ?, ?, ?, ?)"
    db.execute(sql, (at, who, deed, subject, (note or "").strip()[:LONGEST_NOTE] or None))


def newest(db: Connection, subject: str | None = None, limit: int = NO_LIMIT) -> list[Row]:
    """The newest first: `id, at, who, deed, subject, note`. `subject`: of that one alone."""
    where, values = ("", list[Any]()) if subject is None else (" WHERE subject = ?", [subject])
    sql = f"SELECT id, at, who, deed, subject, note FROM person_action{where} ORDER BY id DESC LIMIT ?"
    return rows(db, sql, (*values, limit))
