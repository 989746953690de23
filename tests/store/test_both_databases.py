"""Every statement of the store is one that both databases take: each function gives the same answer on both."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from engine.errors import LeadoffError
from engine.store.database import Database
from engine.store.postgres.connection import PostgresConnection
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from engine.store.sqlite import functions
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.memory import MemoryDatabase
from tests.store import every_call
from tests.store.every_call import Call, Site


class Recorder(SqliteConnection):
    """Keeps where statements were run."""

    sites: set[Site]

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        self.sites.add(every_call.site())
        return super().execute(sql, values)

    def many(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        self.sites.add(every_call.site())
        return super().executemany(sql, rows)


class InMemory(MemoryDatabase):
    def __init__(self) -> None:
        self.path = Path(":memory:")
        self._opened = None
        self.recorder = self._connection = sqlite3.connect(":memory:", isolation_level=None, factory=Recorder)
        self.recorder.sites = set()
        functions.register(self.recorder)
        for statement in self.schema.read_text("utf-8").splitlines():
            self.recorder.execute(statement)

    def erase(self) -> bool:
        return True


class InTransaction(PostgresDatabase):
    """One transaction for all, undone in the end."""

    def __init__(self, connection: PostgresConnection) -> None:
        self._connection = connection

    def erase(self) -> bool:
        return True

    def write(self, function: Any) -> Any:
        return function(self._connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        yield self._connection


@pytest.fixture(scope="module")
def sqlite() -> Iterator[InMemory]:
    made = InMemory()
    every_call.fill(made.recorder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgres(postgres_database: PostgresDatabase) -> Iterator[PostgresConnection]:
    connection = postgres_database.connect()
    connection.raw.execute("BEGIN")
    every_call.fill(connection, backwards=True)
    yield connection
    connection.raw.close()


def answer(call: Call, db: Connection, database: Database) -> Any:
    """What it gives, as plain values; what it writes is undone."""
    db.execute("SAVEPOINT call")
    try:
        return plain(call.of(db, database))
    except (sqlite3.IntegrityError, psycopg.IntegrityError):
        return "a constraint refuses it"
    except LeadoffError as error:
        return str(error)
    finally:
        db.execute("ROLLBACK TO call")
        db.execute("RELEASE call")


SECRET = re.compile(r"(leadoff_)?[A-Za-z0-9_-]{43}")  # drawn anew for each


def plain(found: Any) -> Any:
    if isinstance(found, str):
        return "a secret" if SECRET.fullmatch(found) else found
    if isinstance(found, Mapping):
        pairs = [(plain(key), plain(value)) for key, value in found.items()]
        return sorted(pairs, key=repr) if isinstance(found, Counter) else pairs  # a count has no order
    if isinstance(found, Iterable):
        return [plain(each) for each in found]
    kept = getattr(type(found), "__slots__", None) or getattr(found, "__dict__", ())
    return {name: plain(getattr(found, name)) for name in kept} if kept else found


def test_both_give_the_same_answers_and_every_statement_is_asked(
    sqlite: InMemory, postgres: PostgresConnection
) -> None:
    other = InTransaction(postgres)
    differ = []
    for call in every_call.calls():
        every_call.number_on(postgres)
        answers = answer(call, sqlite.recorder, sqlite), answer(call, postgres, other)
        if answers[0] != answers[1]:
            differ.append((call.name, call.arguments, *answers))
    assert differ == []
    reached = sqlite.recorder.sites
    assert [
        (file, first)
        for file, places in every_call.sites().items()
        for first, last in places
        if not any(Site(file, line) in reached for line in range(first, last + 1))
    ] == [], "no call of `every_call` comes by there"
