"""Stories of what flows may ask: replies, segments, the time of day, the same order."""

from __future__ import annotations

from pathlib import Path

from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store import audience
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, World

SEGMENTS = """\
segments:
  buyers: {happened: {event: order.placed, where: {event: {total: {at_least: 50}}}}}
  awake: {time: {between: ["09:00", "17:00"]}}
"""
LOYAL = "segment: loyal\nwhen: [{segment: buyers}, {contact: {tier: gold}}]\n"


class Shop(World):
    """With segments, one of them in a file of its own."""

    def write(self, *flows: str, project: str = PROJECT) -> None:
        (self.folder / "segments").mkdir(exist_ok=True)
        (self.folder / "segments/loyal.yaml").write_text(LOYAL)
        super().write(*flows, project=project + SEGMENTS)


def texts(world: World, phone: str, text: str) -> None:
    """The contact texts us, and the engine looks at once."""
    now = world.clock.now()
    inbound.receive_texts(world.app.database, [InboundText(f"{phone}{now}", phone, "+18445550100", text, (), now)], now)
    world.tick()


CONFIRM = """\
flow: confirm
language: 1
trigger: {event: list.joined}
steps:
  - {id: ask, sms: "Reply YES to join"}
  - id: answer
    wait_for: {replied: {matches: "yes*"}}
    up_to: 1d
    then: [{exit: confirmed}]
    on_timeout:
      - if: {replied: {since: ask}}
        then: [{exit: unclear}]
        else: [{exit: silent}]
"""


def test_a_reply_ends_a_wait_and_other_texts_do_not(tmp_path: Path) -> None:
    with Shop(tmp_path, CONFIRM) as world:
        texts(world, ADA, "yes")  # before anybody asked
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick(MINUTE)
        assert world.ends() == ["waiting:answer"] * 3
        world.tick(HOUR)
        texts(world, BEN, "What is this?")
        assert world.ends() == ["waiting:answer"] * 3
        texts(world, ADA, " Yes, please ")
        assert world.ends() == ["confirmed", "waiting:answer", "waiting:answer"]
        world.tick(DAY)
        assert world.ends() == ["confirmed", "unclear", "silent"]


MEMBERS = """\
flow: members
language: 1
trigger: {event: list.joined}
entry: {require: {segment: buyers}}
exit_when:
  - {when: {segment: loyal}, reason: loyal}
steps:
  - {id: rest, delay: 1d}
  - if: {segment: awake}
    then: [{exit: by day}]
    else: [{exit: by night}]
"""


def test_a_segment_is_asked_at_the_entry_along_the_way_and_when_its_facts_come(tmp_path: Path) -> None:
    with Shop(tmp_path, MEMBERS) as world:
        world.contact(BEN, tier="gold")
        world.event("order.placed", ADA, {"order_id": "1", "total": 50})
        world.event("order.placed", BEN, {"order_id": "2", "total": 60})
        world.event("order.placed", CY, {"order_id": "3", "total": 49})
        world.tick(MINUTE)
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick(MINUTE)
        assert world.refusals() == ["the contact does not pass entry.require"]
        assert world.ends() == ["waiting:rest", "loyal"]
        world.tick(DAY)
        assert world.ends() == ["by day", "loyal"]


def test_an_event_that_brings_somebody_into_a_segment_is_heard(tmp_path: Path) -> None:
    flow = MEMBERS.replace("entry: {require: {segment: buyers}}\n", "")
    with Shop(tmp_path, flow) as world:
        world.contact(ADA, tier="gold")
        world.event("list.joined", ADA)
        world.tick(10 * HOUR)  # it is 20:00 there
        world.event("list.joined", BEN)
        world.tick(MINUTE)
        assert world.ends() == ["waiting:rest", "waiting:rest"]
        world.event("order.placed", ADA, {"total": 99})
        world.tick(MINUTE)
        assert world.ends() == ["loyal", "waiting:rest"]
        world.tick(DAY)
        assert world.ends() == ["loyal", "by night"]


def test_the_deployed_segments_are_those_of_both_places(tmp_path: Path) -> None:
    with Shop(tmp_path, MEMBERS) as world:
        world.contact(BEN, tier="gold")
        for phone in (ADA, BEN):
            world.event("order.placed", phone, {"total": 99})
        project = world.app.deployed().project
        assert set(project.segments) == {"buyers", "awake", "loyal"}
        with world.app.database.reading() as db:
            [ben] = audience.people(db, project.segments["loyal"], project, world.clock.now())
            assert ben[1] == BEN
            first, second = audience.members(db, project.segments["buyers"], project, world.clock.now())
            page = audience.members(db, project.segments["buyers"], project, world.clock.now(), first, 10)
            assert page == [second]
            assert audience.members(db, project.segments["buyers"], project, world.clock.now(), limit=1) == [first]


SHIPPING = """\
flow: shipping
language: 1
category: transactional
trigger: {event: order.placed}
entry: {while_active: parallel}
exit_when:
  - {when: {happened: {event: order.cancelled, same: order_id}}, reason: cancelled}
steps:
  - {id: rest, delay: 1d}
"""


def test_only_the_run_of_the_same_order_ends(tmp_path: Path) -> None:
    project = PROJECT + "  order.cancelled: {order_id: text}\n"
    with Shop(tmp_path, SHIPPING, project=project) as world:
        world.event("order.placed", ADA, {"order_id": "1"})
        world.event("order.placed", ADA, {"order_id": "2"})
        world.tick(MINUTE)
        world.event("order.cancelled", ADA, {"order_id": "2"})
        world.tick(MINUTE)
        assert world.ends() == ["waiting:rest", "cancelled"]
