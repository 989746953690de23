"""A copy for previews, in memory, of either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.store import meta, migrations
from engine.store.database import Database
from engine.store.postgres.database import PostgresDatabase
from engine.store.sqlite.database import SqliteDatabase
from engine.store.sqlite.memory import COPIED_WHOLE, NOT_COPIED, OWN, MemoryDatabase, copy_of
from tests.store import every_call


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    made = SqliteDatabase(Path(tmp_path_factory.mktemp("copy")) / "a.db")
    migrations.upgrade(made)
    made.write(every_call.fill)
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgres(postgres_database: PostgresDatabase) -> Database:
    postgres_database.write(every_call.fill)
    return postgres_database


def rows(database: MemoryDatabase) -> dict[str, list[Any]]:
    """Of every table that is copied."""
    with database.reading() as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: sorted(db.execute(f"SELECT * FROM {table}"), key=repr) for table in tables if table not in NOT_COPIED
        }


@pytest.mark.parametrize("contacts", [None, [1], [2], []])
def test_a_copy_of_either_holds_the_same(
    sqlite: SqliteDatabase, postgres: Database, contacts: list[int] | None
) -> None:
    copied = rows(copy_of(sqlite, contacts))
    other = rows(copy_of(postgres, contacts))
    other["meta"] = [
        row for row in other["meta"] if row[0] != meta.BESIDE
    ]  # only programs that share a database need it
    assert copied == other
    assert [row[0] for row in copied["contact"]] == ([1, 2] if contacts is None else contacts)


def test_of_every_table_it_is_said_what_of_it_a_contact_needs() -> None:
    made = MemoryDatabase()
    with made.reading() as db:
        with_contact = {
            table
            for table in db.tables()
            if any(row[1] == "contact" for row in db.execute(f"PRAGMA table_info({table})"))
        }
        assert {*db.tables()} == with_contact | {*NOT_COPIED, *COPIED_WHOLE, *OWN}
        assert not with_contact & {*COPIED_WHOLE}
