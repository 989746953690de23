"""What became of a flow, counted from the database alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store import interned_names
from engine.store.queries import listings, statistics
from engine.store.queries.statistics import Stats
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
exit_when:
  - when: {happened: order.placed}
    reason: bought
steps:
  - id: hero
    sms: "Look: {{ link('shop') }}"
  - id: think
    delay: 1d
  - id: name
    sms: "Hi {{ contact.tier }}"
"""


SHOP = PROJECT.replace("tier: text", "tier: {type: text, required: true}")


def stats(world: World) -> Stats:
    with world.app.database.reading() as db:
        return statistics.of_flow(db, interned_names.load(db).flow_ids["welcome"])


def say(world: World, id: str, words: str) -> None:
    text = InboundText(id, ADA, "+18445550100", words, (), world.clock.now())
    inbound.receive_texts(world.app.database, [text], world.clock.now())


def test_a_flow_is_counted_by_step(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        world.contact(ADA, tier="gold")
        say(world, "in-0", "before anything was sent")
        world.simulator.add_fault(f"drop_answer@{CY}")
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick(after=MINUTE)
        world.send()
        world.simulator.settle()
        codes = [message.text.rsplit("/", 1)[1] for message in world.messages()]
        for code in (codes[0], codes[0], codes[1]):
            inbound.record_click(world.app.database, code, world.clock.now() + MINUTE)
        world.tick(after=HOUR)
        for number in (1, 2):
            say(world, f"in-{number}", "nice")
        world.event("order.placed", BEN, {"order_id": "7"})
        world.tick(after=2 * DAY)
        world.send()
        found = stats(world)
        assert (found.entered, found.active, found.exits) == (3, 0, {"end": 2, "bought": 1})
        hero, name = found.steps
        assert (hero.step, hero.written, hero.taken, hero.clicked, hero.replied) == ("hero", 3, 2, 2, 1)
        assert hero.states == {"accepted": 2, "unknown": 1}
        assert hero.cost == 3 * 15_000
        assert (name.written, name.skipped) == (1, {"contact.tier is missing and has no default": 1})


def test_a_flow_that_nobody_entered_has_nothing(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        assert stats(world) == Stats(0, 0, {}, ())
        with world.app.database.reading() as db:
            (flow,) = listings.flows(db)
            assert (flow["flow"], flow["waiting"], flow["queued"], flow["paused_at"]) == ("welcome", 0, 0, None)
