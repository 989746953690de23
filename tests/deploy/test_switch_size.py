"""What a switch reads of those who wait: only flows that change concern it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.deploy.apply import apply
from engine.deploy.git import Revision
from engine.deploy.read_project import read_and_check
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.world import World

WELCOME = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: think, delay: 1d}, {id: hi, sms: Hello}]
"""
OTHER = WELCOME.replace("flow: welcome", "flow: other")


class Counting(SqliteDatabase):
    """Counts what SQLite does, in hundreds of its steps."""

    done = 0

    def connect(self, *args: Any, **options: Any) -> SqliteConnection:
        made = super().connect(*args, **options)

        def step() -> int:
            self.done += 1
            return 0

        made.set_progress_handler(step, 100)
        return made


def switched(world: World, flow: str) -> int:
    """How much SQLite did to deploy this flow beside the others."""
    world.write(flow)
    checked = read_and_check(world.folder, world.app.registry)
    database = Counting(file_of(world.app.database))
    apply(
        database, world.folder, checked, Revision(None, False), world.app.media_dir, world.clock.now(), world.app.registry
    )  # fmt: skip
    database.close()
    return database.done


def cost(folder: Path, contacts: int) -> tuple[int, int]:
    """What it takes to add a flow, and to edit one in which so many wait."""
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
