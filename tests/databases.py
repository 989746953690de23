"""Databases of tests."""

from __future__ import annotations

from pathlib import Path

from engine.store.database import Database
from engine.store.sqlite.database import SqliteDatabase


def file_of(database: Database) -> Path:
    """The file of one that is SQLite's."""
    assert isinstance(database, SqliteDatabase)
    return database.path
