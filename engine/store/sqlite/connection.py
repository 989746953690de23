"""A connection to SQLite: sqlite3's own, with the operations that Connection has besides.

One writer holds the lock of the whole file, so nothing is locked row by row.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from engine.store import dialects, meta
from engine.store.counts import Counts
from engine.store.sql import Values


class SqliteConnection(sqlite3.Connection):
    """See Connection in engine/store/sql.py."""

    dialect = dialects.SQLITE
    many = sqlite3.Connection.executemany

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counts = Counts()

    def claim(self, sql: str, values: Values = (), of: str = "") -> sqlite3.Cursor:
        return self.execute(sql, values)

    def lock(self, sql: str, values: Values = (), of: str = "") -> sqlite3.Cursor:
        return self.execute(sql, values)

    def stream(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        return self.execute(sql, values)

    def ids(self, table: str, count: int) -> int:
        taken = meta.get(self, f"{meta.IDS_TAKEN}:{table}") or 0
        (highest,) = self.execute(f"SELECT MAX(id) FROM {table}").fetchone()
        return max(highest or 0, int(taken)) + 1

    def world(self, exclusive: bool = False) -> None:
        """Nothing: who writes is alone."""

    def tables(self) -> set[str]:
        return {name for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
