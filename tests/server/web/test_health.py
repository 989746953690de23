"""Alive is not ready: /readyz says what is missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from engine.clock import SystemClock
from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.server.web.desk import Desk, is_problem
from tests.world import World


def reasons(desk: Desk) -> list[str]:
    answer = desk.get("/readyz")
    assert is_problem(answer, 503)
    found: list[str] = answer.json()["reasons"]
    return found


def test_it_is_ready_while_its_heart_beats_and_its_database_takes_writes(desk: Desk) -> None:
    assert desk.get("/readyz").json()["status"] == "ready"
    assert desk.get("/healthz").json() == {"status": "alive"}
    assert desk.head("/readyz").status_code == 200


def test_a_failed_tick_makes_it_unready_and_not_dead(desk: Desk) -> None:
    desk.beat.healthy = False
    assert reasons(desk) == ["the last tick failed"]
    assert desk.get("/healthz").status_code == 200
    desk.beat.healthy = True
    assert desk.get("/readyz").status_code == 200


def test_before_the_first_tick_it_is_not_ready(desk: Desk) -> None:
    desk.beat.last_beat = None
    assert reasons(desk) == ["there was no tick yet"]


def test_a_heart_that_stands_still_shows_after_half_a_minute(world: World) -> None:
    world.app.clock = SystemClock()
    desk = Desk(world)
    desk.beat.last_beat = world.app.clock.now() - 29_000
    assert desk.get("/readyz").status_code == 200
    desk.beat.last_beat = world.app.clock.now() - 31_000
    assert reasons(desk) == ["there was no tick for 30 s"]


def test_on_a_clock_that_runs_faster_real_seconds_count(world: World) -> None:
    real = SystemClock().now()
    world.app.clock = SystemClock(origin=real, speed=1000)
    desk = Desk(world)
    desk.beat.last_beat = world.app.clock.now() - 25_000_000
    assert desk.get("/readyz").status_code == 200
    desk.beat.last_beat = world.app.clock.now() - 31_000_000
    assert reasons(desk) == ["there was no tick for 30 s"]


@pytest.mark.only("sqlite", "another writer keeps all of it locked")
def test_a_locked_database_makes_it_unready(world: World) -> None:
    world.app.database = SqliteDatabase(file_of(world.app.database), busy_seconds=0.05)
    desk = Desk(world)
    with closing(sqlite3.connect(file_of(world.app.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert reasons(desk) == ["the database cannot be written"]
        assert desk.get("/healthz").status_code == 200
        other.execute("ROLLBACK")
        assert desk.get("/readyz").status_code == 200
