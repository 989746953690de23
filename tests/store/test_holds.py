"""What a person stops stands still, and goes on where it stood: all sending, or one flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.contacts import consent
from engine.store import holds, interned_names
from engine.store.sql import Connection
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, World

pytestmark = pytest.mark.usefixtures("each_database")

PROMO = """\
flow: promo
language: 1
category: transactional
trigger: {event: list.joined}
exit_when:
  - when: {happened: order.placed}
    reason: bought
steps:
  - id: first
    sms: {text: "one {{ link('shop') }}", expires_after: 3d}
  - id: ordered
    wait_for: {clicked: shop}
    up_to: 1d
  - id: second
    sms: {text: "two", expires_after: 3d}
"""
RECEIPT = """\
flow: receipt
language: 1
category: transactional
trigger: {event: order.placed}
steps:
  - id: thanks
    sms: "thanks"
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, PROMO, RECEIPT) as world:
        yield world


def write(world: World, function: Callable[[Connection], Any]) -> Any:
    return world.app.database.write(function)


def flow(world: World, name: str) -> int:
    with world.app.database.reading() as db:
        return interned_names.load(db).flow_ids[name]


def pause(world: World, name: str = "promo") -> None:
    write(world, lambda db: holds.pause(db, flow(world, name), world.clock.now()))


def resume(world: World, name: str = "promo") -> None:
    write(world, lambda db: holds.resume(db, flow(world, name)))


def test_on_hold_nothing_leaves_and_the_runs_go_on(world: World) -> None:
    assert write(world, lambda db: holds.hold(db, world.clock.now()))
    world.event("list.joined", ADA)
    world.tick()
    assert (world.send(), world.told()) == (0, [("first", "queued", None)])
    assert world.outbox.next_due(world.clock.now()) is None
    assert not write(world, lambda db: holds.hold(db, world.clock.now() + 1))  # it is held since then, not since now
    assert write(world, holds.release)
    assert world.send() == 1
    assert not write(world, holds.release)


def test_messages_of_a_paused_flow_wait_and_hold_up_nobody(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()
    pause(world)
    assert world.send() == 0
    assert world.told() == [("first", "held", "the flow is paused")]
    world.event("order.placed", ADA, {"order_id": "7"})
    world.tick()
    assert world.send() == 1  # of the other flow, to the same person
    assert [text for _, text in world.arrived()] == ["thanks"]
    assert "held" in "".join(world.story(ADA))


def test_its_messages_leave_when_it_goes_on(world: World) -> None:
    for phone in (ADA, BEN):
        world.event("list.joined", phone)
    world.tick()
    pause(world)
    assert world.send() == 0
    world.tick(after=HOUR)
    resume(world)
    assert world.send() == 2
    assert [phone for phone, _ in world.arrived()] == [ADA, BEN]


def test_time_that_it_stood_is_late(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()
    pause(world)
    world.send()
    world.tick(after=4 * DAY)
    resume(world)
    assert world.send() == 0
    assert world.told()[0][1] == "expired"


def test_due_runs_of_a_paused_flow_go_on_in_due_order(world: World) -> None:
    for phone in (CY, ADA, BEN):
        world.event("list.joined", phone)
        world.tick(after=MINUTE)
    world.send()
    pause(world)
    world.tick(after=DAY + HOUR)
    assert world.ends() == ["waiting:ordered"] * 3
    assert world.engine.tick(world.clock.now()) is None  # nothing is asked again and again
    resume(world)
    world.tick()
    assert {run.status for run in world.runs()} == {"exited"}
    assert world.send() == 3
    assert [phone for phone, text in world.arrived() if text == "two"] == [CY, ADA, BEN]


def test_who_enters_a_paused_flow_waits_at_its_first_step(world: World) -> None:
    pause(world)
    world.event("list.joined", ADA)
    world.tick()
    assert (world.ends(), world.messages()) == (["waiting:None"], [])
    world.event("list.joined", ADA)
    world.tick()
    assert world.refusals() == ["already in this flow"]
    resume(world)
    world.tick(after=MINUTE)
    assert world.send() == 1
    assert world.ends() == ["waiting:ordered"]


def test_a_fact_that_came_meanwhile_is_seen_then(world: World) -> None:
    world.event("list.joined", ADA)
    world.event("list.joined", BEN)
    world.tick()
    world.send()
    pause(world)
    world.event("order.placed", ADA, {"order_id": "7"})
    world.tick(after=MINUTE)
    assert world.ends()[:2] == ["waiting:ordered", "waiting:ordered"]
    resume(world)
    world.tick(after=MINUTE)
    assert world.ends()[:2] == ["bought", "waiting:ordered"]


def test_a_stop_ends_what_stands_still(tmp_path: Path) -> None:
    with World(tmp_path, PROMO.replace("category: transactional", "category: marketing")) as world:
        pause(world)
        world.event("list.joined", ADA)
        world.tick()
        consent.unsubscribe(world.app.database, ADA, "test", world.clock.now())
        world.tick(after=MINUTE)
        assert world.ends() == ["opted out"]
        resume(world)
        world.tick(after=MINUTE)
        assert (world.send(), world.ends()) == (0, ["opted out"])
