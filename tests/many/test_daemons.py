"""Who lives is told; each goes by the clock of the database; and a simulator of its own is for a daemon that is alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.app import App
from engine.cli import run
from engine.clock import SystemClock
from engine.store.postgres.daemon_row import SILENT_MS
from engine.store.postgres.daemons import DaemonRows
from engine.store.postgres.database import PostgresDatabase
from tests.server.stage import Stage
from tests.server.web.desk import Desk
from tests.world import World

MINUTE_NS = 60 * 10**9


@pytest.fixture
def world(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("LEADOFF_DATABASE_URL", url)
    with World(tmp_path / "shop") as made:
        yield made


def test_who_lives_is_told_to_whoever_asks(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(world.app.database, PostgresDatabase)
    living, elsewhere = DaemonRows(world.app.database), PostgresDatabase(world.app.database.url, world.folder)
    silent = DaemonRows(elsewhere)
    for each in (living, silent):
        each.acquire()
    world.app.database.write(
        lambda db: db.execute(
            "UPDATE daemon SET beat = beat - ?, host = 'shop-2' WHERE id = ?", (SILENT_MS, silent._id)
        )
    )
    told = Desk(world).get("/readyz").json()
    assert told["status"] == "ready"
    assert {each["id"]: each["state"] for each in told["daemons"]} == {living._id: "lives", silent._id: "silent"}
    assert "shop-2" not in json.dumps(told), "anybody may ask"

    def doctor(*words: str) -> str:
        capsys.readouterr()
        assert run(["doctor", "--project", str(world.folder), *words]) == 1
        return capsys.readouterr().out

    sections = json.loads(doctor("--format", "json"))
    assert sections["daemon"]["alive"] is True
    assert set(sections["daemons"]) == {living._id, silent._id}
    assert sections["daemons"][silent._id].startswith("silent, shop-2 ")
    assert f"problem: the daemon {silent._id} on shop-2 is silent since" in doctor()

    elsewhere.close()
    world.app.database.write(lambda db: db.execute("DELETE FROM daemon WHERE id = ?", (silent._id,)))
    assert "is silent" not in doctor()
    living.release()
    assert Desk(world).get("/readyz").json()["daemons"] == []


@pytest.mark.parametrize("minutes", [-5, 7])
def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + minutes * MINUTE_NS)
    with App(world.folder, {**world.app.environ}, SystemClock()) as app:
        assert round(app.database.clock_ahead() / 60_000) == -minutes
        assert round((app.clock.now() * 10**6 - real()) / MINUTE_NS) == 0
        monkeypatch.setattr(time, "time_ns", real)  # somebody has set it right
        app.follow_clock()  # as every minute
        assert round((app.clock.now() * 10**6 - real()) / MINUTE_NS) == 0


def test_a_simulator_of_its_own_is_refused_beside_others(url: str, tmp_path: Path) -> None:
    environ: dict[str, Any] = {"LEADOFF_DATABASE_URL": url}
    with Stage(tmp_path / "shop", own_simulator=True, environ=environ) as stage:
        first = stage.daemon(more=environ).ready()
        stage.port = 0
        second = stage.daemon(more=environ)
        second.wait_for("a simulator of its own is for a daemon that is alone, and others run on this database")
        second.wait_for("leadoff simulator")
        assert second.code() == 2
        assert first.terminate() == 0
        stage.daemon(more=environ).ready()


def test_each_of_two_daemons_of_a_machine_names_its_own_address(world: World) -> None:
    """Links and callbacks of a daemon come to itself, as long as it lives; others go to the newest."""
    assert isinstance(world.app.database, PostgresDatabase)
    first, second, asking = (DaemonRows(world.app.database) for _ in range(3))
    first.acquire(host="127.0.0.1", port=9001)
    second.acquire()
    assert second.web_url() is None, "it does not listen yet"
    second.tell(host="127.0.0.1", port=9002)
    assert (first.web_url(), second.web_url()) == ("http://127.0.0.1:9001", "http://127.0.0.1:9002")
    second.release()
    assert asking.web_url() == first.web_url() == "http://127.0.0.1:9001"
