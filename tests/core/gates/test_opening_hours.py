"""When it is open, against a model that only reads clocks, and looks at every minute around each of their changes."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import repeat
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import DAY, MINUTE
from engine.core.gates.opening_hours import HORIZON, NO_HOLIDAYS, _stretch, is_open, opening
from engine.messaging.quiet_hours import ALWAYS, Quiet, Week, open_week
from tests.exploration import examples

ZONES = [
    "America/New_York", "America/Los_Angeles", "America/Phoenix", "America/Havana", "America/Santiago", "Africa/Cairo",
    "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns", "Asia/Kathmandu",
]  # fmt: skip
BEFORE, BEHIND = 1 * DAY, 4 * DAY  # how much of the time around a moment the model looks at
WEEK = array("H", range(7 * 1440))
NIGHT = st.integers(0, 200)  # most clocks change in these minutes


def closing(at: int, zones: tuple[str, ...], week: Week, holidays: frozenset[str] = NO_HOLIDAYS) -> int:
    """The first instant from `at` on at which it is not open; the horizon's end where it stays open for so long."""
    latest = at + HORIZON
    while at < latest:
        stretches = [_stretch(at, zone, week, holidays) for zone in zones]
        if not all(is_so for is_so, _ in stretches):
            return at
        at = min(until for _, until in stretches)
    return latest


def ms(text: str, zone: str, fold: int = 0) -> int:
    """The instant of a local time that exists."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


@cache
def moments(zone: str) -> tuple[int, ...]:
    """Noons before the clocks change, and two ordinary ones."""
    found = [datetime(2027, 5, 12, 12, tzinfo=UTC), datetime(2028, 2, 28, 12, tzinfo=UTC)]
    day, there = datetime(2026, 1, 1, 12, tzinfo=UTC), ZoneInfo(zone)
    while day.year < 2029:
        following = day + timedelta(days=1)
        if day.astimezone(there).utcoffset() != following.astimezone(there).utcoffset():
            found.append(day)
        day = following
    return tuple(round(day.timestamp() * 1000) for day in found)


@cache
def clock(zone: str, moment: int) -> array[int]:
    """The minute of the local week that clocks show, for every minute around `moment`. They change at quarters of an hour only."""
    shown, there = array("H"), ZoneInfo(zone)
    for at in range(moment - BEFORE, moment + BEHIND, 15 * MINUTE):
        wall = datetime.fromtimestamp(at / 1000, there)
        minute = (wall.weekday() * 24 + wall.hour) * 60 + wall.minute
        shown += WEEK[minute : minute + 15]
    return shown


def days(edges: set[int]) -> tuple[tuple[int, int], ...]:
    inside = sorted(edges)
    return tuple(zip(inside[::2], inside[1::2], strict=False))


edges = st.integers(0, 96).map(lambda quarter: quarter * 15) | NIGHT | st.integers(0, 1440)
weekdays = st.just(((0, 1440),)) | st.sets(edges, max_size=6).map(days)
weeks = st.tuples(*(weekdays,) * 7) | weekdays.map(lambda day: (day,) * 7)


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, tuple[str, ...], Week]:
    """(moment, instant, zones, week)"""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
    moment = draw(st.sampled_from(moments(zones[0])))
    return moment, moment + draw(st.integers(-BEFORE, 2 * DAY)), tuple(zones), draw(weeks)


@settings(max_examples=examples(400))
@given(cases())
def test_against_the_model(case: tuple[int, int, tuple[str, ...], Week]) -> None:
    moment, at, zones, week = case
    start = moment - BEFORE
    opened = bytearray(len(WEEK))
    for day, hours in enumerate(week):
        for a, b in hours:
            opened[day * 1440 + a : day * 1440 + b] = b"\1" * (b - a)
    in_zones = [map(opened.__getitem__, clock(zone, moment)) for zone in zones]
    seen = bytes(map(min, *in_zones, repeat(1)))  # 1: it is open in all of them

    def first(wanted: bool) -> int | None:
        """The first instant from `at` on, as far as the model sees."""
        index = (at - start) // MINUTE
        found = seen.find(wanted, index)
        return None if found < 0 else max(at, start + found * MINUTE)

    assert is_open(at, zones, week) is bool(seen[(at - start) // MINUTE])
    opens, closes = opening(at, zones, week), closing(at, zones, week)
    for answer, expected in ((opens, first(True)), (closes, first(False))):
        if expected is None:
            assert answer is None or answer >= moment + BEHIND
        else:
            assert answer == expected
    the_answers_are_edges(at, zones, week, opens, closes)


def the_answers_are_edges(at: int, zones: tuple[str, ...], week: Week, opens: int | None, closes: int) -> None:
    if opens is not None:
        assert at <= opens <= at + HORIZON and is_open(opens, zones, week)
        assert opens == at or not is_open(opens - 1, zones, week)
    if closes < at + HORIZON:
        assert at <= closes and not is_open(closes, zones, week)
        assert closes == at or is_open(closes - 1, zones, week)


NEW_YORK, CHICAGO = "America/New_York", "America/Chicago"
NINE_TO_EIGHT: Week = (((9 * 60, 20 * 60),),) * 7
US: Week = open_week(Quiet(None, True), "US", frozenset())
TEXAS = open_week(Quiet(None, True), "US", frozenset(["TX"]))


@pytest.mark.parametrize("day", ["2026-07-08", "2026-03-08", "2026-11-01"])  # the clocks change on two of them
def test_the_end_is_closed_and_the_start_is_open_to_the_millisecond(day: str) -> None:
    starts, ends = ms(f"{day} 08:00", NEW_YORK), ms(f"{day} 21:00", NEW_YORK)
    zones = (NEW_YORK,)

    assert not is_open(starts - 1, zones, US) and is_open(starts, zones, US)
    assert is_open(ends - 1, zones, US) and not is_open(ends, zones, US)
    assert opening(starts - 1, zones, US) == opening(starts, zones, US) == starts
    assert opening(ends - 1, zones, US) == ends - 1 and opening(ends, zones, US) == starts + DAY
    assert closing(starts - 1, zones, US) == starts - 1
    assert closing(starts, zones, US) == closing(ends - 1, zones, US) == closing(ends, zones, US) == ends


def test_a_sunday_in_texas_begins_at_noon() -> None:
    noon = ms("2026-07-12 12:00", CHICAGO)
    zones = (CHICAGO,)

    assert not is_open(noon - 1, zones, TEXAS) and is_open(noon, zones, TEXAS)
    assert opening(ms("2026-07-11 21:00", CHICAGO), zones, TEXAS) == noon
    assert is_open(ms("2026-07-11 11:59", CHICAGO), zones, TEXAS)
    assert opening(ms("2026-07-12 21:00", CHICAGO), zones, TEXAS) == ms("2026-07-13 09:00", CHICAGO)


def test_a_number_that_may_be_in_two_zones_waits_for_both() -> None:
    """Florida's area code 850."""
    zones = (NEW_YORK, CHICAGO)
    starts, ends = ms("2026-07-08 09:00", CHICAGO), ms("2026-07-08 20:00", NEW_YORK)

    assert opening(ms("2026-07-08 03:00", NEW_YORK), zones, NINE_TO_EIGHT) == starts
    assert closing(starts, zones, NINE_TO_EIGHT) == ends
    assert opening(ends, zones, NINE_TO_EIGHT) == starts + DAY


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Santiago", "2026-09-06"), ("Africa/Cairo", "2026-04-24"), ("America/Havana", "2026-03-08")],
)
def test_a_day_without_its_midnight_opens_at_its_first_instant(zone: str, day: str) -> None:
    first = ms(f"{day} 01:00", zone)
    before = first - 60 * MINUTE

    assert opening(before, (zone,), (((0, 720),),) * 7) == first
    assert opening(before, (zone,), (((0, 30), (600, 720)),) * 7) == ms(
        f"{day} 10:00", zone
    )  # that half hour is skipped
    assert closing(before, (zone,), (((30, 1440),),) * 7) == first + 23 * 60 * MINUTE  # so nothing closes then


