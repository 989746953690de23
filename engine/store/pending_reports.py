"""What providers said of messages that nobody knows (yet): kept for three days, until a message gets that provider's id (M7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from engine.core.calendar import DAY
from engine.store.sql import json_list

KEPT_MS = 3 * DAY


def keep(db: sqlite3.Connection, sender: str, provider_id: str, report: str, now: int) -> bool:
    """The same report is kept once; whether it is new."""
    same = "SELECT 1 FROM aside WHERE sender = ? AND provider_id = ? AND report = ?"
    if db.execute(same, (sender, provider_id, report)).fetchone():
        return False
    db.execute(
        "INSERT INTO aside (sender, provider_id, report, at) VALUES (?, ?, ?, ?)", (sender, provider_id, report, now)
    )
    return True


def take(db: sqlite3.Connection, sender: str, provider_ids: Sequence[str]) -> list[str]:
    """The reports on these, in the order in which they came; they are kept no longer."""
    found = db.execute(
        "SELECT id, report FROM aside WHERE sender = ? AND provider_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (sender, json_list(provider_ids)),
    ).fetchall()
    db.executemany("DELETE FROM aside WHERE id = ?", [(id,) for id, _ in found])
    return [report for _, report in found]


def forget(db: sqlite3.Connection, now: int) -> int:
    """Housekeeping: those that nobody has come for."""
    return db.execute("DELETE FROM aside WHERE at < ?", (now - KEPT_MS,)).rowcount
