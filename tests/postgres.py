"""PostgreSQL databases of tests: made once in a process, and set back after each test to what they held at first.

To make one costs the server a hundred times as much as to set one back: nearly all tables are empty.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any, ClassVar, Literal, NamedTuple
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import conninfo, sql

from engine.store import migrations
from engine.store.postgres import database
from engine.store.postgres.address import settings_of
from engine.store.postgres.connection import PostgresConnection, Raw
from engine.store.postgres.database import PostgresDatabase
from engine.store.postgres.pool import Pool
from tests import postgres_server

REQUIRE = "LEADOFF_REQUIRE_POSTGRES"
ALONE = """SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"""
CLEAN = "RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP"
Fill = Callable[[str], None]


class LastingPool(Pool):
    """Of a database that `Databases.take` gives: its connections serve the next pool of this process, too.

    The server knows the tables and the statements by then, which is half of what a test costs it.
    """

    unused: ClassVar[dict[str, list[Raw]]] = {}
    by_arrays: ClassVar[dict[str, str | None]] = {}  # they all have the same tables

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._unused = self.unused.get(_key(settings))
        if self._unused is not None:
            self._by_arrays = self.by_arrays

    def connect(self) -> PostgresConnection:
        while self._unused:
            raw = self._unused.pop()
            with suppress(psycopg.OperationalError):  # it was cut meanwhile
                raw.execute("")
                return PostgresConnection(raw, self._by_arrays)
        return super().connect()

    def close(self) -> None:
        if self._unused is not None:
            for raw in (connection.raw for connection in self._idle):
                with suppress(psycopg.OperationalError):
                    raw.execute(CLEAN)
                    self._unused.append(raw)
            self._idle = []
        super().close()

    @classmethod
    def serve(cls, url: str) -> None:
        cls.unused[_key(settings_of(url))] = []

    @classmethod
    def all_unused(cls) -> list[Raw]:
        return [raw for some in cls.unused.values() for raw in some]


def _key(settings: dict[str, Any]) -> str:
    """A process that was forked does not share them."""
    return f"{os.getpid()} {sorted(settings.items())}"


class Made(NamedTuple):
    url: str
    connection: psycopg.Connection[Any]


class Rows(NamedTuple):
    before: str  # what makes room for them
    of_tables: dict[str, bytes]


class Databases:
    """Those of one process on one server."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._count = 0
        self._pattern: str | None = None
        self._admin = psycopg.connect(server, autocommit=True)
        self._free: dict[str, list[Made]] = defaultdict(list)
        self._taken: list[tuple[str, Made]] = []

    def take(self, what: str = "empty", fill: Fill = lambda url: None) -> str:
        """The URL of one that is nobody else's until `give_back`. `fill`: what stands in those called `what`, besides the tables."""
        made = self._free[what].pop() if self._free[what] else self._make(fill)
        self._taken.append((what, made))
        return made.url

    def create(self, words: str = "") -> str:
        """The URL of a new one without tables, made with these words of CREATE DATABASE. Whoever asks drops it."""
        self._count += 1
        name = f"leadoff_{os.getpid()}_{self._count}"
        self._admin.execute(sql.SQL(f"CREATE DATABASE {{}} {words}").format(sql.Identifier(name)))
        return address(self.server, name)

    def copy(self) -> str:
        """The URL of a new one with its tables, which costs a fifth of making these. Whoever asks drops it."""
        if self._pattern is None:
            self._pattern = self.create()
            database = PostgresDatabase(self._pattern, Path(gettempdir()))
            migrations.upgrade(database)
            database.close()
        return self.create(f"TEMPLATE {name_of(self._pattern)}")

    def drop(self, url: str) -> None:
        self._admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name_of(url))))

    def give_back(self, url: str | None = None) -> None:
        """Everything that was taken, or one: whoever is still connected to it is cut off, and it is as it was."""
        for what, made in [each for each in self._taken if url in (None, each[1].url)]:
            cut_off(made.connection)
            made.connection.execute("SELECT kept.restore()")
            made.connection.execute("DROP SCHEMA IF EXISTS kept_again CASCADE")
            self._free[what].append(made)
            self._taken.remove((what, made))

    def keep(self, url: str) -> Callable[[], None]:
        """Puts back what one that was taken holds now, once everybody who is connected to it is cut off."""
        db = self._connection(url)
        db.execute("DROP SCHEMA IF EXISTS kept_again CASCADE")
        _keep(db, "kept_again")

        def put_back() -> None:
            cut_off(db)
            db.execute("SELECT kept_again.restore()")

        return put_back

    def is_taken(self, url: str) -> bool:
        return any(made.url == url for _, made in self._taken)

    def rows(self, url: str) -> Rows:
        """What the tables of one that was taken hold now, for `put`."""
        db, found = self._connection(url), {}
        for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            with db.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
                found[name] = b"".join(copy)
        first = [name for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'kept'").fetchall()]
        before = [f'DELETE FROM "{name}"' for name in first]
        for name, last in db.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"):
            if last is not None:
                before.append(f"""SELECT setval('"{name}"', {last})""")
        return Rows("; ".join(before), {name: data for name, data in found.items() if data})

    def put(self, url: str, rows: Rows) -> None:
        """Into one that was taken, and holds what it held at first."""
        db = self._connection(url)
        with db.transaction():
            db.execute(rows.before)
            for name, data in rows.of_tables.items():
                with db.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                    copy.write(data)

    def _connection(self, url: str) -> psycopg.Connection[Any]:
        (found,) = [made.connection for _, made in self._taken if made.url == url]
        return found

    def close(self) -> None:
        self.give_back()
        for raw in LastingPool.all_unused():
            raw.close()
        for made in (each for some in self._free.values() for each in some):
            made.connection.close()
            self.drop(made.url)
        if self._pattern is not None:
            self.drop(self._pattern)
        self._admin.close()

    def _make(self, fill: Fill) -> Made:
        url = self.copy()
        fill(url)
        connection = psycopg.connect(url, autocommit=True)
        _keep(connection)
        LastingPool.serve(url)
        return Made(url, connection)


def cut_off(db: psycopg.Connection[Any]) -> None:
    """Whoever else is connected, but for those whom nobody uses."""
    db.execute(ALONE, ([raw.info.backend_pid for raw in LastingPool.all_unused()],))


def _keep(db: psycopg.Connection[Any], schema: Literal["kept", "kept_again"] = "kept") -> None:
    """Let `kept.restore()`, or that of another schema, bring back what the tables hold now, and where their numbers stand."""
    db.execute(f"CREATE SCHEMA {schema}")
    lines = []
    for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        lines.append(f'IF EXISTS (SELECT FROM "{name}") THEN DELETE FROM "{name}"; END IF;')
        if db.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
            db.execute(f'CREATE TABLE {schema}."{name}" AS TABLE "{name}"')
            lines.append(f'INSERT INTO "{name}" OVERRIDING SYSTEM VALUE TABLE {schema}."{name}";')
    for (name,) in db.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'").fetchall():
        ((last, called),) = db.execute(f'SELECT last_value, is_called FROM "{name}"')
        lines.append(f"""PERFORM setval('"{name}"', {last}, {called});""")
    db.execute(f"CREATE FUNCTION {schema}.restore() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {' '.join(lines)} END $$")


def name_of(url: str) -> str:
    return str(conninfo.conninfo_to_dict(url)["dbname"])


def address(url: str, name: str) -> str:
    """The same server, another database."""
    parts = {key: value for key, value in conninfo.conninfo_to_dict(url).items() if value and key != "dbname"}
    return f"postgresql:///{name}?{urlencode(parts)}"


@cache
def _databases() -> Databases | str:
    setattr(database, "Pool", LastingPool)  # noqa: B010 (it is no name of that module's own)
    url, why = postgres_server.address()
    return Databases(url) if url else why


def databases() -> Databases:
    """Those of this process. Skips the test where no server can be had, unless LEADOFF_REQUIRE_POSTGRES is set."""
    found = _databases()
    if isinstance(found, str):
        (pytest.fail if os.environ.get(REQUIRE) else pytest.skip)(f"no PostgreSQL server: {found}")
    return found


def end() -> None:
    """Let go of all of them, where there are any."""
    if _databases.cache_info().currsize and isinstance(found := _databases(), Databases):
        found.close()
