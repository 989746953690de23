"""What is handed to providers on a day of the project's calendar, in millionths of its currency: what a budget is measured by."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from engine.store.sql import json_list


def spent(db: sqlite3.Connection, day: str) -> int:
    row = db.execute("SELECT amount FROM spent WHERE day = ?", (day,)).fetchone()
    return row[0] if row else 0


def add(db: sqlite3.Connection, day: str, amount: int) -> None:
    """`amount` is less than 0 for what a provider did not take after all."""
    db.execute(
        "INSERT INTO spent (day, amount) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET amount = amount + excluded.amount",
        (day, amount),
    )


def prices_of(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, int]:
    """Message -> its price."""
    return dict(
        db.execute(
            "SELECT id, price FROM message WHERE id IN (SELECT value FROM json_each(?))", (json_list(ids),)
        ).fetchall()
    )
