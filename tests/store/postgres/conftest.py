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
