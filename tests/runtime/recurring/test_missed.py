"""A daemon that was off: what the clock should have started is made good once or is told; nobody is lost without a trace (T4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import interned_names
from engine.store.queries import listings, statistics
from tests.runtime.recurring.test_firings import BIRTHDAY, CAMPAIGN, DENVER, WEEKLY, entered, go, local
from tests.world import ADA, BEN, CY, HOUR, MINUTE, World

DAILY = BIRTHDAY.replace("offset: -3d, ", "")


def catch_up(flow: str, value: str) -> str:
    return flow.replace('time: "09:00"', f'time: "09:00", catch_up: {value}').replace(
        "audience:", f"catch_up: {value}, audience:"
    )


def told(world: World) -> tuple[int, list[str]]:
    """How many were missed, as `flows` and `stats` count them, and the notes of the notices."""
    with world.app.database.reading() as db:
        (flow,) = listings.flows(db)
        stats = statistics.of_flow(db, interned_names.load(db).flow_ids[flow["flow"]])
        assert stats.missed == flow["missed"]
        return flow["missed"], [row["note"] for row in listings.notices(db)]


@pytest.mark.parametrize(
    ("off", "made_good"),
    [("2027-04-04 09:01", 1), ("2027-04-05 09:00", 1), ("2027-04-05 09:01", 0), ("2027-05-13 12:00", 0)],
)
def test_a_birthday_in_the_days_off_is_made_good_or_missed(tmp_path: Path, off: str, made_good: int) -> None:
    """26 h to 40 days: Ada's day is April 4, and the daemon was last up on the 3rd."""
    with World(tmp_path, DAILY) as world:
        world.contact(ADA, birthday="1990-04-04")
        world.contact(BEN, birthday="1990-04-03")
        go(world, "2027-04-03 18:00")
        go(world, off)
        assert [name for name, _ in entered(world)] == ["Ben", "Ada"][: 1 + made_good]
        missed, notes = told(world)
        assert (missed, len(notes)) == (1 - made_good, 1 - made_good)
        if not made_good:
            assert notes[0].startswith("birthday: 1 contact missed")
            assert any(line.startswith("missed: by the clock, 2027-04-04 09:00") for line in world.story(ADA))
        world.tick(HOUR)
        assert told(world) == (missed, notes), "it is told once"


def test_each_day_of_the_time_off_has_its_own_contacts_and_none_is_lost(tmp_path: Path) -> None:
    with World(tmp_path, catch_up(DAILY, "3d")) as world:
        days = range(2, 28)
        for day in days:
            world.contact(f"+1202555{day:04}", birthday=f"1990-04-{day:02}", first_name=f"{day:02}")
        go(world, "2027-04-01 18:00")
        go(world, "2027-04-27 12:00")
        assert [name for name, _ in entered(world)] == ["25", "26", "27"], "24 is later than 3 days by three hours"
        missed, notes = told(world)
        assert missed == 23 and len(notes) == 1
        assert (
            notes[0].startswith("birthday: 23 contacts missed") and "2027-04-02 09:00 to 2027-04-24 09:00" in notes[0]
        )


@pytest.mark.parametrize(("late", "made_good"), [(0, True), (2 * MINUTE, True), (6 * MINUTE, False)])
def test_never_means_at_its_time_or_not_at_all(tmp_path: Path, late: int, made_good: bool) -> None:
    with World(tmp_path, catch_up(CAMPAIGN, "never")) as world:
        world.tick()
        world.clock.move_to(local("2027-04-02 09:00") + late)
        world.tick()
        assert len(world.runs()) == (3 if made_good else 0)
        assert told(world)[0] == (0 if made_good else 3)


def test_of_a_schedule_the_last_firing_stands_for_those_before(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.tick()
        go(world, "2027-04-20 08:30")  # two Mondays; the last one is 23.5 h ago
        assert entered(world) == [("Ada", "Mon 04-19 09:00"), ("Ben", "Mon 04-19 09:00")]
        assert told(world) == (0, [])
        go(world, "2027-05-05 12:00")
        missed, notes = told(world)
        assert missed == 2 and len(notes) == 1, "Cy is in Canada; two zones are one outage"
        assert "2027-04-26 09:00 to 2027-05-03 09:00" in notes[0]


def test_who_became_a_contact_later_has_missed_nothing(tmp_path: Path) -> None:
    with World(tmp_path, DAILY) as world:
        world.tick()
        world.clock.move_to(local("2027-04-20 12:00"))
        world.contact(ADA, birthday="1990-04-10")
        world.contact("+12025550177", birthday="1990-04-10")
        world.tick()
        assert told(world)[0] == 1


def test_how_late_it_may_be_makes_no_other_trigger_of_it(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.tick()
        world.clock.move_to(local("2027-04-08 12:00"))
        world.write(catch_up(WEEKLY, "7d"))
        world.apply()
        world.tick()
        assert entered(world) == [("Ada", "Mon 04-05 09:00"), ("Ben", "Mon 04-05 09:00")]


@pytest.mark.parametrize("flow", [DAILY, WEEKLY])
def test_who_moves_east_across_the_hour_does_not_miss_it(tmp_path: Path, flow: str) -> None:
    """At 8:30 in Denver it is 10:30 in New York."""
    with World(tmp_path, flow) as world:
        world.contact(DENVER, first_name="Dee", birthday="1990-04-05")
        go(world, "2027-04-05 08:30", "America/Denver")
        world.contact(DENVER, timezone="America/New_York")
        world.tick()
        assert [name for name, _ in entered(world)].count("Dee") == 1
        for hour in ("09:00", "12:00"):
            go(world, f"2027-04-05 {hour}", "America/Denver")
        assert [name for name, _ in entered(world)].count("Dee") == 1


def test_who_moves_east_later_than_the_hour_is_not_reached_twice(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.contact(DENVER, first_name="Dee")
        go(world, "2027-04-05 09:10", "America/Denver")
        world.contact(DENVER, timezone="America/New_York")
        world.tick()
        go(world, "2027-04-07 09:10", "America/Denver")
        world.contact(DENVER, timezone="America/Halifax")
        world.tick()
        assert [name for name, _ in entered(world)].count("Dee") == 1 and told(world) == (0, [])


def test_who_moves_east_while_the_daemon_is_off_is_found_by_the_clock_there(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        world.contact(DENVER, first_name="Dee")
        world.tick()
        world.clock.move_to(local("2027-04-05 08:30", "America/Denver"))
        world.contact(DENVER, timezone="America/New_York")
        go(world, "2027-04-05 20:00")
        assert [name for name, _ in entered(world)].count("Dee") == 1


def test_who_moves_across_an_hour_that_is_not_made_good_is_told(tmp_path: Path) -> None:
    with World(tmp_path, catch_up(WEEKLY, "never")) as world:
        world.contact(DENVER, first_name="Dee")
        go(world, "2027-04-05 09:00")
        go(world, "2027-04-05 10:00")
        go(world, "2027-04-05 08:30", "America/Denver")
        world.contact(DENVER, timezone="America/New_York")
        world.tick()
        assert told(world)[0] == 1 and "Dee" not in [name for name, _ in entered(world)]


def test_a_move_with_no_hour_in_between_starts_nothing(tmp_path: Path) -> None:
    with World(tmp_path, WEEKLY) as world:
        go(world, "2027-04-07 12:00")
        before = len(world.runs())
        for phone in (ADA, BEN, CY):
            world.contact(phone, timezone="Europe/Berlin")
        world.tick()
        assert len(world.runs()) == before and told(world)[0] == 2, "of Monday, for which the daemon was off"
