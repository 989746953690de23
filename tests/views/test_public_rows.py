"""Rows as scripts see them: the documented keys, instants in UTC, and what leadoff.yaml says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store.queries.listings import ListingFilter
from engine.views import public_rows
from tests.world import ADA, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - {id: one, sms: One}
  - {id: think, delay: 2d}
"""


def test_a_run_a_message_and_a_flow_have_the_documented_keys(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        world.event("list.joined", ADA, {"list": "vip"})
        world.tick()
        world.send()
        summary, wanted = world.app.deployed().summary, ListingFilter()
        with world.app.database.reading() as db:
            (run,) = public_rows.only(public_rows.RUN_KEYS, public_rows.runs(db, wanted, summary))
            (message,) = public_rows.only(public_rows.MESSAGE_KEYS, public_rows.messages(db, wanted, summary))
            (flow,) = public_rows.only(public_rows.FLOW_KEYS, public_rows.flows(db, wanted, summary))
            (undeployed,) = public_rows.flows(db, wanted, None)
        assert (run["step"], run["entered_at"], run["due_at"]) == (
            "think",
            "2027-04-01T14:00:00.000Z",
            "2027-04-03T14:00:00.000Z",
        )
        assert (message["step"], message["provider"]) == ("one", "simulator")
        assert (flow["flow"], flow["deployed"], flow["waiting"]) == ("hello", True, 1)
        assert (undeployed["deployed"], undeployed["category"]) == (False, None)
