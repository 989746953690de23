"""A new database and one brought up from an older schema are exactly what the models say, and made whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from engine.app import App
from engine.clock import ManualClock
from engine.errors import Refused
from engine.store import (
    migrations,
    tables,
    tables_alarms,
    tables_daemons,
    tables_dashboard,
    tables_recurring,
    tally_proof,
)
from engine.store.migrations.__main__ import postgres_schema, schema
from engine.store.queries import outcomes
from engine.store.sqlite.database import SqliteDatabase
from tests import databases
from tests.dying import deaths
from tests.world import DAY, HOUR, START


@pytest.fixture(autouse=True)
def _each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables are made in all of these tests, never copied."""
    monkeypatch.setattr(migrations, "upgrade", databases.make_tables)


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "m.db")
    assert migrations.upgrade(database)
    assert not migrations.upgrade(database), "the second time there is nothing to do"
    database.close()
    assert differences(tmp_path / "m.db") == []
    with sqlite3.connect(tmp_path / "m.db") as db:
        indexes = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {"run_active", "run_due", "message_key", "message_queue", "event_pending"} <= indexes
    models = (
        tables.Run,
        tables_recurring.Schedule,
        tables_daemons.Daemon,
        tables_alarms.Alarm,
        tables_dashboard.Session,
    )
    assert [model.__tablename__ for model in models] == ["run", "schedule", "daemon", "alarm", "session"]


def test_a_new_database_gets_what_the_revisions_make(standing: Path) -> None:
    assert migrations.SCHEMA.read_text("utf-8") == schema(), "python -m engine.store.migrations writes it"
    assert migrations.POSTGRES.read_text("utf-8") == postgres_schema(), "and that of PostgreSQL"
    older, new = SqliteDatabase(standing), SqliteDatabase(standing.with_name("new.db"))
    for database in (older, new):
        migrations.upgrade(database)
        database.close()
    assert made_by(standing) == made_by(standing.with_name("new.db"))


def made_by(path: Path) -> dict[str, str]:
    """The statements that made each table and index of the file, white space aside."""
    with sqlite3.connect(path) as db:
        return {name: " ".join((sql or "").split()) for name, sql in db.execute("SELECT name, sql FROM sqlite_master")}


def differences(path: Path) -> list[object]:
    """What alembic would change to make the file what the models say."""
    connectable = create_engine(f"sqlite:///{path}")
    with connectable.connect() as connection:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
    connectable.dispose()
    return found


@pytest.fixture
def standing(tmp_path: Path) -> Path:
    """A project's database of the days before the revisions became one."""
    path = tmp_path / ".leadoff/leadoff.db"
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.executescript((Path(__file__).with_name("database_0006.sql")).read_text())
    db.close()
    return path


def test_what_an_older_version_wrote_opens_and_goes_on(standing: Path, tmp_path: Path) -> None:
    clock = ManualClock(START + 2 * DAY + HOUR)
    with App(tmp_path, {}, clock) as app:
        app.engine().tick(clock.now())
        with app.database.reading() as db:
            assert migrations.version(db) == migrations.HEAD
            reminders = [(m.contact, m.status) for m in outcomes.messages(db) if m.step == "reminder"]
            assert [run.status for run in outcomes.runs(db)] == ["exited"] * 3
            assert tally_proof.differences(db) == [], "what was there is counted as well"
    assert reminders == [(1, "queued"), (3, "skipped")], "Ada's goes, Cy has opted out"
    assert differences(standing) == []


KILLED = """\
import sys
from pathlib import Path
from engine.store import migrations
from tests.dying import Dying, die_at_each

root = Path(sys.argv[1])
die_at_each(range(1, 200, 7), lambda number: migrations.upgrade(Dying(root / f"{number}.db")))
"""


def test_a_first_start_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    """At every seventh of its statements; the next start finds all or nothing."""
    instants = [*deaths(KILLED, tmp_path)]
    assert len(instants) > 7
    for number in instants:
        database = SqliteDatabase(tmp_path / f"{number}.db")
        migrations.upgrade(database)
        database.close()
        assert differences(tmp_path / f"{number}.db") == []


FIRST = """\
import sys
from pathlib import Path
from engine.store import migrations
from engine.store.sqlite.database import SqliteDatabase
print("ready", flush=True)
sys.stdin.readline()
migrations.upgrade(SqliteDatabase(Path(sys.argv[1])))
"""


def test_of_two_first_commands_at_once_none_fails(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST, str(tmp_path / "new/m.db")]
    pair = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    for each in pair:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    assert [each.communicate("go\n") and each.returncode for each in pair] == [0, 0]
    assert differences(tmp_path / "new/m.db") == []


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "m.db")
    migrations.upgrade(database)
    database.write(lambda db: db.execute("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refused, match="newer"):
        migrations.upgrade(database)
    database.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [("UPDATE alembic_version SET version_num = '0003'", "schema 0003"), ("DROP TABLE alembic_version", "interrupted")],
)
def test_what_a_start_of_an_older_version_left_half_made_is_told(tmp_path: Path, statement: str, said: str) -> None:
    database = SqliteDatabase(tmp_path / "m.db")
    migrations.upgrade(database)
    database.write(lambda db: db.execute(statement))
    with pytest.raises(Refused, match=said) as refused:
        migrations.upgrade(database)
    database.close()
    assert "move it away" in str(refused.value.help)
