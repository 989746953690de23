"""When recurring triggers fire, against a model that only reads clocks, every five minutes around each of their changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.recurrence import Cron, Once, Rule, day_of, kept_on, last_firing, next_firing
from tests.exploration import examples

ZONES = [
    "America/New_York", "America/Los_Angeles", "America/Phoenix", "America/Havana", "America/Santiago", "Africa/Cairo",
    "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns", "Asia/Kathmandu",
]  # fmt: skip
YEARS = range(2024, 2029)
STEP = timedelta(minutes=5)  # clocks change, and the rules here fire, at no other time
WINDOW = timedelta(days=3)
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def shown(at: datetime, zone: str) -> datetime:
    """What clocks there show."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def moments(zone: str) -> tuple[datetime, ...]:
    """Days on which the clocks change, and some ordinary ones."""
    found = [datetime(2027, 5, 12, 12, tzinfo=UTC), datetime(2028, 2, 28, 12, tzinfo=UTC)]
    day = datetime(YEARS[0], 1, 1, 12, tzinfo=UTC)
    while day.year in YEARS:
        following = day + timedelta(days=1)
        if shown(following, zone) - shown(day, zone) != timedelta(days=1):
            found.append(day)
        day = following
    return tuple(found)


@cache
def clock(zone: str, middle: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """(instant, what clocks show) of every step around `middle`."""
    count = int(2 * WINDOW / STEP)
    instants = (middle - WINDOW + index * STEP for index in range(count))
    return tuple((at, shown(at, zone)) for at in instants)


@cache
def walls(zone: str, middle: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """(local time, the first instant that shows it, or where none does, the first that shows a later one)."""
    step_by_step = clock(zone, middle)
    first: dict[datetime, datetime] = {}
    for at, wall in step_by_step:
        first.setdefault(wall, at)
    found, wall = [], step_by_step[0][1] + timedelta(hours=4)
    while wall < step_by_step[-1][1] - timedelta(hours=4):
        found.append((wall, first.get(wall) or next(at for at, showing in step_by_step if showing > wall)))
        wall += STEP
    return tuple(found)


def firings(zone: str, middle: datetime, minutes: set[int], hours: set[int], weekdays: set[int]) -> list[datetime]:
    """The instants of all times of the rule."""
    return sorted(
        {
            at
            for wall, at in walls(zone, middle)
            if wall.minute in minutes and wall.hour in hours and wall.weekday() in weekdays
        }
    )


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def chain(rule: Rule, zone: str, start: int, end: int) -> Iterator[int]:
    firing = next_firing(rule, zone, start)
    while firing is not None and firing.at <= end:
        yield firing.at
        firing = next_firing(rule, zone, firing.at)


parts = st.fixed_dictionaries(
    {
        "minutes": st.sets(st.sampled_from(range(0, 60, 5)), min_size=1, max_size=12),
        "hours": st.sets(st.integers(0, 23), min_size=1, max_size=24),
        "weekdays": st.sets(st.integers(0, 6), min_size=1, max_size=7),
    }
)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[str, datetime, dict[str, set[int]], Cron]:
    zone = draw(st.sampled_from(ZONES))
    fields = draw(parts)
    text = "{} {} * * {}".format(
        ",".join(map(str, sorted(fields["minutes"]))),
        ",".join(map(str, sorted(fields["hours"]))),
        ",".join(DAYS[day] for day in sorted(fields["weekdays"])),
    )
    return zone, draw(st.sampled_from(moments(zone))), fields, Cron(text)


@settings(max_examples=examples(200))
@given(scenes())
def test_every_firing_is_where_the_clocks_say(scene: tuple[str, datetime, dict[str, set[int]], Cron]) -> None:
    zone, middle, fields, rule = scene
    expected = [ms(at) for at in firings(zone, middle, **fields)]
    if expected:
        assert list(chain(rule, zone, expected[0] - 1, expected[-1])) == expected


@settings(max_examples=examples(200))
@given(scenes(), st.integers(0, 6 * 24 * 3600 - 1))
def test_the_last_firing_is_the_one_before_which_no_other_is_missed(
    scene: tuple[str, datetime, dict[str, set[int]], Cron], second: int
) -> None:
    zone, middle, fields, rule = scene
    expected = [ms(at) for at in firings(zone, middle, **fields)]
    until = ms(middle - WINDOW) + second * 1000 + 7
    before = [at for at in expected if at <= until]
    if before and until <= expected[-1]:
        found = last_firing(rule, zone, until)
        assert found is not None and found.at == before[-1]
        following = next_firing(rule, zone, until)
        assert following is not None and following.at == next(at for at in expected if at > until)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("time", ["30 2", "0 0", "15 1", "45 23", "0 9"])
def test_a_daily_rule_fires_once_on_every_local_date(zone: str, time: str) -> None:
    """T3, over years: as many firings as days, no two of them of one date."""
    start, end = (ms(datetime(year, 7, 1, 12, tzinfo=ZoneInfo(zone))) for year in (2024, 2027))
    walls, after = [], start
    while (firing := next_firing(Cron(f"{time} * * *"), zone, after)) and firing.at <= end:
        walls.append(day_of(firing.wall))
        after = firing.at
    days = [walls[0] + timedelta(days=index) for index in range(len(walls))]
    assert walls == days and len(days) == 365 * 3


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", "2027-03-14 02:30", "2027-03-14 07:00"),  # skipped: the first instant after the gap
        ("America/New_York", "2027-11-07 01:30", "2027-11-07 05:30"),  # repeated: the first time
        ("America/Havana", "2027-03-14 00:30", "2027-03-14 05:00"),  # the day begins at 01:00
        ("Australia/Lord_Howe", "2027-10-03 02:10", "2027-10-02 15:30"),  # a gap of half an hour
        ("Asia/Kathmandu", "2027-10-03 09:00", "2027-10-03 03:15"),
    ],
)
def test_a_single_moment(zone: str, wall: str, instant: str) -> None:
    local = ms(datetime.fromisoformat(wall).replace(tzinfo=UTC))
    at = ms(datetime.fromisoformat(instant).replace(tzinfo=UTC))
    assert next_firing(Once(local), zone, at - 1) == (local, at) == last_firing(Once(local), zone, at)
    assert next_firing(Once(local), zone, at) is None, "it is past"
    assert last_firing(Once(local), zone, at - 1) is None, "it has not come"


