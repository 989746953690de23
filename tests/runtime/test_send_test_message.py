"""A test message goes to a number of one's own: as the step says it, outside of hours, caps and statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused
from engine.runtime import send_test_message
from engine.runtime.send_test_message import SampleMessage, SampleRequest
from engine.store import interned_names
from engine.store.queries import statistics
from tests.world import ADA, PROJECT, World

ME = "+12025550188"
FLOW = """\
flow: promo
language: 1
trigger: {event: order.placed}
steps:
  - id: hero
    sms:
      text: "Acme: {{ contact.first_name | default('you') }}, {{ event.total | money }} {{ contact.tier }} {{ link('shop') }}"
      image: media/hero.png
      otherwise: text
  - id: think
    delay: 1d
  - id: again
    sms: "Acme: still there?"
"""
SHOP = PROJECT.replace("tier: text", "tier: {type: text, required: true}").replace(
    "total: money", "total: {type: money, required: true}"
)
STRICT = (
    SHOP.replace("quiet_hours: off", 'quiet_hours: {between: ["09:30", "09:00"]}') + "caps: {marketing: {per_day: 1}}\n"
)


def send_test(world: World, step: str = "hero", phone: str = ME, **given: Any) -> SampleMessage:
    asked = SampleRequest("promo", step, phone, given)
    return send_test_message.write_test_message(world.app.database, world.app.deployed(), asked, world.clock.now())


def test_it_goes_at_night_and_over_every_cap(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=STRICT) as world:
        for _ in range(3):
            done = send_test(world, "again")
        assert (done.effect.text, done.effect.parts, done.effect.price) == ("Acme: still there?", 1, 15_000)
        assert world.send() == 3
        assert world.arrived() == [(ME, "Acme: still there?")] * 3


def test_what_nobody_gave_is_a_sample(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        text = send_test(world).effect.text
        assert text.startswith("Acme: you, 19.90 Tier http")
        assert send_test(world, first_name="Eve", tier="gold").effect.text.startswith("Acme: Eve, 19.90 gold http")
        assert send_test(world, phone=ADA).effect.text.startswith("Acme: Ada, 19.90 Tier")
        world.send()
        assert [entry.media_url is not None for entry in world.simulator.ledger.messages()] == [True] * 3
        world.write(
            FLOW.replace("link('shop')", "short(event.cart)"),
            project=SHOP.replace("total:", "cart: {type: text, required: true}, total:")
            + "link_hosts: [shop.example]\n",
        )
        world.apply()
        assert [link.url.partition("?")[0] for link in send_test(world).effect.links] == ["https://shop.example/sample"]


def test_it_counts_for_nothing(tmp_path: Path) -> None:
    project = SHOP + "caps: {marketing: {per_day: 1}}\n"
    with World(tmp_path, FLOW, project=project) as world:
        send_test(world, phone=ADA)
        world.send()
        assert world.runs() == []
        with world.app.database.reading() as db:
            stats = statistics.of_flow(db, interned_names.load(db).flow_ids["promo"])
        assert (stats.entered, stats.steps) == (0, ())
        world.contact(ADA, tier="gold")
        world.event("order.placed", ADA, {"order_id": "1", "total": 5})
        world.tick()
        assert world.send() == 1  # no cap has counted the test
        assert [line for line in world.story(ADA) if "sent" in line] == ["MMS sent", "MMS sent"]


def test_who_has_opted_out_gets_none(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        world.consent(ADA, "unsubscribed")
        with pytest.raises(Refused, match="opted out"):
            send_test(world, phone=ADA)
        with pytest.raises(Refused, match="gets no test"):
            send_test(world, phone="+442071838750")
        with pytest.raises(Refused, match="cannot be texted"):
            send_test(world, phone="12")
        with pytest.raises(Refused, match="does not send a message"):
            send_test(world, "think")
        assert world.messages() == []


def test_a_stop_that_comes_meanwhile_stops_it(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        send_test(world, phone=ADA)
        world.consent(ADA, "unsubscribed")
        assert world.send() == 0
        assert world.told() == [("test", "cancelled", "opted out")]


def test_a_list_that_nobody_gave_has_a_sample_row(tmp_path: Path) -> None:
    shop = PROJECT + "  cart.left: {items: {type: list, of: {title: text, price: money, image: url}}}\n"
    shown = "{{ event.items | names(2) | default('it') }} {{ event.items[0].price | default('') }}"
    flow = FLOW.replace("order.placed", "cart.left").replace("{{ event.total | money }} {{ contact.tier }}", shown)
    with World(tmp_path, flow, project=shop) as world:
        assert send_test(world).effect.text.startswith("Acme: you, Title 19.9 http")
