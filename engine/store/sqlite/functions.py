"""What SQLite cannot compute as Python does, as an SQL function of every connection."""

from __future__ import annotations

import sqlite3


def register(db: sqlite3.Connection) -> None:
    # Of a JSON text: SQLite's own reading of a float may be off by the last bit.
    db.create_function("leadoff_number", 1, float, deterministic=True)
