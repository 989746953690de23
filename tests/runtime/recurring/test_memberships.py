"""Triggers of segments: whoever comes in enters the flow, once for each time (told as stories on a manual clock)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.runtime.engine import Engine
from engine.senders.sender import InboundText
from engine.store import audience, segment_members
from engine.store.sql import Connection
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, START, World

SEGMENTS = """\
segments:
  vip: {contact: {tags: {has: vip}}}
  buyers: {happened: {event: order.placed, at_least: 2}}
  fresh: {happened: {event: order.placed, within: 2d}}
  best: {all: [{segment: vip}, {segment: buyers}]}
"""
DECLARED = PROJECT + SEGMENTS
WELCOME = """\
flow: welcome
language: 1
trigger: {segment: vip}
steps: [{id: hero, sms: Welcome}]
"""


def names(world: World) -> list[str]:
    with world.app.database.reading() as db:
        rows = db.execute(
            "SELECT c.fields ->> 'first_name' FROM run r JOIN contact c ON c.id = r.contact ORDER BY r.id"
        )
        return [name for (name,) in rows.fetchall()]


def test_coming_in_enters_and_being_in_does_not(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=DECLARED) as world:
        assert world.tick() is None
        world.contact(ADA, tags=["vip"])
        world.tick()
        assert names(world) == ["Ada"]
        world.contact(ADA, tier="gold")
        world.contact(BEN, tags=["other"])
        world.tick(DAY)
        assert names(world) == ["Ada"], "she was in it before"


def test_who_leaves_and_comes_back_enters_again(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=DECLARED) as world:
        for tags in (["vip"], ["lapsed"], ["vip"]):
            world.contact(ADA, tags=tags)
            world.tick(HOUR)
        assert names(world) == ["Ada", "Ada"]


def test_again_after_holds_for_segments_too(tmp_path: Path) -> None:
    flow = WELCOME.replace("steps:", "entry: {again_after: never}\nsteps:")
    with World(tmp_path, flow, project=DECLARED) as world:
        for tags in (["vip"], ["lapsed"], ["vip"]):
            world.contact(ADA, tags=tags)
            world.tick(HOUR)
        assert names(world) == ["Ada"] and world.refusals() == ["has been in this flow (again_after: never)"]


@pytest.mark.parametrize("segment", ["buyers", "best"])
def test_an_event_brings_in(tmp_path: Path, segment: str) -> None:
    with World(tmp_path, WELCOME.replace("vip", segment), project=DECLARED) as world:
        world.contact(ADA, tags=["vip"])
        for _ in range(3):
            world.event("order.placed", ADA)
            world.event("order.placed", BEN)
            world.event("list.joined", CY)
            world.tick(HOUR)
        assert names(world) == (["Ada", "Ben"] if segment == "buyers" else ["Ada"])


@pytest.mark.parametrize(("enroll", "entered"), [("", []), (", enroll_existing: true", ["Ada", "Ben"])])
def test_those_who_are_in_it_when_it_is_applied(tmp_path: Path, enroll: str, entered: list[str]) -> None:
    flow = WELCOME.replace("{segment: vip}", f"{{segment: vip{enroll}}}")
    with World(tmp_path, project=DECLARED) as world:
        for phone in (ADA, BEN):
            world.contact(phone, tags=["vip"])
        world.write(flow, project=DECLARED)
        world.apply()
        world.tick()
        assert names(world) == entered
        world.write(flow.replace("Welcome", "Hello"), project=DECLARED)
        world.apply()
        world.tick(HOUR)
        assert names(world) == entered, "once, not with every deployment"
        world.contact(CY, tags=["vip"])
        world.tick(HOUR)
        assert names(world) == [*entered, "Cy"]


def test_an_import_before_the_first_tick_is_seen(tmp_path: Path) -> None:
    """The daemon was off: what came in after the deployment has come in."""
    with World(tmp_path, WELCOME, project=DECLARED) as world:
        world.contact("+13035550123", first_name="Dee", tags=["vip"])
        world.tick(DAY)
        assert names(world) == ["Dee"]


def test_a_segment_that_is_defined_anew_brings_nobody_in(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME, project=DECLARED) as world:
        world.contact(ADA, tags=["gold"])
        world.tick()
        world.write(WELCOME, project=DECLARED.replace("{has: vip}", "{has: gold}"))
        world.apply()
        world.tick(HOUR)
        world.contact(ADA, tier="silver")
        world.tick(HOUR)
        assert names(world) == [], "she did not come in: the segment came to her"
        world.contact(BEN, tags=["gold"])
        world.tick(HOUR)
        assert names(world) == ["Ben"]


def test_time_alone_takes_out_and_the_next_order_brings_in_again(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME.replace("vip", "fresh"), project=DECLARED) as world:
        world.event("order.placed", ADA)
        assert world.tick() == START + HOUR - START % HOUR, "every hour, since time can change the answer"
        assert names(world) == ["Ada"]
        for _ in range(60):
            world.tick(HOUR)
        with world.app.database.reading() as db:
            assert segment_members.known_among(db, "fresh", [1, 2, 3]) == set()
        world.event("order.placed", ADA)
        world.tick()
        assert names(world) == ["Ada", "Ada"]


def test_time_alone_brings_in(tmp_path: Path) -> None:
    project = DECLARED + "  lapsed: {not: {happened: {event: order.placed, within: 2d}}}\n"
    with World(tmp_path, WELCOME.replace("vip", "lapsed"), project=project) as world:
        world.tick()
        assert names(world) == ["Ada", "Ben", "Cy"], "they came after the deployment"
        world.event("order.placed", BEN)
        while world.clock.now() < START + 3 * DAY:
            due = world.tick()
            assert due is not None and due - world.clock.now() <= HOUR
            world.clock.move_to(due)
        assert names(world) == ["Ada", "Ben", "Cy", "Ben"]


def test_what_is_known_is_what_is_so_after_any_sweep(tmp_path: Path) -> None:
    """A sweep in small steps compares everybody, also those behind the last member."""
    with World(tmp_path, WELCOME, project=DECLARED) as world:
        for number in range(23):
            world.contact(f"+1202555{number:04}", tags=["vip"] if number % 3 else [])
        world.tick()
        project = world.app.deployed().project
        with world.app.database.reading() as db:
            members = set(audience.members(db, project.segments["vip"], project, START))
        assert len(names(world)) == len(members) == 15
        wrong = [*sorted(members)[::2], 2, 26]

        def disturb(db: Connection) -> None:
            segment_members.leave(db, "vip", wrong)
            segment_members.join(db, "vip", [1, 2, 26])
            segment_members.watch(
                db, segment_members.Watched("vip", segment_members.watched(db)["vip"].digest, START, 0)
            )

        world.app.database.write(disturb)
        Engine(world.app.database, world.app.deployed, batch=2).tick(START)
        with world.app.database.reading() as db:
            assert segment_members.known_between(db, "vip", 0, segment_members.NO_END) == members


def test_a_trigger_that_is_gone_watches_nobody(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME.replace("vip", "fresh"), project=DECLARED) as world:
        world.event("order.placed", ADA)
        world.tick()
        world.write(WELCOME.replace("{segment: vip}", "manual"), project=DECLARED)
        world.apply()
        assert world.tick(HOUR) is None
        with world.app.database.reading() as db:
            assert segment_members.watched(db) == {} and segment_members.known_among(db, "fresh", [1]) == set()


PROMOTED = """\
flow: promoted
language: 1
trigger: {segment: vip}
steps:
  - update: {add_tags: [gold], remove_tags: [vip]}
