"""Plain psycopg doing the promo flow's work by hand: the same writes, and the bare limit.

The same writes: the product's tables and commits, in batches of 2,000; rows go in by COPY, updates by arrays. Bare: tables that hold the
state alone, in batches of 5,000. No flow is interpreted and no gate asked; texts are format strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg

DAY = 86_400_000
START = 1_774_000_000_000
LATER = START + 2 * DAY
SAME, BARE = 2_000, 5_000
TABLES = """
CREATE TABLE contact (id bigint PRIMARY KEY, phone text, name text, bought boolean);
CREATE TABLE run (id bigserial PRIMARY KEY, contact bigint, flow int, step int, status int, due bigint);
CREATE INDEX run_due ON run (due) WHERE status = 0;
CREATE TABLE message (id bigserial PRIMARY KEY, contact bigint, step int, status int, text text);
"""
Timer = Callable[[], float]
Rows = Iterable[Sequence[Any]]


def copy(db: psycopg.Connection[Any], into: str, rows: Rows) -> None:
    with db.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN".encode()) as out:
        for row in rows:
            out.write_row(row)


class SameWrites:
    """On a database that has the product's tables."""

    def __init__(self, url: str) -> None:
        self.db = psycopg.connect(url)

    def run(self, n: int, timer: Timer) -> float:
        """Seconds for the whole work of N contacts."""
        people = (
            (i, f"k{i}", f"+1202{2_000_000 + i:07d}", "US", "x", '{"first_name":"Ann"}', 0, 0) for i in range(1, n + 1)
        )
        copy(self.db, "contact (id, key, phone, region, zone, fields, created_at, updated_at)", people)
        self.db.commit()
        started = timer()
        for first in range(1, n + 1, SAME):
            self._enter(range(first, min(n, first + SAME - 1) + 1))
        self._follow_up()
        seconds = timer() - started
        self.db.close()
        return seconds

    def _enter(self, ids: range) -> None:
        db = self.db
        events = ((i, i, 0, "list.joined", START, START, '{"list":"vip"}', 1) for i in ids)
        copy(db, "event (id, contact, kind, name, occurred_at, received_at, data, pending)", events)
        db.commit()
        copy(
            db,
            "run (id, contact, flow, lane, step, status, due_at, entered_at, stayed, event)",
            ((i, i, 1, 0, 1, 0, LATER, START, 0, i) for i in ids),
        )
        self._queue(
            ((i, i, 0, f"Hi Ann{i % 97}, the spring drop is live at acme.example/spring", "hero.png") for i in ids),
            START,
        )
        db.execute("UPDATE event SET pending = 0 WHERE id BETWEEN %s AND %s", (ids[0], ids[-1]))
        db.commit()
        self._deliver(START)

    def _queue(self, rows: Iterable[tuple[int, int, int, str, str | None]], at: int) -> None:
        into = (
            "message (contact, run, step, flow, deployment, status, sender, category, text, media, parts, price, queued_at, due_at,"
            " expires_at, attempts)"
        )
        written = (
            (contact, run, step, 1, 1, 0, "main", "marketing", text, media, 1, 45_000, at, at, at + DAY // 2, 0)
            for contact, run, step, text, media in rows
        )
        copy(self.db, into, written)

    def _deliver(self, at: int) -> None:
        """Two commits: `sending` before the requests, the answers after them."""
        db = self.db
        due = "SELECT id FROM message WHERE status < 2 AND sender = 'main' AND due_at <= %s LIMIT %s"
        while ids := [id for (id,) in db.execute(due, (at, SAME))]:
            db.execute(
                "UPDATE message SET status = 2, attempts = attempts + 1, sent_at = %s WHERE id = ANY(%s)", (at, ids)
            )
            db.commit()
            db.execute(
                "UPDATE message SET status = 3, provider_id = u.p FROM unnest(%s::bigint[], %s::text[]) AS u(id, p)"
                " WHERE message.id = u.id",
                (ids, [f"null-{id}" for id in ids]),
            )
            db.commit()

    def _follow_up(self) -> None:
        db = self.db
        sql = "SELECT id, contact FROM run WHERE status = 0 AND due_at <= %s ORDER BY due_at LIMIT %s"
        while due := db.execute(sql, (LATER, SAME)).fetchall():
            db.execute(
                "UPDATE run SET step = 2, status = 2, due_at = NULL, reason = 'end', exited_at = %s WHERE id = ANY(%s)",
                (LATER, [id for id, _ in due]),
            )
            rest = (
                (who, id, 2, f"Still thinking, Ann{who % 97}? 10% off today at acme.example/spring", None)
                for id, who in due
                if who % 2
            )
            self._queue(rest, LATER)
            db.commit()
            self._deliver(LATER)


class BareState:
    """On an empty database."""

    def __init__(self, url: str) -> None:
        self.db = psycopg.connect(url)
        self.db.execute(TABLES.encode())

    def run(self, n: int, timer: Timer) -> float:
        """Seconds for the whole work of N contacts."""
        copy(self.db, "contact", ((i, f"+1202{2_000_000 + i:07d}", f"Ann{i % 97}", i % 2) for i in range(1, n + 1)))
        self.db.commit()
        started = timer()
        for first in range(1, n + 1, BARE):
            ids = range(first, min(n, first + BARE - 1) + 1)
            copy(self.db, "run (contact, flow, step, status, due)", ((i, 1, 1, 0, LATER) for i in ids))
            texts = ((i, 0, 1, f"Hi Ann{i % 97}, the spring drop is live at acme.example/spring") for i in ids)
            copy(self.db, "message (contact, step, status, text)", texts)
            self.db.commit()
        sql = (
            "SELECT r.id, r.contact, c.name, c.bought FROM run r JOIN contact c ON c.id = r.contact"
            " WHERE r.status = 0 AND r.due <= %s ORDER BY r.due LIMIT %s FOR UPDATE OF r SKIP LOCKED"
        )
        while due := self.db.execute(sql.encode(), (LATER, BARE)).fetchall():
            self.db.execute(
                "UPDATE run SET step = 2, status = 2, due = NULL WHERE id = ANY(%s)", ([id for id, *_ in due],)
            )
            follow = (
                (who, 2, 1, f"Still thinking, {name}? 10% off today at acme.example/spring")
                for _, who, name, no in due
                if not no
            )
            copy(self.db, "message (contact, step, status, text)", follow)
            self.db.commit()
        seconds = timer() - started
        self.db.close()
        return seconds
