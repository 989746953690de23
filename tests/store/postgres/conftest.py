"""Databases of PostgreSQL for the tests of its half."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from engine.store import migrations
from engine.store.postgres.database import PostgresDatabase
from tests.store.conftest import address

_numbers = count()


@pytest.fixture
def create(server: str) -> Iterator[Callable[[str], str]]:
    """Makes a new database, with these words of CREATE DATABASE; its address."""
    made: list[str] = []

    def make(words: str = "") -> str:
        made.append(f"leadoff_{os.getpid()}_{next(_numbers)}")
        with psycopg.connect(server, autocommit=True) as db:
            db.execute(sql.SQL(f"CREATE DATABASE {{}} {words}").format(sql.Identifier(made[-1])))
        return address(server, dbname=made[-1])

    yield make
    with psycopg.connect(server, autocommit=True) as db:
        for name in made:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(create: Callable[[], str], tmp_path: Path) -> Iterator[PostgresDatabase]:
    """An empty one of Leadoff."""
    made = PostgresDatabase(create(), tmp_path)
    migrations.upgrade(made)
    yield made
    made.close()