"""
GILDED = """\
flow: gilded
language: 1
trigger: {segment: gold}
steps:
  - id: shine
    sms: You are gold
"""
GOLD = DECLARED.replace("  vip:", "  gold: {contact: {tags: {has: gold}}}\n  vip:", 1)


def test_a_flow_that_leads_into_another_segment(tmp_path: Path) -> None:
    """The update is made by a run that enters in the very look at its segments: it is looked at once more."""
    with World(tmp_path, PROMOTED, GILDED, project=GOLD) as world:
        world.contact(ADA, tags=["vip"])
        world.tick()
        assert [(run.flow, run.reason) for run in world.runs()] == [("promoted", "end"), ("gilded", "end")]
        assert [message.text for message in world.messages()] == ["You are gold"]


def test_two_flows_that_lead_into_each_other_come_to_an_end(tmp_path: Path) -> None:
    back = GILDED + "  - update: {add_tags: [vip], remove_tags: [gold]}\n"
    with World(tmp_path, PROMOTED, back, project=GOLD) as world:
        world.contact(ADA, tags=["vip"])
        world.tick()
        world.tick(DAY)
        assert len(world.messages()) == 1


def test_a_chain_of_segments_ends_after_ten_hops(tmp_path: Path) -> None:
    """R5: each flow leads into the segment before its own, which is looked at in the next round."""
    chain = [
        f"flow: f{n:02}\nlanguage: 1\ntrigger: {{segment: t{n:02}}}\nsteps: [{{update: {{add_tags: [t{n - 1:02}]}}}}]\n"
        for n in range(1, 14)
    ]
    lines = "".join(f"  t{n:02}: {{contact: {{tags: {{has: t{n:02}}}}}}}\n" for n in range(1, 14))
    with World(tmp_path, *chain, project=PROJECT + "segments:\n" + lines) as world:
        world.contact(ADA, tags=["t13"])
        world.tick()
        assert [run.flow for run in world.runs()] == [f"f{n:02}" for n in range(13, 2, -1)]
        assert world.refusals() == ["joined the segment t02 by more than 10 runs in a chain"]


NEWCOMERS = """\
flow: newcomers
language: 1
category: transactional
trigger: {segment: never-bought}
steps: [{id: hero, sms: Your account is ready}]
"""
NEVER = PROJECT + "segments:\n  never-bought: {not: {happened: {event: order.placed, within: 90d}}}\n"
ZED = "+12025550178"


def stranger(world: World) -> None:
    said = InboundText("in-1", ZED, "+18445550100", "hi there", (), world.clock.now())
    inbound.receive_texts(world.app.database, [said], world.clock.now(), world.app.deployed)


def test_a_strangers_text_brings_into_no_segment(tmp_path: Path) -> None:
    with World(tmp_path, NEWCOMERS, project=NEVER) as world:
        world.tick(HOUR)
        before = len(world.messages())
        stranger(world)
        for after in (0, HOUR, DAY):  # at once, and each time that all are looked at
            world.tick(after)
        assert len(world.messages()) == before


@pytest.mark.parametrize("known", ["a field", "a consent"])
def test_who_texted_first_comes_in_when_more_is_known(tmp_path: Path, known: str) -> None:
    with World(tmp_path, NEWCOMERS, project=NEVER) as world:
        world.tick(HOUR)
        stranger(world)
        world.tick()
        before = len(world.messages())
        world.contact(ZED, first_name="Zed") if known == "a field" else world.consent(ZED, "subscribed")
        for after in (0, HOUR, DAY):
            world.tick(after)
        assert len(world.messages()) == before + 1, "once"
