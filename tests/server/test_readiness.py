"""Who is told when the daemon stops doing its work, and when it does it again."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.app import App
from engine.errors import Unavailable
from engine.server.readiness import ReadinessWatch
from tests import databases
from tests.server.web.desk import Beat
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps: [{id: one, sms: One}]
"""


class Told:
    def __init__(self, world: World) -> None:
        self.world = world
        self.heard: list[tuple[str, str]] = []
        self.beat = Beat(world.clock.now())
        self.watch = self.another()

    def another(self) -> ReadinessWatch:
        return ReadinessWatch(self.world.app, self.beat, self._tell, "host")

    def _tell(self, subject: str, said: Mapping[str, Any], now: int) -> None:
        assert subject == f"{said['kind']}:host:{now}"
        self.heard.append((said["kind"], said["text"]))


def test_each_turn_is_told_once(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        told = Told(world)
        told.watch.look()
        assert told.heard == [], "a daemon that starts well says nothing"
        told.beat.healthy = False
        told.watch.look()
        told.watch.look()
        told.beat.healthy = True
        told.watch.look()
        told.watch.look()
        assert told.heard == [
            ("not_ready", "host is not ready: the last tick failed"),
            ("ready", "host is ready again"),
        ]


def test_a_daemon_that_starts_well_after_one_that_was_not_ready_says_so(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        told = Told(world)
        told.beat.healthy = False
        told.watch.look()
        told.another().look()
        assert len(told.heard) == 1, "and one that starts unready does not repeat it"
        told.beat.healthy = True
        told.another().look()
        told.another().look()
        assert [kind for kind, _ in told.heard] == ["not_ready", "ready"]


def test_a_database_that_takes_no_write_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> object:
        raise Unavailable("the disk is full")

    with World(tmp_path, FLOW) as world:
        told = Told(world)
        with monkeypatch.context() as patch:
            patch.setattr(world.app.database, "write", full)
            patch.setattr(world.app.database, "probe", full)
            told.watch.look()
            told.watch.look()
        told.watch.look()
        assert told.heard == [
            ("not_ready", "host is not ready: the database cannot be written"),
            ("ready", "host is ready again"),
        ]


def test_two_daemons_of_one_machine_are_told_apart(each_database: str, tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world, App(tmp_path, databases.environ(), world.clock) as neighbour:
        apps = [world.app, neighbour] if each_database == "postgres" else [world.app]  # a file has one
        beats, heard = [Beat(world.clock.now()) for _ in apps], []

        def tell(subject: str, said: Mapping[str, Any], now: int) -> None:
            heard.append(said["text"])

        for port, app in enumerate(apps, 8025):
            app.lock.acquire(host="127.0.0.1", port=port)
        watches = [ReadinessWatch(app, beat, tell) for app, beat in zip(apps, beats, strict=True)]
        beats[0].healthy = False
        for _ in range(2):
            for watch in watches:
                watch.look()
        for app in apps:
            app.lock.release()
        name = socket.gethostname() + (":8025" if each_database == "postgres" else "")
        assert heard == [f"{name} is not ready: the last tick failed"]
