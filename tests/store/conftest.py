"""Databases of the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg.conninfo import conninfo_to_dict

from engine.store.postgres.database import PostgresDatabase
from tests.postgres import databases


@pytest.fixture(scope="session")
def server() -> str:
    """The address of a database of a server in which the tests may do everything."""
    return databases().server


@pytest.fixture(scope="module")
def postgres_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabase]:
    """One of Leadoff for all tests of a file."""
    url = databases().copy()
    made = PostgresDatabase(url, tmp_path_factory.mktemp("postgres"))
    yield made
    made.close()
    databases().drop(url)


def address(url: str, **changes: object) -> str:
    """The address with other parts."""
    parts = {**conninfo_to_dict(url), **changes}
    name = parts.pop("dbname")
    return f"postgresql:///{name}?" + "&".join(f"{key}={value}" for key, value in parts.items() if value is not None)
