"""Before the first `apply`, and on disks that cannot be written: words, and no file by accident."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import Unusable
from engine.store import migrations
from engine.store.sqlite.database import SqliteDatabase
from tests.cli.conftest import Terminal

LISTINGS = {"flows": "flows", "runs": "runs", "messages": "messages", "contacts list": "contacts", "notices": "notices",
            "segments": "segments", "token list": "tokens"}  # fmt: skip


@pytest.fixture
def shop(shop: Terminal) -> Terminal:
    """In a fresh clone: without what `check` keeps. Its pictures are small: what is kept of them is made anew by each command."""
    shutil.rmtree(shop.folder / ".leadoff")
    for picture in (shop.folder / "media").iterdir():
        Image.new("RGB", (64, 114), "teal").save(picture)
    return shop


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
@pytest.mark.parametrize("command", LISTINGS)
def test_reading_commands_find_an_empty_project_and_make_no_database(shop: Terminal, command: str) -> None:
    said = shop.well(*command.split(), "--format", "json")
    assert said.json == {LISTINGS[command]: []}
    assert said.err.startswith("nothing is stored yet in ") and "`leadoff apply`" in said.err
    assert not (shop.folder / ".leadoff").exists()


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
@pytest.mark.parametrize(
    ("command", "code"),
    [("contacts export", 0), ("explain nobody", 1), ("contacts show nobody", 1), ("stats nothing", 2), ("doctor", 1)],
)
def test_so_do_those_that_show_one(shop: Terminal, command: str, code: int) -> None:
    assert shop(*command.split()).code == code
    assert not (shop.folder / ".leadoff/leadoff.db").exists()


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
@pytest.mark.parametrize(
    "command", ["run", "runs retry 1", "messages resolve 1 --as lost", "hold", "release", "db check", "reconcile"]
)
def test_what_acts_on_what_stands_makes_none_either(shop: Terminal, command: str) -> None:
    said = shop(*command.split())
    assert (said.code, said.out) == (2, "")
    assert str(shop.folder / ".leadoff/leadoff.db") in said.err
    assert "`leadoff apply`" in said.err
    assert not (shop.folder / ".leadoff").exists()


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_before_the_first_apply_the_next_step_is_named(shop: Terminal) -> None:
    asked = {"explain +12025550143": 1, "contacts show +12025550143": 1, "stats welcome": 2}
    for command, code in asked.items():
        said = shop(*command.split())
        assert (said.code, said.out) == (code, "")
        assert "nothing is deployed yet" in said.err and "help: run `leadoff apply` first" in said.err
    assert "not there" in shop("doctor").out and "journal_mode" not in shop("doctor").out
    said = shop.well("contacts", "subscribe", "+12025550143", "--source", "phone call")
    assert "+12025550143 is not a contact yet" in said.err
    assert "nothing is deployed yet" in shop("flows", "pause", "welcome").err


def test_forgetting_says_whether_anything_was_known(shop: Terminal) -> None:
    shop.well("contacts", "subscribe", "+12025550143", "--source", "phone call")
    assert shop.well("contacts", "forget", "+12025550143").out == "+12025550143: forgotten\n"
    assert shop.well("contacts", "forget", "+12025550143").out == "+12025550143: nothing was stored about it\n"


@pytest.mark.only("sqlite", "it looks at the file")
def test_a_folder_that_takes_no_database_is_told(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADOFF_DATABASE_URL", "sqlite:////proc/leadoff/leadoff.db")
    said = shop("apply", "--yes")
    assert said.code == 2
    assert said.err.startswith("error: cannot open the database /proc/leadoff/leadoff.db: ")


class ReadOnly(SqliteDatabase):
    """As on a disk that was mounted read-only."""

    def connect(self, *args: object, **options: object) -> object:  # type: ignore[override]
        made = super().connect()
        made.execute("PRAGMA query_only=ON")
        return made


def test_a_disk_that_is_read_only_is_no_passing_trouble(tmp_path: Path) -> None:
    migrations.upgrade(SqliteDatabase(tmp_path / "r.db"))
    database = ReadOnly(tmp_path / "r.db")
    with pytest.raises(Unusable, match="readonly") as refused:
        database.probe(1)
    database.close()
    assert "read-only" in str(refused.value.help)


@pytest.fixture(params=[0, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.only("sqlite", "it looks at the file")
def test_nobody_else_may_read_what_leadoff_writes(shop: Terminal, umask: int) -> None:
    shop.well("apply", "--yes")
    (shop.folder / "bad.csv").write_text("phone\nnobody\n")
    assert shop("contacts", "import", "bad.csv").code == 1
    (shop.folder / "all.csv").write_text("of before, and open to all")
    (shop.folder / "all.csv").chmod(0o644)
    shop.well("contacts", "export", "-o", "all.csv")
    with SqliteDatabase(shop.folder / ".leadoff/leadoff.db").reading():
        rights = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in [
                *(shop.folder / ".leadoff").glob("leadoff.db*"),
                shop.folder / "all.csv",
                shop.folder / "bad.errors.csv",
            ]
        }
    assert {"leadoff.db", "leadoff.db-wal", "leadoff.db-shm", "all.csv", "bad.errors.csv"} <= set(rights)
    assert set(rights.values()) == {0o600}, rights
    assert stat.S_IMODE((shop.folder / ".leadoff").stat().st_mode) == 0o700


@pytest.mark.only("sqlite", "it looks at the file")
def test_a_database_that_others_may_read_is_closed_to_them(shop: Terminal) -> None:
    shop.well("apply", "--yes")
    path = shop.folder / ".leadoff/leadoff.db"
    path.chmod(0o644)
    shop.well("flows")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.only("sqlite", "it opens no database")
def test_postgresql_without_its_package_is_told_with_the_way_out(shop: Terminal) -> None:
    code = "import sys; sys.modules['psycopg'] = None; from engine.cli import run; sys.exit(run(sys.argv[1:]))"
    environ = {**os.environ, "LEADOFF_DATABASE_URL": "postgresql://ann:sesame@127.0.0.1/shop"}
    done = subprocess.run(
        [sys.executable, "-c", code, "flows"], cwd=shop.folder, capture_output=True, text=True, check=False, env=environ
    )
    assert done.returncode == 2
    assert "PostgreSQL needs the package psycopg" in done.stderr and "pip install" in done.stderr
    assert "sesame" not in done.stderr


@pytest.mark.only("sqlite", "the file and its log")
def test_the_size_of_the_database_has_its_log(open_shop: Terminal) -> None:
    file = open_shop.folder / ".leadoff/leadoff.db"
    with closing(sqlite3.connect(file)) as reader:  # so the log stays when commands end
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM contact").fetchone()
        open_shop.well("contacts", "unsubscribe", "+12025550143", "--source", "letter")
        told = open_shop("doctor", "--format", "json").json["database"]["bytes"]
        log = file.with_name("leadoff.db-wal").stat().st_size
    assert log > 0
    assert told >= file.stat().st_size + log
