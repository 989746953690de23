"""Quiet hours: what the project wants, narrowed by the law of wherever the number and its owner may be."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messaging import quiet_hours
from engine.messaging.quiet_hours import Day, Quiet, Week, holidays_of, most_per_day, open_week, states_of, why

TABLE = json.loads((Path(quiet_hours.__file__).parent / "data" / "quiet_hours.json").read_text("utf-8"))
NO_STATES: frozenset[str] = frozenset()
LAW_ALONE = Quiet(None, True)
EVENING_TO_MORNING = Quiet((20 * 60, 9 * 60), True)
CODES = sorted(f"{TABLE['codes']['US']} {TABLE['codes']['CA']}".split())


def hours(text: str) -> Day:
    """ "08:00-12:00 14:00-20:00" as minutes; "" is a closed day."""
    clocks = [[int(part) for part in clock.split(":")] for clock in re.split("[- ]", text) if clock]
    minutes = [hour * 60 + minute for hour, minute in clocks]
    return tuple(zip(minutes[::2], minutes[1::2], strict=True))


def week(weekdays: str, saturday: str, sunday: str) -> Week:
    return (hours(weekdays),) * 5 + (hours(saturday), hours(sunday))


def every_day(text: str) -> Week:
    return week(text, text, text)


def minutes_open(of: Week) -> set[tuple[int, int]]:
    return {(day, minute) for day, intervals in enumerate(of) for a, b in intervals for minute in range(a, b)}


STATES = {
    "AL": week("08:00-20:00", "08:00-20:00", ""),
    "CA": every_day("08:00-21:00"),
    "CT": every_day("09:00-20:00"),
    "FL": every_day("08:00-20:00"),
    "IL": every_day("08:00-21:00"),
    "KY": every_day("10:00-21:00"),
    "LA": week("08:00-20:00", "08:00-20:00", ""),
    "MA": every_day("08:00-20:00"),
    "MD": every_day("08:00-20:00"),
    "MI": every_day("09:00-21:00"),
    "MN": every_day("09:00-21:00"),
    "MS": week("08:00-20:00", "08:00-20:00", ""),
    "NJ": every_day("08:00-20:00"),
    "NM": every_day("09:00-21:00"),
    "NV": every_day("09:00-20:00"),
    "OK": every_day("08:00-20:00"),
    "OR": every_day("08:00-20:00"),
    "PA": every_day("08:00-21:00"),
    "RI": week("09:00-18:00", "10:00-17:00", "10:00-17:00"),
    "TX": week("09:00-21:00", "09:00-21:00", "12:00-21:00"),
    "WA": every_day("08:00-20:00"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_hours_of_every_state_that_has_its_own(state: str) -> None:
    assert open_week(LAW_ALONE, "US", frozenset([state])) == STATES[state]


def test_no_state_is_forgotten_and_the_table_says_where_it_is_from() -> None:
    assert TABLE["states"].keys() == STATES.keys()
    assert TABLE["source"] and date.fromisoformat(TABLE["as_of"]) and "not legal advice" in TABLE["note"]
    assert len(TABLE["codes"]["US"].split()) == 50 + 1 + 5 and len(TABLE["codes"]["CA"].split()) == 13


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("US", every_day("08:00-21:00")),
        *((territory, every_day("08:00-21:00")) for territory in ("PR", "VI", "GU", "AS", "MP")),
        ("CA", week("09:00-21:30", "10:00-18:00", "10:00-18:00")),
        ("FR", week("08:00-22:00", "08:00-22:00", "")),
        ("GB", every_day("00:00-24:00")),
        ("LA", every_day("00:00-24:00")),  # Laos, not Louisiana
    ],
)
def test_the_hours_of_countries(region: str, expected: Week) -> None:
    assert open_week(LAW_ALONE, region, NO_STATES) == expected


def test_a_state_without_hours_of_its_own_keeps_the_federal_ones() -> None:
    assert open_week(LAW_ALONE, "US", frozenset(["NY"])) == every_day("08:00-21:00")


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (("20:00", "09:00"), "09:00-20:00"),  # over midnight
        (("00:00", "09:00"), "09:00-21:00"),
        (("12:00", "14:00"), "08:00-12:00 14:00-21:00"),
        (("19:00", "00:00"), "08:00-19:00"),
        (("06:00", "22:00"), ""),  # what it leaves open the law closes
        (("10:00", "10:00"), ""),  # around the clock
        (("00:00", "00:00"), ""),
    ],
)
def test_the_project_closes_more_than_the_law(closed: tuple[str, str], expected: str) -> None:
    ((start, end),) = hours("-".join(closed))

    assert open_week(Quiet((start, end), True), "US", NO_STATES) == every_day(expected)


def test_without_the_law_of_the_land_over_midnight_and_not() -> None:
    assert open_week(EVENING_TO_MORNING, "GB", NO_STATES) == every_day("09:00-20:00")
    assert open_week(Quiet((60, 300), True), "GB", NO_STATES) == every_day("00:00-01:00 05:00-24:00")


def test_the_project_may_switch_the_rules_of_states_off_but_not_the_federal_one() -> None:
    texas, alabama = frozenset(["TX", "FL"]), frozenset(["AL"])
    without = Quiet(None, False)

    assert open_week(without, "US", texas) == every_day("08:00-21:00")
    assert most_per_day(without, "US", texas) is None
    assert not holidays_of(without, "US", alabama)
    assert holidays_of(without, "FR", NO_STATES) == {"FR"}


@given(
    st.tuples(st.integers(0, 1439), st.integers(0, 1439)),
    st.sampled_from(["US", "CA", "FR", "PR", "GB"]),
    st.frozensets(st.sampled_from(CODES), max_size=4),
)
def test_every_rule_narrows_and_nothing_else_does(closed: tuple[int, int], region: str, states: frozenset[str]) -> None:
    start, end = closed
    wanted = {
        (day, minute)
        for day in range(7)
        for minute in range(1440)
        if not (start <= minute < end if start < end else minute >= start or minute < end)
    }
    countries = {region} | {country for country in ("US", "CA") if states & set(TABLE["codes"][country].split())}
    laws = [open_week(LAW_ALONE, country, NO_STATES) for country in countries] + [
        STATES[s] for s in states & set(STATES)
    ]

    found = open_week(Quiet(closed, True), region, states)

    assert minutes_open(found) == wanted.intersection(*(minutes_open(law) for law in laws))
    assert all(list(day) == sorted(day) for day in found)


@pytest.mark.parametrize(
    ("phone", "state", "expected"),
    [
        ("+12145550123", None, "TX"),
        ("+12145550123", "", "TX"),
        ("+12145550123", "fl", "TX FL"),  # moved and kept the number: the stricter of both
        ("+12145550123", " Tx ", "TX"),
        ("+12145550123", "Texas", "TX"),
        ("+12145550123", "XX", "TX"),
        ("+12145550123", 7, "TX"),
        ("+12145550123", ["FL"], "TX"),
        ("+12145550123", "qc", "TX QC"),
        ("+12015550123", None, "NJ NY"),  # one code, two states
        ("+19025550123", None, "NS PE"),
        ("+18675550123", None, "NT YT"),
        ("+17875550123", None, ""),
        ("+17875550123", "PR", "PR"),
        ("+18765550123", "FL", "FL"),  # a Jamaican number in Florida
        ("+18445550100", None, ""),
        ("+5582999990000", "AL", ""),  # Alagoas
        ("+390612345678", "AL", ""),  # Alessandria
        ("", "TX", ""),
    ],
)
def test_whose_rules_count(phone: str, state: object, expected: str) -> None:
    assert states_of(phone, state) == frozenset(expected.split())


def test_who_moved_keeps_the_hours_of_both_places() -> None:
    texan_in_kentucky = states_of("+12145550123", "KY")
    assert open_week(LAW_ALONE, "US", texan_in_kentucky) == week("10:00-21:00", "10:00-21:00", "12:00-21:00")

    canadian_in_new_york = states_of("+14165550123", "NY")
    assert open_week(LAW_ALONE, "CA", canadian_in_new_york) == week("09:00-21:00", "10:00-18:00", "10:00-18:00")


@pytest.mark.parametrize(
    ("states", "expected"),
    [("", None), ("TX", None), ("FL", 3), ("OK", 3), ("MD", 3), ("OR", 3), ("TX FL", 3)],
)
def test_how_many_a_day(states: str, expected: int | None) -> None:
    assert most_per_day(LAW_ALONE, "US", frozenset(states.split())) == expected


@pytest.mark.parametrize(
    ("hours", "region", "states", "expected"),
    [
        (EVENING_TO_MORNING, "US", "TX", "quiet hours 20:00–09:00, Texas"),
        (EVENING_TO_MORNING, "US", "FL", "quiet hours 20:00–09:00"),  # Florida closes nothing more
        (EVENING_TO_MORNING, "US", "KY TX", "quiet hours 20:00–09:00, Kentucky, Texas"),
        (EVENING_TO_MORNING, "CA", "ON", "quiet hours 20:00–09:00, Canada"),
        (Quiet((1200, 540), False), "US", "TX", "quiet hours 20:00–09:00"),
        (Quiet((1290, 465), True), "PR", "", "quiet hours 21:30–07:45, US federal law"),
        (LAW_ALONE, "US", "FL", "quiet hours of Florida"),
        (LAW_ALONE, "US", "NY", "quiet hours of US federal law"),
        (LAW_ALONE, "GB", "", "no quiet hours"),
        (Quiet((540, 540), True), "US", "TX", "quiet hours around the clock"),
    ],
)
def test_why_in_short_words(hours: Quiet, region: str, states: str, expected: str) -> None:
    assert why(hours, region, frozenset(states.split())) == expected


def test_whose_holidays_count() -> None:
    assert holidays_of(LAW_ALONE, "US", frozenset(["AL", "LA", "TX"])) == {"US-AL", "US-LA"}
    assert holidays_of(LAW_ALONE, "US", frozenset(["TX"])) == frozenset()
    assert holidays_of(LAW_ALONE, "AL", NO_STATES) == frozenset()  # Albania
