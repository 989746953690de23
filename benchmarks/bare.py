"""The bare limit: plain sqlite3 on tables of its own that hold the promo flow's state and nothing more.

A run is a contact, a step and a due time; a message is its text, written as sent. Batches of 500, a commit each, synchronous=FULL. No
inbox, no outbox that is claimed, no keys beside the row ids: what is left out is what the product promises besides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

DAY = 86_400_000
START = 1_774_000_000_000
LATER = START + 2 * DAY
BATCH = 500
TABLES = """
CREATE TABLE contact (id INTEGER PRIMARY KEY, phone TEXT, name TEXT, bought INTEGER);
CREATE TABLE run (id INTEGER PRIMARY KEY, contact INTEGER, flow INTEGER, step INTEGER, status INTEGER, due INTEGER);
CREATE INDEX run_due ON run (due) WHERE status = 0;
CREATE TABLE message (id INTEGER PRIMARY KEY, contact INTEGER, step INTEGER, status INTEGER, text TEXT);
"""


class Bare:
    def __init__(self, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "bare.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=20000"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(TABLES)

    def run(self, n: int, timer: Callable[[], float]) -> float:
        """Seconds for the whole work of N contacts."""
        self.db.execute("BEGIN")
        people = ((i, f"+1202{2_000_000 + i:07d}", f"Ann{i % 97}", i % 2) for i in range(1, n + 1))
        self.db.executemany("INSERT INTO contact VALUES (?, ?, ?, ?)", people)
        self.db.execute("COMMIT")
        started = timer()
        for first in range(1, n + 1, BATCH):
            self._enter(first, min(n, first + BATCH - 1))
        while due := self.db.execute(
            "SELECT r.id, r.contact, c.name, c.bought FROM run r JOIN contact c ON c.id = r.contact"
            " WHERE r.status = 0 AND r.due <= ? ORDER BY r.due LIMIT ?",
            (LATER, BATCH),
        ).fetchall():
            self._follow_up(due)
        seconds = timer() - started
        self.db.close()
        return seconds

    def _enter(self, first: int, last: int) -> None:
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        names = db.execute("SELECT id, name FROM contact WHERE id BETWEEN ? AND ?", (first, last)).fetchall()
        db.executemany(
            "INSERT INTO run (contact, flow, step, status, due) VALUES (?, 1, 1, 0, ?)",
            [(id, LATER) for id, _ in names],
        )
        self._send(0, [(id, f"Hi {name}, the spring drop is live at acme.example/spring") for id, name in names])
        db.execute("COMMIT")

    def _follow_up(self, due: list[tuple[int, int, str, int]]) -> None:
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        ended = [(1 if bought else 2, id) for id, _, _, bought in due]
        db.executemany("UPDATE run SET step = ?, status = 2, due = NULL WHERE id = ?", ended)
        texts = [
            (contact, f"Still thinking, {name}? 10% off today at acme.example/spring")
            for _, contact, name, bought in due
            if not bought
        ]
        self._send(2, texts)
        db.execute("COMMIT")

    def _send(self, step: int, texts: list[tuple[int, str]]) -> None:
        sql = f"INSERT INTO message (contact, step, status, text) VALUES (?, {step}, 1, ?)"
        self.db.executemany(sql, texts)
