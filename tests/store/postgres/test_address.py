"""An address that does not open, or a database that is not fit: words, a way out, and no password."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from engine.errors import LeadoffError, Refused, Unusable, UsageError
from engine.store import migrations
from engine.store.open_database import open_database
from engine.store.postgres.database import PostgresDatabase
from tests import databases
from tests.postgres import name_of
from tests.store.conftest import address
from tests.store.postgres.wires import Version

SECRET = "sesame"


def refused(url: str, folder: Path, kind: type[LeadoffError] = UsageError) -> str:
    """What is said, with the way out."""
    with pytest.raises(kind) as caught, closing(open_database(url, folder)) as opened:
        migrations.upgrade(opened)
    assert caught.value.help
    said = f"{caught.value.message}: {caught.value.help}"
    assert SECRET not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{SECRET}@@host/shop",
        f"postgresql://ann:x@{SECRET}@host/shop",
        f"postgresql://ann:a/{SECRET}@host/shop",
        f"postgresql://ann:a?{SECRET}@host/shop",
        f"postgresql://ann:{SECRET}%zz@host/shop",
        f"postgresql://ann:{SECRET}@[::1/shop",
        f"postgresql://ann:{SECRET}@host/shop?sslmod=on",
        f"postgresql://ann:{SECRET}@host:port/shop",
    ],
)
def test_what_is_no_address(url: str, tmp_path: Path) -> None:
    assert "LEADOFF_DATABASE_URL is no address of a PostgreSQL database" in refused(url, tmp_path)


def test_no_database_is_named(tmp_path: Path) -> None:
    assert "names no database" in refused(f"postgresql://ann:{SECRET}@host", tmp_path)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:sesame@[::1]:1/shop", "postgresql://ann@[::1]:1/shop"),
        ("postgresql://ann@127.0.0.1:1,[::1]:2/shop", "postgresql://ann@127.0.0.1:1,[::1]:2/shop"),
        ("postgresql://127.0.0.1,localhost/shop?port=1", "postgresql://127.0.0.1:1,localhost:1/shop"),
        ("postgresql://ann@127.0.0.1:1/shop\n", "postgresql://ann@127.0.0.1:1/shop"),
        ("postgresql://ann@127.0.0.1:1?service=crm", "postgresql://ann@127.0.0.1:1/?service=crm"),
    ],
)
def test_what_people_see_of_an_address(url: str, name: str, tmp_path: Path) -> None:
    assert f"cannot open the database {name}: " in refused(url, tmp_path)


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = refused(f"postgresql://ann:{SECRET}@127.0.0.1:{port}/shop", tmp_path)
    assert f"cannot open the database postgresql://ann@127.0.0.1:{port}/shop" in said
    assert "no server listens there" in said


def test_nobody_has_that_name(tmp_path: Path) -> None:
    said = refused(f"postgresql://ann:{SECRET}@no-such-host.invalid/shop", tmp_path)
    assert "there is no server of that name" in said


def test_there_is_no_such_database(server: str, tmp_path: Path) -> None:
    assert "createdb" in refused(address(server, dbname="no_such_database"), tmp_path)


def test_there_is_no_such_user(server: str, tmp_path: Path) -> None:
    assert "check the user" in refused(address(server, user="no_such_user"), tmp_path)


def test_a_server_that_is_too_old(server: str, tmp_path: Path) -> None:
    with Version(server, "14.9") as old:
        said = refused(address(server, host="127.0.0.1", port=old.port), tmp_path)
    assert "is PostgreSQL 14: Leadoff needs 15 or newer" in said


def test_another_encoding(create: Callable[[str], str], tmp_path: Path) -> None:
    url = create("ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    said = refused(url, tmp_path)
    assert "keeps texts as LATIN1" in said
    assert "createdb --encoding UTF8" in said


def test_one_that_takes_what_is_empty_for_a_word(create: Callable[[], str], tmp_path: Path) -> None:
    url = create()
    name = sql.Identifier(name_of(url))
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(sql.SQL("ALTER DATABASE {} SET array_nulls = off").format(name))
    assert "has array_nulls off" in refused(url, tmp_path)


@pytest.mark.parametrize("table", ["alembic_version", "wp_posts"])
def test_tables_of_another_program(create: Callable[[], str], tmp_path: Path, table: str) -> None:
    url = create()
    with psycopg.connect(url) as db:
        db.execute(sql.SQL("CREATE TABLE {} (version_num text)").format(sql.Identifier(table)))
    assert "is not a Leadoff database" in refused(url, tmp_path, Refused)


def test_a_newer_schema(database: PostgresDatabase, tmp_path: Path) -> None:
    databases.make_newer(database)
    assert "newer than this version's" in refused(database.url, tmp_path, Refused)


def test_a_user_without_rights(create: Callable[[], str], tmp_path: Path) -> None:
    url = create()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS leadoff_guest")
        db.execute("CREATE ROLE leadoff_guest LOGIN")
    try:
        said = refused(address(url, user="leadoff_guest"), tmp_path, Unusable)
    finally:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("DROP ROLE leadoff_guest")
    assert "permission denied for schema public" in said
    assert "GRANT CREATE, USAGE ON SCHEMA public" in said


def test_a_schema_that_is_not_there(create: Callable[[], str], tmp_path: Path) -> None:
    said = refused(address(create(), options="-csearch_path%3Dnowhere"), tmp_path, Unusable)
    assert "CREATE SCHEMA" in said


def test_a_server_that_only_reads(database: PostgresDatabase, create: Callable[[], str], tmp_path: Path) -> None:
    """What is there can be read; nothing is written, and a new one is not filled."""
    read_only = "-cdefault_transaction_read_only%3Don"
    opened = open_database(address(database.url, options=read_only), tmp_path)
    assert not migrations.upgrade(opened)
    with pytest.raises(Unusable) as caught:
        opened.probe(1)
    assert "the address of the primary" in (caught.value.help or "")
    opened.close()
    assert "read-only" in refused(address(create(), options=read_only), tmp_path, Unusable)


def test_nothing_is_there_yet(create: Callable[[], str], tmp_path: Path) -> None:
    url = create()
    with pytest.raises(UsageError) as caught:
        open_database(url, tmp_path, "refuse")
    assert caught.value.help == "`leadoff apply` fills it"
    stand_in = open_database(url, tmp_path, "empty")
    assert stand_in.is_stand_in
    assert (stand_in.name.endswith(url.split("///")[1].split("?")[0]), stand_in.folder(tmp_path)) == (
        True,
        tmp_path / ".leadoff",
    )
    stand_in.close()
    with psycopg.connect(url) as db:
        assert db.execute("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
