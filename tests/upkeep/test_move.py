"""`db move`: all of a SQLite file comes into PostgreSQL, and neither sends before somebody says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.errors import LeadoffError, Refused, UsageError
from engine.store import blobs, holds, meta, migrations
from engine.store.copying import NOT_COPIED
from engine.store.database import Database
from engine.store.open_database import open_database
from engine.store.sqlite.database import SqliteDatabase
from engine.upkeep.move import move
from tests.postgres import databases
from tests.store import every_call
from tests.world import START

URL = "sqlite:///leadoff.db"
PICTURE = bytes(range(256))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a database that has rows in every table."""
    with closing(SqliteDatabase(tmp_path / "leadoff.db")) as made:
        migrations.upgrade(made)
        made.write(every_call.fill)
        made.write(holds.release)
        made.write(lambda db: blobs.put(db, "picture", PICTURE))
    return tmp_path


@pytest.fixture
def empty() -> Iterator[str]:
    url = databases().create()
    yield url
    databases().drop(url)


def columns(file: Database) -> dict[str, str]:
    """Of each table by name: in which order they stand differs."""
    with file.reading() as db:
        return {
            table: ", ".join(f'"{row[1]}"' for row in db.execute(f"PRAGMA table_info({table})"))
            for table in sorted(db.tables() - NOT_COPIED)
        }


def rows(database: Database, of: dict[str, str]) -> dict[str, list[Any]]:
    with database.reading() as db:
        return {
            table: sorted((tuple(row) for row in db.execute(f"SELECT {names} FROM {table}")), key=repr)
            for table, names in of.items()
        }


def held_since(url: str, folder: Path) -> int | None:
    with closing(open_database(url, folder)) as database, database.reading() as db:
        return holds.held_since(db)


def test_every_row_arrives_and_both_are_on_hold(project: Path, empty: str) -> None:
    count = move(URL, empty, project, START)
    with closing(open_database(URL, project)) as file, closing(open_database(empty, project)) as moved:
        before, after = (rows(database, columns(file)) for database in (file, moved))
        beside = next(row for row in after["meta"] if row[0] == meta.BESIDE)
        after["meta"].remove(beside)  # only programs that share a database need it
        assert before == after
        assert count == sum(map(len, before.values()))
        assert ("picture", PICTURE, None) in after["blob"]
        for database in (file, moved):
            with database.reading() as db:
                assert holds.held_since(db) == START


def test_what_comes_later_gets_ids_behind_those_that_came_along(project: Path, empty: str) -> None:
    move(URL, empty, project, START)
    with closing(open_database(empty, project)) as moved:
        with moved.reading() as db:
            (last,) = db.execute("SELECT max(id) FROM contact").fetchone()
        assert moved.write(lambda db: db.ids("contact", 2)) == last + 1


def test_ids_that_a_restore_has_left_out_stay_so(project: Path, empty: str) -> None:
    with closing(open_database(URL, project)) as file:
        file.write(lambda db: meta.skip_ids(db, "run", 5_000_000))
    move(URL, empty, project, START)
    with closing(open_database(empty, project)) as moved:
        assert moved.write(lambda db: db.ids("run", 1)) > 5_000_000


@pytest.mark.parametrize(
    ("url", "to"), [(URL, "sqlite:///other.db"), ("postgresql://ann@host/shop", URL), (URL, "shop")]
)
def test_only_a_file_moves_and_only_to_postgresql(project: Path, url: str, to: str) -> None:
    with pytest.raises(UsageError) as caught:
        move(url, to, project, START)
    assert "leadoff db move postgresql://" in (caught.value.help or "")


def refused(project: Path, to: str) -> LeadoffError:
    with pytest.raises(Refused) as caught:
        move(URL, to, project, START)
    assert held_since(URL, project) is None, "it goes on as before"
    return caught.value


def test_while_a_daemon_runs_nothing_moves(project: Path, empty: str) -> None:
    with closing(SqliteDatabase(project / "leadoff.db")) as file:
        lock = file.daemon_lock()
        lock.acquire()
        try:
            assert "another daemon" in refused(project, empty).message
        finally:
            lock.release()


def test_a_database_that_holds_something_is_no_target(project: Path, empty: str) -> None:
    move(URL, empty, project, START)
    with closing(open_database(URL, project)) as file:
        file.write(holds.release)
    assert "holds something already" in refused(project, empty).message


def test_one_that_stops_in_between_leaves_nothing_behind(project: Path, empty: str) -> None:
    def stops(rows: int, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(URL, empty, project, START, stops)
    assert held_since(URL, project) is None
    assert held_since(empty, project) is None
    assert move(URL, empty, project, START) > 0
