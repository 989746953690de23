"""A database in memory, for previews: one connection, one thread, nothing on disk.

Invariants: the same tables and statements as a file's. What it is copied from is only read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from engine.store import tally
from engine.store.database import Database
from engine.store.sql import AMONG, Connection, listed
from engine.store.sqlite import functions
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import OF_EITHER_AGE

T = TypeVar("T")
PRAGMAS = ("PRAGMA journal_mode=MEMORY", "PRAGMA synchronous=OFF", "PRAGMA temp_store=MEMORY")
NOT_COPIED = (
    "token", "session", "alembic_version", "blob", "tally", "person_action", "coupon_code", "source_body", "source_message",
    "picture", "product_picture", "goal_order", "goal_refund", "drawn",
)  # fmt: skip
"""What nothing that is played on a copy asks for; some of these have more rows than a contact ever has."""
COPIED_WHOLE = (
    "aside", "recent_message", "flow", "meta", "step", "schedule", "daemon", "member_set", "sender", "renamed", "forgotten",
    "deployment", "carried_run", "spent", "segment", "alarm", "firing", "goal",
)  # fmt: skip
"""What belongs to no contact, and is small."""


def _runs(column: str) -> str:
    """Of all runs of contacts: past and active ones have an index each."""
    return " UNION ALL ".join(f"SELECT {column} FROM run WHERE contact {AMONG} AND {state}" for state in OF_EITHER_AGE)


OWN = {  # table -> which of its rows are a contact's, where it is not the column `contact` that says so
    "contact": f"id {AMONG}",
    "consent": f"phone IN (SELECT phone FROM contact WHERE id {AMONG})",
    "consent_log": f"phone IN (SELECT phone FROM contact WHERE id {AMONG})",
    "attempt": f"message IN (SELECT id FROM message WHERE contact {AMONG})",
    "run": f"id IN ({_runs('id')})",
    "stopped": f"run IN ({_runs('id')})",
    # An occasion, a firing of a clock, belongs to no contact: the runs that it started name it.
    # One list of ids: of three conditions with OR between them PostgreSQL makes a scan of all events.
    "event": f"id IN (SELECT id FROM event WHERE contact {AMONG} UNION ALL {_runs('event')} UNION ALL SELECT event FROM firing)",
}


class MemoryDatabase(SqliteDatabase):
    """Stands in for a Database. Without an `image` it is empty, with the newest schema."""

    def __init__(self, image: bytes | None = None) -> None:
        self.path = Path(":memory:")
        self._opened = None
        self._connection = _connection()
        self._connection.deserialize(_empty() if image is None else image)
        for pragma in PRAGMAS:
            self._connection.execute(pragma)

    def image(self) -> bytes:
        """All of it, for another MemoryDatabase."""
        return self._connection.serialize()

    def connect(self, cache_kb: int = 0, busy_seconds: float | None = None) -> SqliteConnection:
        return self._connection

    def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function`; where it raises, its writes are undone."""
        db = self._connection
        db.execute("SAVEPOINT one")
        try:
            answer = function(db)
            tally.flush(db)
            return answer
        except BaseException:
            db.counts.clear()
            db.execute("ROLLBACK TO one")
            raise
        finally:
            db.execute("RELEASE one")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        yield self._connection

    def close(self) -> None:
        self._connection.close()


class NotThere(MemoryDatabase):
    """Stands in, for those who only read, for a database of that name in which nothing is yet."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__()
        self._name, self._folder = name, folder

    @property
    def name(self) -> str:
        return self._name

    def folder(self, project: Path) -> Path:
        return self._folder


class Shelf:
    """Databases with the same image, used again: a statement that one has prepared is prepared, and a copy costs nothing.

    One thread. What is written to a database that was taken is undone when it is closed.
    """

    def __init__(self, image: bytes) -> None:
        self._image = image
        self._idle: list[_Lent] = []

    def take(self) -> MemoryDatabase:
        found = self._idle.pop() if self._idle else _Lent(self._image, self._idle)
        found.begin()
        return found


class _Lent(MemoryDatabase):
    def __init__(self, image: bytes, idle: list[_Lent]) -> None:
        super().__init__(image)
        self._idle = idle
        self._is_taken = False

    def begin(self) -> None:
        self._connection.execute("SAVEPOINT taken")
        self._is_taken = True

    def close(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._connection.execute("ROLLBACK TO taken")
            self._connection.execute("RELEASE taken")
            self._idle.append(self)


def copy_of(source: Database, contacts: Collection[int] | None = None) -> MemoryDatabase:
    """A copy with all that belongs to these contacts, or to all, and with what belongs to no contact. Tokens are left out."""
    made = MemoryDatabase()
    with source.reading() as live:
        made.write(lambda db: _copy(live, db, contacts))
    return made


def _copy(live: Connection, made: Connection, contacts: Collection[int] | None) -> None:
    for table in made.tables():
        if table in NOT_COPIED:
            continue
        columns = [f'"{row[1]}"' for row in made.execute(f"PRAGMA table_info({table})")]
        names = ", ".join(columns)
        own = OWN.get(table, f"contact {AMONG}")
        sql, values = f"SELECT {names} FROM {table}", []
        if table not in COPIED_WHOLE and contacts is not None:
            sql, values = f"{sql} WHERE {own}", [listed(contacts)] * own.count("?")
        made.execute(f"DELETE FROM {table}")  # what schema.sql puts there
        marks = ", ".join("?" * len(columns))
        made.many(f"INSERT INTO {table} ({names}) VALUES ({marks})", live.stream(sql, values))


def _connection() -> SqliteConnection:
    made = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512, factory=SqliteConnection
    )
    functions.register(made)
    return made


@cache
def _empty() -> bytes:
    made = _connection()
    for statement in SqliteDatabase.schema.read_text("utf-8").splitlines():
        made.execute(statement)
    return made.serialize()
