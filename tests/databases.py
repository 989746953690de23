"""Databases of tests: each test of the fixture `each_database` runs on SQLite and on PostgreSQL.

On SQLite the file stands in the test's own folder. On PostgreSQL LEADOFF_DATABASE_URL names a database that holds nothing but its tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.store import meta, migrations
from engine.store.database import Database
from engine.store.open_database import open_database
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from engine.store.sqlite import database as sqlite_files
from engine.store.sqlite.database import SqliteDatabase
from engine.workspace import DEFAULT_DATABASE

KINDS = ("sqlite", "postgres")
URL = "LEADOFF_DATABASE_URL"
FIRST_PAGE = 4096  # bytes; a file without tables has no other
make_tables = migrations.upgrade


def wait_for_no_disk() -> None:
    """From now on no commit of this process to an SQLite file waits for the disk, as none does on the PostgreSQL server of tests.

    What the files hold is worth nothing after the test, and a process that is killed loses nothing by it.
    """
    sqlite_files.PRAGMAS = (*sqlite_files.PRAGMAS, "PRAGMA synchronous=OFF")


def copy_tables() -> None:
    """From now on an empty SQLite file gets the bytes of one that has the tables already: to make them takes a third of a `World`."""
    setattr(migrations, "upgrade", _upgrade)  # noqa: B010


def _upgrade(database: Database, an_older_one: bool = True) -> bool:
    if type(database) is not SqliteDatabase or database.is_stand_in or database.path.stat().st_size > FIRST_PAGE:
        return make_tables(database, an_older_one)
    database.path.write_bytes(_with_tables())
    return True


@cache
def _with_tables() -> bytes:
    with TemporaryDirectory() as folder:
        made = SqliteDatabase(Path(folder) / "it.db")
        make_tables(made)
        made.close()
        return made.path.read_bytes()


def environ() -> dict[str, str]:
    """For an App or a process that is given its environment: where the database of this test is."""
    return {URL: os.environ[URL]} if URL in os.environ else {}


def filled(what: str, fill: Callable[[], object]) -> None:
    """On PostgreSQL: from now on this test has a database that `fill` was done to, as it was then. On SQLite files are copied for that."""
    if URL not in os.environ:
        return
    from tests.postgres import databases

    def done(url: str) -> None:
        os.environ[URL] = url
        fill()

    databases().give_back(os.environ[URL])
    os.environ[URL] = databases().take(what, done)


def anew() -> None:
    """On PostgreSQL: from now on this test has another database, that holds nothing. On SQLite another folder does that."""
    filled("empty", lambda: None)


def kept(folder: Path) -> Callable[[], None]:
    """Keeps what the database of this test's project in that folder holds; the function puts it back, as often as it is called."""
    if URL in os.environ:
        from tests.postgres import databases

        return databases().keep(os.environ[URL])
    file = folder / DEFAULT_DATABASE.removeprefix("sqlite:///")
    before = file.read_bytes()

    def put_back() -> None:
        for part in ("-wal", "-shm"):
            Path(f"{file}{part}").unlink(missing_ok=True)
        file.write_bytes(before)

    return put_back


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """The database of this test's project in that folder."""
    found = open_database(os.environ.get(URL) or DEFAULT_DATABASE, folder, "refuse")
    with closing(found):
        yield found


def again(database: Database, more: type | None = None) -> Any:
    """The same one, opened once more. `more`: a class whose methods it is to have instead of its own."""
    kind = type(more.__name__, (more, type(database)), {}) if more else type(database)
    return kind(database.path) if isinstance(database, SqliteDatabase) else kind(os.environ[URL], Path())


def contents(folder: Path) -> dict[str, list[str]]:
    """All rows of all tables of a project's database."""
    with opened(folder) as database, database.reading() as db:
        return {table: sorted(map(str, db.execute(f"SELECT * FROM {table}"))) for table in db.tables()}


def make_newer(database: Database) -> None:
    """As a later program leaves it whose schema this one cannot live with."""

    def write(db: Connection) -> None:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
        meta.put(db, meta.BESIDE, "9999")

    database.write(write)


def file_of(database: Database) -> Path:
    """The file of one that is SQLite's."""
    assert isinstance(database, SqliteDatabase)
    return database.path


@contextmanager
def undone(database: Database) -> Iterator[Connection]:
    """A connection of its own; nothing that is written by it stays."""
    if isinstance(database, PostgresDatabase):
        server = database.connect()
        server.execute("BEGIN")
        yield server
        server.raw.close()
    elif isinstance(database, SqliteDatabase):
        file = database.connect()
        file.execute("BEGIN")
        yield file
        file.close()
