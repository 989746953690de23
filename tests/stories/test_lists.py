"""A cart with its items: from the event to the words of the text, to the branch, and to the segment."""

from __future__ import annotations

from pathlib import Path

from engine.store import audience
from tests.world import ADA, BEN, PROJECT, World

SHOP = (
    PROJECT
    + """\
  cart.left:
    items: {type: list, of: {title: {type: text, max: 12}, sku: text, price: money}}
segments:
  coats: {happened: {event: cart.left, where: {event: {items: {has: {sku: C-1}, count: {at_least: 2}}}}}}
"""
)
FLOW = """\
flow: cart
language: 1
trigger: {event: cart.left, where: {event: {items: {count: {at_least: 1}}}}}
steps:
  - if: {event: {items: {has: {price: {above: 100}}}}}
    then:
      - {id: dear, sms: "Acme: {{ event.items | names(2) | default('it') }}, {{ event.items[0].price | money | default('0') }}"}
    else:
      - {id: cheap, sms: "Acme: {{ event.items | count | default('some') }} waiting"}
"""
COAT = {"title": "A very long spring coat", "sku": "C-1", "price": "129.50"}
SHOE = {"title": "Sneakers", "price": 59}


def test_the_items_of_a_cart_are_in_the_text_and_decide_the_branch(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        assert world.event("cart.left", ADA, {"items": [COAT, SHOE, SHOE]}).status == "accepted"
        assert world.event("cart.left", BEN, {"items": [SHOE]}).status == "accepted"
        world.tick()
        world.send()
        assert sorted(world.arrived()) == [
            (ADA, "Acme: A very long, Sneakers and 1 more, 129.50"),
            (BEN, "Acme: 1 waiting"),
        ]
        project = world.app.deployed().project
        with world.app.database.reading() as db:
            members = list(audience.people(db, project.segments["coats"], project, world.clock.now()))
        assert [phone for _, phone in members] == [ADA]


def test_a_list_that_is_too_long_or_has_a_bad_row_is_refused_with_its_place_and_starts_nothing(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        long = world.event("cart.left", ADA, {"items": [SHOE] * 51})
        bad = world.event("cart.left", ADA, {"items": [SHOE, SHOE, {"title": "Hat", "price": "x"}]})
        assert (long.status, long.reason) == ("rejected", "items: a list of 51 rows, and at most 50 are taken")
        assert (bad.status, bad.reason) == ("rejected", "items[2].price: expected a number, got 'x'")
        assert world.event("cart.left", ADA, {"items": []}).status == "accepted"
        world.tick()
        assert world.runs() == [], "an empty cart is no cart that was left"
