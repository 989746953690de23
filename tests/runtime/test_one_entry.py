"""One entry for one reason: of several triggers the first, of a campaign one time, and what `again_after` bars (R1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import Refused
from tests.runtime.recurring.test_firings import CAMPAIGN, WEEKLY, go, local
from tests.runtime.recurring.test_memberships import DECLARED
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, START, World

TWO = """\
flow: welcome
language: 1
trigger: [{segment: best}, {segment: vip}]
entry: {while_active: ignore}
steps: [{id: hero, sms: Welcome}]
"""
RESTART = """\
flow: cart
language: 1
trigger: {event: list.joined}
entry: {while_active: restart, again_after: 7d}
steps:
  - {id: rest, delay: 1h}
  - {id: hero, sms: Still there}
  - {id: more, delay: 1d}
"""


def ways(flow: str) -> list[str]:
    """It with each `entry`, at rest and not, under names of their own."""
    return [
        flow.replace("flow: welcome", f"flow: welcome-{entry}-{number}")
        .replace("ignore", entry)
        .replace("steps: [", f"steps: [{steps}")
        for entry in ("ignore", "restart", "parallel")
        for number, steps in enumerate(("", "{id: rest, delay: 1h}, "))
    ]


def test_who_comes_into_two_segments_at_once_enters_once(tmp_path: Path) -> None:
    with World(tmp_path, *ways(TWO), project=DECLARED) as world:
        for _ in range(2):
            world.event("order.placed", ADA)
        world.contact(ADA, tags=["vip"])
        world.tick()
        assert len({run.flow for run in world.runs()}) == len(world.runs()) == len(ways(TWO))
        with world.app.database.reading() as db:
            found = db.execute("SELECT e.data ->> 'segment' FROM run r JOIN event e ON e.id = r.event").fetchall()
        assert {segment for (segment,) in found} == {"best"}, "the trigger that stands first"


def test_an_event_that_brings_into_a_segment_enters_once(tmp_path: Path) -> None:
    flows = ways(TWO.replace("{segment: vip}", "{event: order.placed}").replace("best", "fresh"))
    with World(tmp_path, *flows, project=DECLARED) as world:
        world.event("order.placed", ADA)
        world.tick()
        assert len([entry for entry in world.story(ADA) if entry.startswith("did not enter")]) >= len(flows)
        world.tick(2 * HOUR)
        world.send()
        assert len(world.arrived()) == len(flows)
        assert len({message.flow for message in world.messages()}) == len(flows)


def test_time_brings_into_two_segments_at_once_and_that_is_one_entry(tmp_path: Path) -> None:
    project = DECLARED.replace(
        "  best:",
        """  quiet: {not: {happened: {event: order.placed, within: 2d}}}
  calm: {not: {happened: {event: order.placed, within: 2d}}}
  best:""",
    )
    flow = TWO.replace("best", "quiet").replace("{segment: vip}", "{segment: calm}").replace("ignore", "parallel")
    with World(tmp_path, flow, project=project) as world:
        world.event("order.placed", ADA)
        world.tick()
        before = len(world.runs())
        world.tick(2 * DAY + HOUR)
        assert len(world.runs()) == before + 1


def test_two_clocks_at_one_instant_are_one_entry(tmp_path: Path) -> None:
    both = WEEKLY.replace("trigger: {", "trigger:\n  - {").replace(
        "steps:", '  - {schedule: {cron: "0 9 * * *", timezone: contact, audience: {contact: {country: US}}}}\nsteps:'
    )
    flow = both.replace("steps:", "entry: {while_active: parallel}\nsteps:").replace("delay: 1h", "delay: 1m")
    with World(tmp_path, flow) as world:
        go(world, "2027-04-05 08:00")
        before = len(world.runs())
        go(world, "2027-04-05 09:00")
        assert len(world.runs()) == before + 1, "Ada alone, and once"


def test_a_campaign_whose_time_is_edited_after_it_fired_is_refused_with_the_count(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        go(world, "2027-04-02 09:00")
        world.write(CAMPAIGN.replace("04-02 09:00", "04-03 09:00"))
        with pytest.raises(Refused, match="campaign campaign has already been sent to 3 contacts"):
            world.apply()
        with pytest.raises(Refused):
            world.apply("another")
        world.apply("campaign")
        go(world, "2027-04-03 09:00")
        assert len(world.runs()) == 6
        world.write(CAMPAIGN.replace("04-02 09:00", "04-04 09:00"))
        with pytest.raises(Refused):
            world.apply()


def test_a_campaign_that_has_not_fired_or_will_not_fire_again_may_be_edited(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.write(CAMPAIGN.replace("09:00", "10:00"))
        world.apply()
        go(world, "2027-04-02 10:00")
        world.write(CAMPAIGN.replace("The sale", "Our sale").replace("09:00", "08:00"))
        world.apply()
        world.tick(DAY)
        assert len(world.runs()) == 3


def test_again_after_does_not_bar_the_restart_of_a_run_that_has_sent_nothing(tmp_path: Path) -> None:
    with World(tmp_path, RESTART) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(START + 30 * MINUTE)
        world.event("list.joined", ADA)
        assert world.tick() == START + 90 * MINUTE
        assert world.ends() == ["restarted", "waiting:rest"]


def test_again_after_bars_every_other(tmp_path: Path) -> None:
    with World(tmp_path, RESTART) as world:
        world.event("list.joined", BEN)
        world.tick()
        world.tick(HOUR)
        assert [step for step, _, _ in world.told()] == ["hero"], "written: it may still leave"
        world.event("list.joined", BEN)
        world.tick()
        world.send()
        world.tick(DAY)
        world.event("list.joined", BEN)
        world.tick()
        assert world.refusals() == ["entered this flow too recently (again_after)"] * 2
        assert world.ends() == ["end"] and local("2027-04-02 11:00") <= world.clock.now()
