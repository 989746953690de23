"""A database on PostgreSQL that is brought up from an older schema is what a new one is; both are made whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlmodel import SQLModel

from engine.errors import Refused
from engine.store import migrations
from engine.store.postgres import schema  # noqa: F401 (it loads all tables)
from engine.store.postgres.connection import WORLD
from engine.store.postgres.database import PostgresDatabase
from tests.store.postgres.conftest import wait_for_waiters

OLDEST = Path(__file__).with_name("schema_0015.sql")  # of the first version that had PostgreSQL
BESIDE = Path(__file__).with_name(f"schema_{migrations.BESIDE}.sql")
REQUIRED = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
"""
TYPES = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
RULES = """
    SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%'
"""
COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY 1, 2"
)
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
ROWS = "SELECT flow.id, flow.name, step.number, step.name FROM flow JOIN step ON step.flow = flow.id ORDER BY 1, 3"


def made(database: PostgresDatabase) -> list[object]:
    with database.reading() as db:
        return [db.execute(sql).fetchall() for sql in (COLUMNS, INDEXES, ROWS)]


def test_a_new_one_has_all_tables_and_rows(create: Callable[[], str], tmp_path: Path) -> None:
    with closing(PostgresDatabase(create(), tmp_path)) as database:
        assert migrations.upgrade(database)
        assert not migrations.upgrade(database), "the second time there is nothing to do"
        with database.reading() as db:
            assert {str(table) for table in SQLModel.metadata.tables} == db.tables() - {"alembic_version"}
        assert database.write(
            lambda db: db.execute("INSERT INTO flow (name) VALUES ('x') RETURNING id").fetchone()
        ) == (4,)


def test_an_older_one_becomes_what_a_new_one_is(create: Callable[[], str], tmp_path: Path) -> None:
    url = create()
    with psycopg.connect(url) as db:
        db.execute(OLDEST.read_bytes())
    with closing(PostgresDatabase(url, tmp_path)) as older, closing(PostgresDatabase(create(), tmp_path)) as new:
        migrations.upgrade(older)
        migrations.upgrade(new)
        assert made(older) == made(new)


@pytest.mark.parametrize("isolation", ["read committed", "serializable"])
def test_of_two_at_once_the_second_finds_the_work_done(
    create: Callable[[], str], tmp_path: Path, isolation: str
) -> None:
    url = create()
    with psycopg.connect(url, autocommit=True) as db:
        name = sql.Identifier(db.info.dbname)
        db.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, isolation))
    done: list[bool] = []

    def upgrade() -> None:
        with closing(PostgresDatabase(url, tmp_path)) as database:
            done.append(migrations.upgrade(database))

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    with psycopg.connect(url) as db, closing(PostgresDatabase(url, tmp_path)) as database:
        db.execute("SELECT pg_advisory_xact_lock_shared(%s)", (WORLD,))  # a daemon at work
        for thread in threads:
            thread.start()
        wait_for_waiters(database, len(threads))
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, True]


def test_one_that_is_interrupted_leaves_nothing(create: Callable[[], str], tmp_path: Path) -> None:
    with closing(PostgresDatabase(create(), tmp_path)) as database:
        with pytest.raises(psycopg.errors.DivisionByZero), database.alone() as (db, _):
            db.execute("CREATE TABLE contact (id int); SELECT 1 / 0")
        assert migrations.upgrade(database)


def test_programs_that_may_go_on_find_and_write_what_they_did_before(create: Callable[[], str], tmp_path: Path) -> None:
    """No column of theirs is gone or of another kind, none must be given that they do not know, and no rule is new in their tables."""
    url = create()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(BESIDE.read_bytes())
        types, required, rules = (set(db.execute(sql).fetchall()) for sql in (TYPES, REQUIRED, RULES))
        with closing(PostgresDatabase(url, tmp_path)) as database:
            migrations.upgrade(database)
        tables = {table for table, *_ in types}

        def theirs(sql: str) -> set[tuple[str, ...]]:
            return {row for row in db.execute(sql.encode()).fetchall() if row[0] in tables}

        assert types <= theirs(TYPES)
        assert theirs(REQUIRED) <= required
        assert theirs(RULES) <= rules


def test_an_older_one_is_left_to_who_upgrades(create: Callable[[], str], tmp_path: Path) -> None:
    url = create()
    with psycopg.connect(url) as db:
        db.execute(OLDEST.read_bytes())
    with closing(PostgresDatabase(url, tmp_path)) as database:
        with pytest.raises(Refused, match="schema 0015, older than") as refused:
            migrations.prepare(database)
        assert "`leadoff db upgrade`" in str(refused.value.help)
        with database.reading() as reading:
            assert migrations.version(reading) == "0015", "nothing was changed"
        assert migrations.upgrade(database)
        migrations.prepare(database)
