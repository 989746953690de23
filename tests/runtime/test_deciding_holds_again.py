"""A hold is no promise: what may change what a gate says makes it decide again, sooner or later than before (T1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.deploy.deployed import Deployed
from engine.runtime.engine import Engine
from tests.world import ADA, HOUR, MINUTE, PROJECT, World

QUIET = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')
LOOSE = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["21:00", "09:00"], state_rules: false}')
ONE = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps: [{id: one, sms: One}]
"""
CAPPED = PROJECT + "caps: {marketing: {per_day: 1}}\n"


def local(text: str, zone: str = "America/New_York") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def go(world: World, text: str) -> None:
    world.clock.move_to(local(text))
    world.tick()
    world.send()


@contextmanager
def joined_at_night(folder: Path) -> Iterator[World]:
    with World(folder, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 20:30"))
        world.event("list.joined", ADA)
        assert world.tick() == local("2027-04-02 09:00")
        yield world


@contextmanager
def in_the_outbox(folder: Path) -> Iterator[World]:
    """A message that was written in time, and was still there when the hours began."""
    with World(folder, ONE, project=QUIET) as world:
        world.clock.move_to(local("2027-04-01 19:59"))
        world.event("list.joined", ADA)
        world.tick()
        go(world, "2027-04-01 20:00")
        assert world.told() == [("one", "held", "quiet hours 20:00–09:00")]
        world.clock.move_to(local("2027-04-01 20:30"))
        yield world


Held = Callable[[Path], AbstractContextManager[World]]


@pytest.mark.parametrize("held", [joined_at_night, in_the_outbox])
@pytest.mark.parametrize("hours", [LOOSE, PROJECT], ids=["loosened", "off"])
def test_hours_that_are_loosened_let_go_at_once_what_they_held(tmp_path: Path, held: Held, hours: str) -> None:
    with held(tmp_path) as world:
        world.write(ONE, project=hours)
        world.apply()
        world.tick()
        assert world.send() == 1


@pytest.mark.parametrize("held", [joined_at_night, in_the_outbox])
def test_hours_that_are_tightened_hold_for_longer(tmp_path: Path, held: Held) -> None:
    with held(tmp_path) as world:
        world.write(ONE, project=QUIET.replace("09:00", "10:00"))
        world.apply()
        for time in ("2027-04-01 20:30", "2027-04-02 09:30"):
            go(world, time)
            assert world.arrived() == []
        go(world, "2027-04-02 10:00")
        assert len(world.arrived()) == 1


def test_a_flows_own_hours_are_looked_at_as_well(tmp_path: Path) -> None:
    with joined_at_night(tmp_path) as world:
        world.write(ONE.replace("steps:", "quiet_hours: off\nsteps:"), project=QUIET)
        world.apply()
        world.tick()
        assert world.send() == 1


def test_an_edit_that_no_gate_reads_tells_nobody_anything(tmp_path: Path) -> None:
    with joined_at_night(tmp_path) as world:
        before = world.story(ADA)
        world.write(ONE, project=QUIET + "# another link\n".replace("#", "segments: {vip: {contact: {tier: gold}}} #"))
        world.apply()
        world.tick()
        assert world.story(ADA) == before


def test_a_cap_that_is_raised_lets_the_next_one_go(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=CAPPED) as world:
        for _ in range(2):
            world.event("list.joined", ADA)
            world.tick()
            world.send()
        assert len(world.arrived()) == 1 and world.ends()[-1] == "waiting:one"
        world.write(ONE, project=CAPPED.replace("1}", "2}"))
        world.apply()
        world.tick()
        assert world.send() == 1


def test_a_budget_that_is_raised_lets_the_rest_of_the_day_go(tmp_path: Path) -> None:
    budget = PROJECT + "budget: {per_day: 0.015}\n"
    with World(tmp_path, ONE, project=budget) as world:
        for _ in range(2):
            world.event("list.joined", ADA)
            world.tick()
            world.send()
        assert len(world.arrived()) == 1
        world.write(ONE, project=PROJECT)
        world.apply()
        assert world.send() == 1


@pytest.mark.parametrize("held", [joined_at_night, in_the_outbox])
def test_who_moves_to_where_it_is_day_is_texted_at_once(tmp_path: Path, held: Held) -> None:
    with held(tmp_path) as world:
        world.contact(ADA, timezone="Asia/Tokyo")
        world.tick()
        assert world.send() == 1


@pytest.mark.parametrize("held", [joined_at_night, in_the_outbox])
def test_who_moves_west_waits_for_the_morning_there(tmp_path: Path, held: Held) -> None:
    with held(tmp_path) as world:
        world.clock.move_to(local("2027-04-02 08:00"))
        world.contact(ADA, timezone="America/Denver")
        for time in ("2027-04-02 08:00", "2027-04-02 09:30"):
            go(world, time)
            assert world.arrived() == []
        go(world, "2027-04-02 11:00")
        assert len(world.arrived()) == 1


def test_another_state_holds_for_longer(tmp_path: Path) -> None:
    """Texas opens at noon on Sundays."""
    hours = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"], state_rules: true}')
    with World(tmp_path, ONE, project=hours) as world:
        world.clock.move_to(local("2027-04-03 23:00"))
        world.event("list.joined", ADA)
        assert world.tick() == local("2027-04-04 09:00")
        world.contact(ADA, state="TX")
        due = world.tick()
        assert due is not None and due >= local("2027-04-04 12:00")


def test_what_was_overdue_stays_as_late_as_it_is(tmp_path: Path) -> None:
    """The daemon was off when the hours ended; an edit of the hours makes nothing young."""
    with joined_at_night(tmp_path) as world:
        world.clock.move_to(local("2027-04-03 12:00"))
        world.write(ONE, project=LOOSE)
        world.apply()
        world.tick()
        assert world.told() == [("one", "skipped", "expired")]


def test_a_message_that_is_held_again_expires_no_later_than_its_hold_allows(tmp_path: Path) -> None:
    with in_the_outbox(tmp_path) as world:
        for hours in (QUIET.replace("09:00", "10:00"), QUIET):
            world.write(ONE, project=hours)
            world.apply()
            world.send()
        with world.app.database.reading() as db:
            due, expires = db.execute("SELECT due_at, expires_at FROM message WHERE status = 1").fetchone()
        assert due == local("2027-04-02 09:00")
        assert expires <= due + 12 * HOUR + MINUTE


def test_a_tick_that_began_before_an_apply_decides_by_the_new_deployment(tmp_path: Path) -> None:
    with joined_at_night(tmp_path) as world:
        seen: list[Deployed] = []

        def deployed() -> Deployed:
            found = world.app.deployed()
            if not seen:  # an `apply` of another process comes between this look and the write
                world.write(ONE, project=PROJECT)
                world.apply()
            seen.append(found)
            return found

        Engine(world.app.database, deployed).tick(world.clock.now())
        assert world.send() == 1