def test_hours_that_the_clocks_repeat_are_open_both_times() -> None:
    one_to_half_past: Week = (((60, 90),),) * 7
    once, again = ms("2026-11-01 01:00", NEW_YORK), ms("2026-11-01 01:00", NEW_YORK, fold=1)
    zones = (NEW_YORK,)

    assert again == once + 60 * MINUTE
    assert closing(once, zones, one_to_half_past) == once + 30 * MINUTE
    assert opening(once + 30 * MINUTE, zones, one_to_half_past) == again
    assert closing(again, zones, one_to_half_past) == again + 30 * MINUTE


def test_hours_over_midnight_do_not_close_there() -> None:
    night: Week = (((0, 540), (1200, 1440)),) * 7
    evening = ms("2026-07-08 20:00", NEW_YORK)

    assert closing(evening, (NEW_YORK,), night) == ms("2026-07-09 09:00", NEW_YORK)


def test_holidays_are_closed_and_the_next_day_that_is_none_opens() -> None:
    paris = "Europe/Paris"
    french = open_week(Quiet(None, True), "FR", frozenset())
    fr = frozenset(["FR"])
    labour_day = ms("2027-05-01 12:00", paris)  # a Saturday

    assert is_open(labour_day, (paris,), french) and not is_open(labour_day, (paris,), french, fr)
    assert opening(ms("2027-04-30 22:00", paris), (paris,), french, fr) == ms("2027-05-03 08:00", paris)
    assert closing(ms("2027-04-30 21:00", paris), (paris,), (((0, 1440),),) * 7, fr) == ms("2027-05-01 00:00", paris)


def test_what_never_opens_and_what_never_closes() -> None:
    at = ms("2026-07-08 12:00", NEW_YORK)

    assert opening(at, (NEW_YORK,), ((),) * 7) is None
    assert opening(at, (NEW_YORK, "Asia/Kathmandu"), (((540, 1080),),) * 7) is None  # never day in both
    assert closing(at, (NEW_YORK, CHICAGO), ALWAYS) == at + HORIZON
