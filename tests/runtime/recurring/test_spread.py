"""Schedules that are spread over a while (`spread`): each contact starts at a time of its own, and nobody when their hours are over."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.spread import SLOT
from engine.store import deeds, holds
from engine.store.deeds import By
from tests.runtime.recurring.test_firings import go, local
from tests.world import ADA, BEN, HOUR, MINUTE, PROJECT, World

CAMPAIGN = """\
flow: sale
language: 1
trigger: {schedule: {at: "2027-04-02 09:00", timezone: contact, spread: 2h, audience: {contact: {country: US}}}}
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps: [{id: hero, sms: The sale is on}]
"""
QUIET = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"], state_rules: false}')
BEGIN = local("2027-04-02 09:00")


def starts(world: World, phone: str = "+1212%") -> list[int]:
    """When the runs that wait begin, in order."""
    with world.app.database.reading() as db:
        rows = db.execute(
            "SELECT r.due_at FROM run r JOIN contact c ON c.id = r.contact WHERE r.status = 0 AND c.phone LIKE ?"
            " AND r.step IS NULL ORDER BY r.due_at",
            (phone,),
        )
        return [due for (due,) in rows]


def test_an_audience_is_spread_evenly_and_nobody_waits_for_more_than_a_row(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.crowd(1_200)
        assert go(world, "2027-04-02 09:00") == starts(world)[0], "the daemon sleeps until the next start"
        found = starts(world)
        assert len(found) >= 1_190, "all wait but those who start first"
        assert all(BEGIN < due < BEGIN + 2 * HOUR and (due - BEGIN) % SLOT == 0 for due in found)
        quarters = [sum(q <= (due - BEGIN) * 2 // HOUR < q + 1 for due in found) for q in range(4)]
        assert all(240 <= each <= 360 for each in quarters), quarters
        assert len(world.messages()) <= 1_201 - len(found), "nothing is written before its time"
        go(world, "2027-04-02 10:00")
        assert 520 <= len(world.messages()) <= 680
        go(world, "2027-04-02 10:59")
        world.tick(MINUTE)
        assert not starts(world)
        assert world.ends().count("end") >= 1_201, "Ada is among them; Ben's clock shows 10:00"


EVENING = CAMPAIGN.replace("09:00", "18:30")


def test_where_hours_end_sooner_it_is_spread_over_what_is_left(tmp_path: Path) -> None:
    with World(tmp_path, EVENING, project=QUIET) as world:
        world.crowd(120)
        go(world, "2027-04-02 18:30")
        assert local("2027-04-02 19:50") < starts(world)[-1] < local("2027-04-02 20:00"), "an hour and a half is left"
        while starts(world):
            world.clock.move_to(starts(world)[0])
            world.engine.tick(world.clock.now())
        assert {row.status for row in world.messages()} == {"queued"}, "no hour has held anybody back"


@pytest.mark.only("sqlite", "it is about the hours")
@pytest.mark.parametrize(
    ("flow", "fires", "first", "last"),
    [
        (CAMPAIGN.replace("09:00", "07:00"), "07:00", "09:00", "11:00"),  # not all at nine, when the hours begin
        (EVENING.replace("trigger", "category: transactional\ntrigger"), "18:30", "18:30", "20:30"),  # no hours hold it
    ],
)
def test_it_begins_with_the_hours_and_what_is_transactional_has_none(
    tmp_path: Path, flow: str, fires: str, first: str, last: str
) -> None:
    with World(tmp_path, flow, project=QUIET) as world:
        world.crowd(300)
        go(world, f"2027-04-02 {fires}")
        found = starts(world)
        assert 0 <= found[0] - local(f"2027-04-02 {first}") < 3 * MINUTE
        assert 0 < local(f"2027-04-02 {last}") - found[-1] < 3 * MINUTE


HOURLY = CAMPAIGN.replace('at: "2027-04-02 09:00"', 'cron: "0 9-12 * * *"').replace(
    "steps:", "entry: {while_active: restart}\nsteps:"
)


def test_a_firing_within_the_spread_of_the_last_one_takes_nobody_s_start_away(tmp_path: Path) -> None:
    with World(tmp_path, HOURLY) as world:
        world.crowd(40)
        for minute in range(0, 3 * 60, 10):
            go(world, f"2027-04-02 {9 + minute // 60:02}:{minute % 60:02}")
        assert {each.contact for each in world.messages()} >= set(range(4, 44)), "all have been texted two hours later"


def test_who_waits_for_its_time_leaves_like_anybody_else(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        go(world, "2027-04-02 09:00")
        assert world.ends() == ["waiting:None"]
        assert world.story(ADA)[-1] == "waits for its time to start"
        (start,) = starts(world, ADA)
        go(world, "2027-04-02 09:01")
        world.event("order.placed", ADA)
        world.tick()
        world.clock.move_to(start)
        world.tick()
        assert world.ends() == ["bought", "waiting:None"], "what happens before its time counts when that comes"
        world.receive_text(BEN, "STOP")
        world.tick()
        assert world.ends() == ["bought", "opted out"]
        assert world.messages() == []


def test_a_start_moves_with_the_contact_and_waits_while_the_flow_is_paused(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        go(world, "2027-04-02 09:00")
        (start,) = starts(world, ADA)
        world.contact(ADA, timezone="America/Los_Angeles")
        assert starts(world, ADA) == [start + 3 * HOUR]
        by = By("test", world.clock.now())
        flow = 1
        with world.app.database.reading() as db:
            ((flow,),) = db.execute("SELECT id FROM flow WHERE name = 'sale'").fetchall()
        world.app.database.write(lambda db: deeds.pause(db, flow, "sale", by))
        world.tick(8 * HOUR)
        assert world.messages() == []
        world.app.database.write(lambda db: holds.resume(db, flow))
        world.tick()
        assert [row.status for row in world.messages()] == ["queued"] * 2


def test_a_daemon_that_was_off_starts_those_whose_time_is_past_and_the_others_at_theirs(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.crowd(300)
        go(world, "2027-04-02 10:00")
        assert 110 <= len(world.messages()) <= 190
        assert starts(world)[0] > local("2027-04-02 10:00")
