"""What a switch reads of those who wait: only flows that change concern it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.deploy.apply import apply
from engine.deploy.git import Revision
from engine.deploy.read_project import read_and_check
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import EXITED, WAITING
from tests.databases import again, anew
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")

T = TypeVar("T")
WELCOME = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: think, delay: 1d}, {id: hi, sms: Hello}]
"""
PHONE, MANY = "+13032200000", 5_000
OTHER = WELCOME.replace("flow: welcome", "flow: other")


class Steps(SqliteDatabase):
    """Counts what SQLite does, in hundreds of its steps."""

    done = 0

    def connect(self, *args: Any, **options: Any) -> SqliteConnection:
        made = super().connect(*args, **options)

        def step() -> int:
            self.done += 1
            return 0

        made.set_progress_handler(step, 100)
        return made


class Rows(PostgresDatabase):
    """Counts the rows that PostgreSQL reads in write transactions, in tens."""

    done = 0

    def write(self, function: Callable[[Connection], T]) -> T:
        def counted(db: Connection) -> tuple[T, int]:
            before = rows_read(db)  # a transaction before it may not have been counted elsewhere yet
            answer = function(db)
            return answer, rows_read(db) - before

        answer, rows = super().write(counted)
        self.done += rows // 10
        return answer


def rows_read(db: Connection) -> int:
    sql = "SELECT COALESCE(SUM(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables"
    ((rows,),) = db.execute(sql).fetchall()
    return int(rows)


def switched(world: World, flow: str) -> int:
    """How much the database did to deploy this flow beside the others."""
    world.write(flow)
    checked = read_and_check(world.folder, world.app.registry)
    database = again(world.app.database, Steps if isinstance(world.app.database, SqliteDatabase) else Rows)
    apply(
        database, world.folder, checked, Revision(None, False), world.app.media_dir, world.clock.now(), world.app.registry
    )  # fmt: skip
    database.close()
    return int(database.done)


def copied(db: Connection, times: int) -> None:
    """The runs of so many contacts more, as the one that there is: as many as make an index worth its while."""
    columns = "flow, lane, step, status, due_at, due_wall, entered_at, stayed, event, due_from"
    ((contact, *values),) = db.execute(f"SELECT contact, {columns} FROM run").fetchall()
    sql = f"INSERT INTO run (contact, {columns}) VALUES (?{', ?' * len(values)})"
    db.many(sql, [(contact + number, *values) for number in range(1, times)])


def cost(folder: Path, contacts: int, before: Sequence[str] = ()) -> tuple[int, int]:
    """What it takes to add a flow, and to edit one in which so many wait. `before`: statements of PostgreSQL."""
    anew()
    with World(folder, WELCOME) as world:
        world.contact(PHONE)
        world.event("list.joined", PHONE)
        world.tick()
        world.app.database.write(lambda db: copied(db, contacts))
        world.is_counted = False  # these are not
        world.app.database.write(lambda db: [db.execute(statement) for statement in before])
        return switched(world, OTHER), switched(world, WELCOME.replace("1d", "2d"))


def test_a_deployment_that_adds_a_flow_reads_no_run_of_the_others(tmp_path: Path) -> None:
    (few, _), (many, edited) = cost(tmp_path / "few", 2), cost(tmp_path / "many", MANY)
    assert many <= few + 1
    assert edited > many + 10, "the edit of a flow looks at who waits in it"


@pytest.mark.only("postgres", "SQLite takes no statistics")
@pytest.mark.parametrize("when", ["now", "when all runs had ended"])
def test_with_statistics_too(tmp_path: Path, when: str) -> None:
    ended, active = f"UPDATE run SET status = {EXITED}", f"UPDATE run SET status = {WAITING}"
    taken = ["ANALYZE run"] if when == "now" else [ended, "ANALYZE run", active]
    (few, _), (many, _) = cost(tmp_path / "few", 2, taken), cost(tmp_path / "many", MANY, taken)
    assert many <= few + 1