def test_a_single_moment_of_a_repeated_hour_does_not_come_twice() -> None:
    zone, wall = "America/New_York", ms(datetime(2027, 11, 7, 1, 30, tzinfo=UTC))
    second_pass = ms(datetime(2027, 11, 7, 6, 10, tzinfo=UTC))
    assert next_firing(Once(wall), zone, second_pass) is None


def test_the_last_firing_may_have_shown_a_later_time_than_now() -> None:
    """In the second pass of a repeated hour the clocks show less than they did before."""
    second_pass = ms(datetime(2027, 11, 7, 6, 10, tzinfo=UTC))
    found = last_firing(Cron("45 1 * * *"), "America/New_York", second_pass)
    assert found is not None and found.at == ms(datetime(2027, 11, 7, 5, 45, tzinfo=UTC))


@pytest.mark.parametrize("sunday", ["0", "7", "SUN", "sun"])
def test_sunday_has_three_names(sunday: str) -> None:
    firing = next_firing(Cron(f"0 9 * * {sunday}"), "UTC", ms(datetime(2027, 4, 1, tzinfo=UTC)))
    assert firing is not None and firing.at == ms(datetime(2027, 4, 4, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "kept"),
    [
        ("2027-02-28", ("02-28", "02-29")),  # a common year: who was born on the 29th is not forgotten
        ("2028-02-28", ("02-28",)),
        ("2028-02-29", ("02-29",)),
        ("2100-02-28", ("02-28", "02-29")),
        ("2027-03-01", ("03-01",)),
    ],
)
def test_a_day_of_the_year_is_kept_every_year(day: str, kept: tuple[str, ...]) -> None:
    assert kept_on(date.fromisoformat(day)) == kept


@given(st.dates(date(1900, 1, 1), date(2090, 12, 31)), st.integers(2091, 2190))
def test_every_date_is_kept_once_a_year(born: date, year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=index) for index in range(366))
    assert sum(born.strftime("%m-%d") in kept_on(day) for day in days if day.year == year) == 1


def test_an_offset_looks_from_the_firing_to_the_date() -> None:
    wall = ms(datetime(2027, 2, 26, 9, tzinfo=UTC))
    assert day_of(wall, -3) == date(2027, 3, 1) and day_of(wall, 2) == date(2027, 2, 24)
