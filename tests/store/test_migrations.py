"""The migrations make exactly what the models say."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from engine.errors import Refused
from engine.store import migrations, tables
from engine.store.database import Database


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    database = Database(tmp_path / "m.db")
    assert migrations.upgrade(database)
    assert not migrations.upgrade(database), "the second time there is nothing to do"
    database.close()
    connectable = create_engine(f"sqlite:///{tmp_path / 'm.db'}")
    with connectable.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
        indexes = {
            name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
        }
    connectable.dispose()
    assert {"run_active", "run_due", "message_key", "message_queue", "event_pending"} <= indexes
    assert tables.Run.__tablename__ == "run"


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "m.db")
    migrations.upgrade(database)
    database.write(lambda db: db.execute("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer"):
        migrations.upgrade(database)
    database.close()
