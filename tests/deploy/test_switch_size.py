"""What a switch reads of those who wait: only flows that change concern it."""

from __future__ import annotations

from collections.abc import Callable
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
            db.execute(
                "SET LOCAL enable_seqscan = off"
            )  # the planner reads a table of some pages whole, and no large one
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


def cost(folder: Path, contacts: int) -> tuple[int, int]:
    """What it takes to add a flow, and to edit one in which so many wait."""
    anew()
    with World(folder, WELCOME) as world:
        for number in range(contacts):
            phone = f"+1303220{number:04d}"
            world.contact(phone)
            world.event("list.joined", phone)
        world.tick()
        assert len(world.runs()) == contacts
        return switched(world, OTHER), switched(world, WELCOME.replace("1d", "2d"))


def test_a_deployment_that_adds_a_flow_reads_no_run_of_the_others(tmp_path: Path) -> None:
    (few, _), (many, edited) = cost(tmp_path / "few", 2), cost(tmp_path / "many", 300)
    assert many <= few + 1
    assert edited > many + 10, "the edit of a flow looks at who waits in it"
