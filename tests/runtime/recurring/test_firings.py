"""Triggers of the clock, told as stories: who enters when, in which zone, and what a daemon that was off makes up for (T1-T4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from engine.runtime.engine import Engine
from engine.store import contacts
from engine.store.database import Database
from engine.store.queries.timeline import timeline_of
from engine.store.sql import Connection
from tests.databases import again, anew
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, START, World

T = TypeVar("T")
WEEKLY = """\
flow: weekly
language: 1
trigger: {schedule: {cron: "0 9 * * MON", timezone: contact, audience: {contact: {country: US}}}}
steps:
  - {id: hero, sms: Good morning}
  - {id: rest, delay: 1h}
"""
CAMPAIGN = """\
flow: campaign
language: 1
trigger: {schedule: {at: "2027-04-02 09:00", timezone: project, audience: {contact: {first_name: {exists: true}}}}}
steps: [{id: hero, sms: The sale is on}]
"""
BIRTHDAY = """\
flow: birthday
language: 1
category: transactional
trigger: {date: {field: contact.birthday, offset: -3d, time: "09:00"}}
steps: [{id: hero, sms: Soon!}]
"""
DENVER = "+13035550123"


def local(text: str, zone: str = "America/New_York") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def go(world: World, text: str, zone: str = "America/New_York") -> int | None:
    """Move to a local time and tick."""
    return world.tick(local(text, zone) - world.clock.now())


def entered(world: World, flow: str | None = None) -> list[tuple[str, str]]:
    """(first name, when on the contact's clock) of every run, in order."""
    with world.app.database.reading() as db:
        rows = db.execute(
            "SELECT c.fields ->> 'first_name', c.zone, r.entered_at FROM run r JOIN contact c ON c.id = r.contact"
            " JOIN flow f ON f.id = r.flow WHERE f.name = COALESCE(?, f.name) ORDER BY r.id",
            (flow,),
        ).fetchall()
    return [
        (name, datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%a %m-%d %H:%M")) for name, zone, at in rows
    ]


def test_monday_at_nine_comes_to_each_in_their_own_zone(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        assert world.tick() == local("2027-04-05 09:00")
        assert go(world, "2027-04-05 09:00") == local("2027-04-05 09:00", "America/Chicago")
        assert entered(world) == [("Ada", "Mon 04-05 09:00")], "Ben's clock shows 08:00, and Cy is in Canada"
        go(world, "2027-04-05 09:00", "America/Chicago")
        assert entered(world) == [("Ada", "Mon 04-05 09:00"), ("Ben", "Mon 04-05 09:00")]
        assert go(world, "2027-04-11 23:59") == local("2027-04-12 09:00")
        go(world, "2027-04-12 12:00")
        assert entered(world)[2:] == [("Ada", "Mon 04-12 09:00"), ("Ben", "Mon 04-12 09:00")]


def test_a_campaign_goes_out_once_to_its_audience(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        world.contact(DENVER)
        assert world.tick() == local("2027-04-02 09:00")
        assert go(world, "2027-04-02 09:00") is None, "there is no second time"
        assert [name for name, _ in entered(world)] == ["Ada", "Ben", "Cy"], (
            "at one instant; the nameless is none of them"
        )
        world.tick(400 * DAY)
        assert len(world.runs()) == 3


def test_whoever_may_not_enter_is_told_why(tmp_path: Path) -> None:
    flow = CAMPAIGN.replace("steps:", "entry: {require: {contact: {country: US}}}\nsteps:")
    with World(tmp_path, flow) as world:
        go(world, "2027-04-02 09:00")
        assert [name for name, _ in entered(world)] == ["Ada", "Ben"]
        assert world.refusals() == ["the contact does not pass entry.require"]


def test_a_time_that_was_past_when_it_was_applied_fires_nobody(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN.replace("2027-04-02 09:00", "2027-04-01 09:59")) as world:
        assert world.tick() is None
        assert world.runs() == []


def test_a_daemon_that_was_off_makes_up_for_one_firing_and_its_text_is_as_late_as_it_is(tmp_path: Path) -> None:
    """T4: three Mondays were missed; the last one is made good, and a marketing text that is late by days is dropped."""
    with World(tmp_path, WEEKLY.replace("audience:", "catch_up: 3d, audience:")) as world:
        assert go(world, "2027-04-21 12:00") == local("2027-04-21 13:00"), "the hour of rest counts from now"
        assert entered(world) == [("Ada", "Mon 04-19 09:00"), ("Ben", "Mon 04-19 09:00")]
        assert world.told() == [("hero", "skipped", "expired")] * 2
        assert go(world, "2027-04-26 09:00") is not None
        assert world.told()[-1][:2] == ("hero", "queued"), "the next one is on time"


def test_a_campaign_that_was_missed_by_an_hour_still_goes_out(tmp_path: Path) -> None:
    with World(tmp_path, CAMPAIGN) as world:
        go(world, "2027-04-02 10:00")
        assert [row.status for row in world.messages()] == ["queued"] * 3


@pytest.mark.parametrize("zone", ["contact", "project"])
def test_the_skipped_hour_fires_after_the_gap_and_the_repeated_one_once(tmp_path: Path, zone: str) -> None:
    flow = WEEKLY.replace("0 9 * * MON", "30 1,2 * * SUN").replace("1h", "1m").replace("contact, aud", f"{zone}, aud")
    with World(tmp_path, flow) as world:
        world.contact(BEN, timezone="America/New_York")
        ticks = 0
        for first, last in (("2027-11-01 00:00", "2027-11-08 00:00"), ("2028-03-07 00:00", "2028-03-13 00:00")):
            go(world, first)
            while (due := world.tick()) is not None and due < local(last):
                world.clock.move_to(due)
                ticks += 1
        assert ticks < 40
        seen = [when for name, when in entered(world) if name == "Ada"]
        assert seen.count("Sun 11-07 01:30") == 1 and seen.count("Sun 11-07 02:30") == 1
        assert seen[-2:] == ["Sun 03-12 01:30", "Sun 03-12 03:00"]


def test_who_moves_west_is_not_reached_twice_by_one_local_firing(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.contact(DENVER, first_name="Dee")
        go(world, "2027-04-05 09:00")
        world.contact(ADA, timezone="America/Denver")
        go(world, "2027-04-05 09:00", "America/Denver")
        assert [name for name, _ in entered(world)] == ["Ada", "Ben", "Dee"]
        go(world, "2027-04-12 09:00", "America/Denver")
        assert [name for name, _ in entered(world)].count("Ada") == 2, "the next week it is Denver's Monday"


def test_the_first_contact_of_a_zone_waits_for_the_next_firing(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        go(world, "2027-04-05 20:00")
        world.contact(DENVER, first_name="Dee")
        world.tick()
        assert "Dee" not in [name for name, _ in entered(world)]
        go(world, "2027-04-12 09:00", "America/Denver")
        assert entered(world)[-1] == ("Dee", "Mon 04-12 09:00")


def test_a_deployment_goes_on_where_the_one_before_was(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.clock.move_to(local("2027-04-05 10:30"))  # two firings are due and not looked at yet
        world.write(WEEKLY.replace("Good morning", "Good day"))
        world.apply()
        world.tick()
        assert [name for name, _ in entered(world)] == ["Ada", "Ben"]
        world.write(WEEKLY.replace("0 9 * * MON", "0 10 * * MON"))  # another clock: it begins now, at 10:30
        world.apply()
        assert world.tick(MINUTE) is not None
        assert entered(world)[2:] == [], "Chicago's 10:00 has not come"
        go(world, "2027-04-05 10:00", "America/Chicago")
        assert [name for name, _ in entered(world)[2:]] == []
        assert world.refusals() == ["already in this flow"]


def test_a_trigger_that_is_gone_fires_nobody_and_wakes_nobody(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY, CAMPAIGN) as world:
        (world.folder / "flows/campaign.yaml").unlink()
        world.write(
            WEEKLY.replace(
                '{schedule: {cron: "0 9 * * MON", timezone: contact, audience: {contact: {country: US}}}}', "manual"
            )
        )
        world.apply()
        assert world.tick() is None
        assert world.tick(30 * DAY) is None and world.runs() == []


def test_birthdays_come_three_days_before_in_the_contacts_zone(tmp_path: Path) -> None:
    with World(tmp_path, BIRTHDAY) as world:
        world.contact(ADA, birthday="1990-04-07")
        world.contact(BEN, birthday="1985-04-07")
        world.contact(CY, birthday="1985-04-08")
        go(world, "2027-04-04 08:59")
        assert entered(world) == []
        go(world, "2027-04-04 09:30")
        assert entered(world) == [("Ada", "Sun 04-04 09:00")]
        go(world, "2027-04-04 09:00", "America/Chicago")
        go(world, "2027-04-05 09:00", "America/Chicago")
        assert entered(world)[1:] == [("Ben", "Sun 04-04 09:00"), ("Cy", "Mon 04-05 09:00")]
        go(world, "2028-04-05 12:00")
        assert [name for name, _ in entered(world)[3:]] == ["Cy"], "off for a year: one firing is made up for, the last"


def test_the_29th_of_february_is_kept_on_the_28th_in_common_years(tmp_path: Path) -> None:
    with World(tmp_path, BIRTHDAY.replace("offset: -3d, ", "")) as world:
        world.contact(ADA, birthday="1988-02-29")
        seen = []
        for year in (2028, 2029, 2030, 2031, 2032):
            for day in ("02-27", "02-28", "03-01"):
                go(world, f"{year}-{day} 12:00")
            seen = [when for _, when in entered(world)]
        assert seen == ["Wed 02-28 09:00", "Thu 02-28 09:00", "Fri 02-28 09:00"], (
            "and in 2028 and 2032 not on those days"
        )
        go(world, "2036-02-29 12:00")
        assert entered(world)[-1] == ("Ada", "Fri 02-29 09:00")


def test_a_renewal_comes_once_and_not_before_its_year(tmp_path: Path) -> None:
    once = BIRTHDAY.replace('time: "09:00"', 'time: "09:00", every: once').replace("birthday\n", "once\n", 1)
    with World(tmp_path, once, BIRTHDAY) as world:
        world.contact(ADA, birthday="2028-04-10")
        go(world, "2027-04-07 12:00")
        assert entered(world) == [], "no anniversary of what is to come"
        go(world, "2028-04-07 12:00")
        go(world, "2029-04-07 12:00")
        assert [when[4:9] for _, when in entered(world, "once")] == ["04-07"]
        assert len(entered(world, "birthday")) == 2


class Failing(Database):
    """A database whose process dies at the given write: what was committed before stays."""

    left: int

    def write(self, function: Callable[[Connection], T]) -> T:
        self.left -= 1

        def dying(db: Connection) -> T:
            answer = function(db)
            if self.left < 0:
                raise KeyboardInterrupt
            return answer

        return super().write(dying)  # type: ignore[safe-super]


def test_a_crash_at_any_write_neither_loses_nor_doubles_anybody(tmp_path: Path) -> None:
    flow = CAMPAIGN.replace("first_name", "phone").replace("entry:", "")
    for at in range(9):
        anew()
        with World(tmp_path / str(at), flow) as world:
            for number in range(7):
                world.contact(f"+1202555{number:04}")
            world.clock.move_to(local("2027-04-02 09:00"))
            database = again(world.app.database, Failing)
            database.left = at
            dead = False
            try:
                Engine(database, world.app.deployed, batch=2).tick(world.clock.now())
            except KeyboardInterrupt:
                dead = True
            database.close()
            assert dead or at > 6, "there are so many writes"
            Engine(world.app.database, world.app.deployed, batch=2).tick(world.clock.now())
            with world.app.database.reading() as db:
                assert db.execute("SELECT COUNT(*), COUNT(DISTINCT contact) FROM run").fetchone() == (10, 10)
                assert db.execute("SELECT COUNT(*) FROM firing").fetchone() == (0,)


def test_the_next_firing_is_what_the_tick_says(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY.replace("0 9 * * MON", "*/20 * * * *")) as world:
        assert world.tick() == START + 20 * MINUTE
        assert world.tick(20 * MINUTE) == START + 40 * MINUTE
        assert world.tick(HOUR) == START + 100 * MINUTE


def test_the_story_says_what_let_somebody_in(tmp_path: Path) -> None:
    welcome = "flow: welcome\nlanguage: 1\ntrigger: {segment: vip}\nsteps: [{id: hero, sms: Welcome}]\n"
    with World(
        tmp_path, CAMPAIGN, welcome, project=PROJECT + "segments: {vip: {contact: {tags: {has: vip}}}}\n"
    ) as world:
        world.contact(ADA, tags=["vip"])
        go(world, "2027-04-02 09:00")
        with world.app.database.reading() as db:
            who = contacts.one(db, ADA)
            assert who is not None
            told = [moment.what for moment in timeline_of(db, who) if moment.kind == "entered"]
        assert told == [
            "entered: by the clock, 2027-04-02 09:00 in America/New_York",
            "entered: joined the segment vip",
        ]
