"""What people did, as lines of a file: complete, in order, and without a trace of the number where numbers are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.intake import inbound
from engine.senders.sender import InboundText, StatusReport
from engine.store.queries.recorded import recorded
from engine.views.recorded_lines import lines
from tests.world import ADA, BEN, HOUR, MINUTE, PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: one, sms: "One {{ link('shop') }}"}
  - {id: think, delay: 2h}
  - {id: told, emit: {event: order.placed, data: {order_id: x}}}
"""
SEGMENT = """\
flow: gold
language: 1
trigger: {segment: golden}
steps: [{id: dear, sms: "Gold"}]
"""
KEY = b"k" * 32


def told(world: World, key: bytes | None = None, since: int = 0) -> list[dict[str, Any]]:
    return [line for person in recorded(world.app.database, since) for line in lines(person, key)]


def live(world: World) -> None:
    """Ada joins, taps the link after an hour, writes twice, and joins again; Ben says STOP."""
    world.contact(ADA, tier="gold")
    inbound.receive_texts(world.app.database, [InboundText("in-0", ADA, "+18445550100", "first", (), START)], START)
    world.event("list.joined", ADA, {"list": "vip"}, id="join-1")
    world.tick(after=MINUTE)
    world.send()
    sent = world.clock.now()
    (entry,) = world.simulator.ledger.messages()
    report = StatusReport(entry.id, entry.tag, "delivered", None, None, sent + 500)
    inbound.receive_statuses(world.app.database, "main", [report], sent + 500)
    code = world.messages()[-1].text.rsplit("/", 1)[1]
    world.tick(after=HOUR)
    inbound.record_click(world.app.database, code, world.clock.now())
    words = f"call me: {ADA} or (202) 555-0143"
    inbound.receive_texts(
        world.app.database, [InboundText("in-1", ADA, "+18445550100", words, (), world.clock.now())], world.clock.now()
    )
    inbound.receive_texts(
        world.app.database, [InboundText("in-2", BEN, "+18445550100", "STOP", (), world.clock.now())], world.clock.now()
    )
    world.tick(after=2 * HOUR)
    world.event("list.joined", ADA, {"list": "2025550143"})
    world.tick()


def test_everything_that_people_did_is_told_once_and_in_order(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        live(world)
        found = told(world)
    who = {"key": ADA, "phone": ADA}
    ada = [line for line in found if line["contact"]["key"] == ADA]
    assert ada[0] == {"contact": {**who, "first_name": "Ada", "tier": "gold"}, "consent": "subscribed"}
    since = {"flow": "hello", "step": "one"}
    assert ada[1:] == [
        {"replied": "first", "contact": who, "occurred_at": "2027-04-01T14:00:00.000Z"},
        {"event": "list.joined", "contact": who, "occurred_at": "2027-04-01T14:00:00.000Z", "data": {"list": "vip"}, "id": "join-1"},
        {"delivered": "one", "contact": who, "occurred_at": "2027-04-01T14:01:00.500Z", "since": {**since, "ms": 500}},
        {"clicked": "shop", "contact": who, "occurred_at": "2027-04-01T15:01:00.000Z", "since": {**since, "ms": HOUR}},
        {
            "replied": f"call me: {ADA} or (202) 555-0143", "contact": who, "occurred_at": "2027-04-01T15:01:00.000Z",
            "since": {**since, "ms": HOUR},
        },
        {"event": "list.joined", "contact": who, "occurred_at": "2027-04-01T17:01:00.000Z", "data": {"list": "2025550143"}},
    ]  # fmt: skip
    ben = [line for line in found if line["contact"]["key"] == BEN]
    assert [next(iter(line)) for line in ben] == ["contact", "replied"], "his STOP says it, the log need not"


def test_without_numbers_no_number_is_left_but_what_was_worked_out_of_it(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        live(world)
        found, again = told(world, KEY), told(world, KEY)
        other = told(world, b"x" * 32)
    text = json.dumps(found)
    assert "5550143" not in text and "555-0143" not in text and "join-1" not in text
    assert found == again
    assert found[0]["number"] == {"country": "US", "states": ["DC"], "timezones": ["America/New_York"]}
    assert found[0]["contact"]["first_name"] == "Ada"
    assert len({line["contact"]["key"] for line in found}) == 3 - 1
    assert {line["contact"]["key"] for line in found} & {line["contact"]["key"] for line in other} == set()
    (words,) = [line["replied"] for line in found if "call me" in str(line.get("replied"))]
    assert words.startswith("call me: ")


def test_an_entry_that_no_event_made_and_a_second_entry_are_told(tmp_path: Path) -> None:
    project = PROJECT + "segments: {golden: {contact: {tier: gold}}}\n"
    with World(tmp_path, SEGMENT, FLOW, project=project) as world:
        world.tick()
        world.contact(BEN, tier="gold")
        world.tick(after=HOUR)
        found = told(world)
        later = told(world, since=world.clock.now() + 1)
    assert {
        "entered": "gold",
        "segment": "golden",
        "contact": {"key": BEN, "phone": BEN},
        "occurred_at": "2027-04-01T15:00:00.000Z",
    } in found
    assert later == []
