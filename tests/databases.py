"""Databases of tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.store.database import Database
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from engine.store.sqlite.database import SqliteDatabase


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
