"""Databases of PostgreSQL for the tests of its half."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store.postgres.database import PostgresDatabase
from tests.postgres import databases


@pytest.fixture
def create() -> Iterator[Callable[[str], str]]:
    """Makes a new database, with these words of CREATE DATABASE; its address."""
    made: list[str] = []

    def make(words: str = "") -> str:
        made.append(databases().create(words))
        return made[-1]

    yield make
    for url in made:
        databases().drop(url)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresDatabase]:
    """An empty one of Leadoff."""
    made = PostgresDatabase(databases().copy(), tmp_path)
    yield made
    made.close()
    databases().drop(made.url)


def wait_for_waiters(database: PostgresDatabase, count: int = 1) -> None:
    """Until so many sessions wait for a lock."""
    waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    look = database.connect()
    while look.execute(waiting).fetchone()[0] < count:  # type: ignore[index]
        pass
    look.raw.close()
