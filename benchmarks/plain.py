"""The same writes: plain sqlite3 doing the promo flow's writes by hand, with the product's tables, batches and durability.

No flow is interpreted and no gate asked: the texts are format strings, the condition is one column of a SELECT.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.store import migrations
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import IS_UNSENT

DAY = 86_400_000
START = 1_774_000_000_000
BATCH = 1_000
LATER = START + 2 * DAY


class Plain:
    def __init__(self, folder: Path) -> None:
        database = SqliteDatabase(folder / "plain.db")
        migrations.upgrade(database)
        database.close()
        self.db = sqlite3.connect(folder / "plain.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=20000"):
            self.db.execute(f"PRAGMA {pragma}")

    def run(self, n: int, timer: Callable[[], float]) -> float:
        """Seconds for the whole work of N contacts."""
        self._contacts(n)
        started = timer()
        for first in range(0, n, BATCH):
            ids = range(first + 1, min(n, first + BATCH) + 1)
            self._enter(ids)
            self._deliver([(i, 1, f"+1202{2_000_000 + i - 1:07d}") for i in ids], START)
        while due := self.db.execute(
            "SELECT r.id, c.fields LIKE '%bought%', c.phone FROM run r JOIN contact c ON c.id = r.contact"
            " WHERE r.status = 0 AND r.due_at <= ? ORDER BY r.due_at LIMIT ?",
            (LATER, BATCH),
        ).fetchall():
            self._follow_up(due)
        seconds = timer() - started
        self.db.close()
        return seconds

    def _contacts(self, n: int) -> None:
        self.db.execute("BEGIN")
        self.db.executemany(
            "INSERT INTO contact (id, key, phone, region, zone, fields, created_at, updated_at) VALUES (?, ?, ?, 'US', 'x', ?, 0, 0)",
            (
                (i + 1, p, p, '{"bought": true}' if i % 2 else '{"first_name": "Ann"}')
                for i in range(n)
                for p in [f"+1202{2_000_000 + i:07d}"]
            ),
        )
        self.db.execute("COMMIT")

    def _enter(self, ids: range) -> None:
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO event (id, contact, kind, name, occurred_at, received_at, data, pending)"
            " VALUES (?, ?, 0, 'list.joined', ?, ?, '{\"list\":\"vip\"}', 1)",
            [(i, i, START, START) for i in ids],
        )
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO run (id, contact, flow, lane, step, status, due_at, due_wall, entered_at, stayed, event)"
            " VALUES (?, ?, 1, 0, 1, 0, ?, ?, ?, 0, ?)",
            [(i, i, START + 2 * DAY, START + 2 * DAY, START, i) for i in ids],
        )
        self._queue(
            [(i, 0, f"Hi Ann{i % 97}, the spring drop is live at acme.example/spring", "hero.png") for i in ids], START
        )
        db.execute("UPDATE event SET pending = 0 WHERE id BETWEEN ? AND ?", (ids[0], ids[-1]))
        db.execute("COMMIT")

    def _queue(self, rows: Sequence[tuple[int, int, str, str | None]], at: int) -> None:
        self.db.executemany(
            "INSERT INTO message (contact, run, step, flow, deployment, status, sender, category, text, media, parts, price, queued_at,"
            " due_at, expires_at, attempts) VALUES (?, ?, ?, 1, 1, 0, 'main', 'marketing', ?, ?, 1, 45000, ?, ?, ?, 0)",
            [(i, i, step, text, media, at, at, at + DAY // 2) for i, step, text, media in rows],
        )

    def _deliver(self, sent: list[tuple[int, int, str]], at: int) -> None:
        """Two commits: `sending` before the requests, the answers after them."""
        db = self.db
        ids = [
            id
            for (id,) in db.execute(
                f"SELECT id FROM message WHERE {IS_UNSENT} AND sender = 'main' AND due_at <= ?", (at,)
            )
        ]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "UPDATE message SET status = 2, attempts = attempts + 1, sent_at = ? WHERE id = ?", [(at, i) for i in ids]
        )
        db.execute("COMMIT")
        db.execute("BEGIN IMMEDIATE")
        db.executemany("UPDATE message SET status = 3, provider_id = ? WHERE id = ?", [(f"null-{i}", i) for i in ids])
        db.execute("COMMIT")

    def _follow_up(self, due: list[tuple[int, int, str]]) -> None:
        db = self.db
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "UPDATE run SET step = ?, status = 2, due_at = NULL, due_wall = NULL, reason = ?, exited_at = ? WHERE id = ?",
            [(1 if bought else 2, "bought" if bought else "end", LATER, i) for i, bought, _ in due],
        )
        rest = [
            (i, 2, f"Still thinking, Ann{i % 97}? 10% off today at acme.example/spring", None)
            for i, bought, _ in due
            if not bought
        ]
        self._queue(rest, LATER)
        db.execute("COMMIT")
        self._deliver([], LATER)
