"""Lines of a file in any order, put together person by person.

Invariants: they may be more than memory holds: they are in a file of SQLite's own, which is gone once this is closed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Line(NamedTuple):
    who: str
    number: int
    text: bytes


class LinesByPerson:
    """To be closed."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("CREATE TABLE line (who TEXT, number INTEGER, text BLOB)")

    def add(self, lines: Iterable[Line]) -> None:
        """One by one. Raises what `lines` raises."""
        self._db.executemany("INSERT INTO line VALUES (?, ?, ?)", lines)

    def people(self) -> Iterator[tuple[str, list[bytes]]]:
        """Each with the texts of their lines by number, in the order of their first lines. To be called once, after all is added."""
        self._db.execute("CREATE INDEX of_whom ON line (who, number)")
        everyone = self._db.execute("SELECT who FROM line GROUP BY who ORDER BY MIN(number)").fetchall()
        for (who,) in everyone:
            rows = self._db.execute("SELECT text FROM line WHERE who = ? ORDER BY number", (who,))
            yield who, [text for (text,) in rows]

    def close(self) -> None:
        self._db.close()
