"""How much one transaction of a deployment does: as much as for a few contacts, however many wait, and whatever becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.deploy.apply import apply
from engine.deploy.git import Revision
from engine.deploy.live_edits import carrying_over
from engine.deploy.read_project import read_and_check
from engine.store import carrying
from engine.store.postgres.database import PostgresDatabase
from engine.store.sql import Connection
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import EXITED, WAITING
from tests.databases import again, anew
from tests.world import PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

T = TypeVar("T")
WELCOME = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: think, delay: 1d}, {id: hi, sms: Hello}]
"""
PHONE, MANY, STRETCH = "+13032200000", 2_000, 20
OTHER = WELCOME.replace("flow: welcome", "flow: other")


class Steps(SqliteDatabase):
    """Counts what SQLite does in write transactions, in hundreds of its steps."""

    done = 0
    longest = 0

    def connect(self, *args: Any, **options: Any) -> SqliteConnection:
        made = super().connect(*args, **options)

        def step() -> int:
            self.done += 1
            return 0

        made.set_progress_handler(step, 100)
        return made

    def write(self, function: Callable[[Connection], T]) -> T:
        def counted(db: Connection) -> T:
            before = self.done
            answer = function(db)
            self.longest = max(self.longest, self.done - before)
            return answer

        return super().write(counted)


class Rows(PostgresDatabase):
    """Counts the rows that PostgreSQL reads in write transactions, in tens."""

    longest = 0

    def write(self, function: Callable[[Connection], T]) -> T:
        def counted(db: Connection) -> tuple[T, int]:
            before = rows_read(db)  # a transaction before it may not have been counted elsewhere yet
            answer = function(db)
            return answer, rows_read(db) - before

        answer, rows = super().write(counted)
        self.longest = max(self.longest, rows // 10)
        return answer


def rows_read(db: Connection) -> int:
    sql = "SELECT COALESCE(SUM(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables"
    ((rows,),) = db.execute(sql).fetchall()
    return int(rows)


def switched(world: World, *flows: str, project: str = PROJECT) -> int:
    """How much the database did in the longest transaction, to deploy these files."""
    world.write(*flows, project=project)
    checked = read_and_check(world.folder, world.app.registry)
    database = again(world.app.database, Steps if isinstance(world.app.database, SqliteDatabase) else Rows)
    apply(
        database, world.folder, checked, Revision(None, False), world.app.media_dir, world.clock.now(), world.app.registry
    )  # fmt: skip
    with database.reading() as db:
        assert not carrying.is_standing(db)
    database.close()
    return int(database.longest)


def copied(db: Connection, times: int) -> None:
    """So many contacts more, each with a run as the one that there is: as many as make an index worth its while."""
    columns = "flow, lane, step, status, due_at, due_wall, entered_at, stayed, event, due_from"
    ((contact, *values),) = db.execute(f"SELECT contact, {columns} FROM run").fetchall()
    phones = [(contact + number, f"+1303221{number:04}") for number in range(1, times)]
    more = "region, zone, created_at, updated_at"
    sql = f"INSERT INTO contact (id, key, phone, {more}) SELECT ?, ?, ?, {more} FROM contact WHERE id = {contact}"
    db.many(sql, [(id, phone, phone) for id, phone in phones])
    sql = f"INSERT INTO run (contact, {columns}) VALUES (?{', ?' * len(values)})"
    db.many(sql, [(contact + number, *values) for number in range(1, times)])


def cost(folder: Path, contacts: int, *edits: Edit, before: Sequence[str] = ()) -> list[int]:
    """What the longest transaction of each edit takes, one after the other, while so many wait. `before`: statements of PostgreSQL."""
    anew()
    with World(folder, WELCOME) as world:
        world.contact(PHONE)
        world.event("list.joined", PHONE)
        world.tick()
        world.app.database.write(lambda db: copied(db, contacts))
        world.is_counted = False  # these are not
        world.app.database.write(lambda db: [db.execute(statement) for statement in before])
        found = []
        for flow, project in edits:
            if not flow:
                (folder / "flows/welcome.yaml").unlink()
            found.append(switched(world, *([flow] if flow else []), project=project))
        return found


Edit = tuple[str, str]
"""A flow, "" where its file is deleted; leadoff.yaml."""
ANOTHER: Edit = (OTHER, PROJECT)
LATER = "removed: {think: hi}\nsteps: [{id: hi, sms: Hello}]"
EDITS: dict[str, list[Edit]] = {
    "a text": [(WELCOME.replace("Hello", "Hi"), PROJECT)],
    "pinned, and not any more": [
        (WELCOME.replace("Hello", "Hi").replace("steps:", "on_change: pin\nsteps:"), PROJECT),
        (WELCOME.replace("Hello", "Hi"), PROJECT),
    ],
    "exits": [(WELCOME.split("steps:", maxsplit=1)[0] + LATER.replace("think: hi", "think: exit"), PROJECT)],
    "goes on later": [(WELCOME.split("steps:", maxsplit=1)[0] + LATER, PROJECT)],
    "retired": [("", PROJECT + "retired: {welcome: exit}\n")],
    "drained": [("", PROJECT + "retired: {welcome: drain}\n")],
}


def test_a_deployment_that_adds_a_flow_reads_no_run_of_the_others(tmp_path: Path) -> None:
    (few,), (many,) = cost(tmp_path / "few", 2, ANOTHER), cost(tmp_path / "many", MANY, ANOTHER)
    assert many <= few + 1


@pytest.mark.parametrize("edit", EDITS)
def test_no_transaction_of_an_edit_is_longer_for_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: str
) -> None:
    monkeypatch.setattr(carrying_over, "STRETCH", STRETCH)
    monkeypatch.setattr(carrying_over, "READ", 10 * STRETCH)
    few, many = (cost(tmp_path / str(size), size, *EDITS[edit], before=["ANALYZE"]) for size in (STRETCH, MANY))
    assert all(more <= 1.2 * less + 2 for more, less in zip(many, few, strict=True)), (few, many)


@pytest.mark.only("postgres", "SQLite takes no statistics")
@pytest.mark.parametrize("when", ["now", "when all runs had ended"])
def test_with_statistics_too(tmp_path: Path, when: str) -> None:
    ended, active = f"UPDATE run SET status = {EXITED}", f"UPDATE run SET status = {WAITING}"
    taken = ["ANALYZE run"] if when == "now" else [ended, "ANALYZE run", active]
    few, many = (cost(tmp_path / str(size), size, ANOTHER, before=taken) for size in (2, MANY))
    assert many[0] <= few[0] + 1
