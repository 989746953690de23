"""GET /v1/status: what holds everybody's messages, for a dashboard."""

from __future__ import annotations

from pathlib import Path

from engine.store import holds
from tests.server.web.caller import Caller
from tests.server.web.conftest import FLOW
from tests.server.web.desk import Desk
from tests.world import ADA, World


def test_it_says_what_is_on_hold_paused_and_to_be_looked_at(caller: Caller) -> None:
    world, database = caller.world, caller.world.app.database
    free = caller.get("/v1/status")
    assert (free["deployment"], free["held_since"], free["paused_flows"], free["only_to"]) == (1, None, [], None)
    database.write(lambda db: holds.hold(db, world.clock.now()))
    database.write(lambda db: holds.pause(db, world.app.deployed().names.flow_ids["hello"], world.clock.now()))
    held = caller.get("/v1/status")
    assert held["held_since"] == held["now"]
    assert held["paused_flows"] == ["hello"]
    assert Caller(caller.desk, "events", "shop").ask("GET", "/v1/status").status_code == 403


def test_in_staging_it_says_whom_texts_go_to(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, environ={"LEADOFF_ONLY_TO": ADA}) as world:
        assert Caller(Desk(world)).get("/v1/status")["only_to"] == ["+1202•••0143"]
