"""Public holidays: the rules of the calendars against days as they were and will be kept."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.messaging import holidays
from engine.messaging.holidays import easter, is_holiday

FILE = Path(holidays.__file__).parent / "data" / "holidays.json"


def kept(calendar: str, year: int) -> list[str]:
    days = (date(year, 1, 1) + timedelta(days=index) for index in range(366))
    return [f"{day:%m-%d}" for day in days if day.year == year and is_holiday(frozenset([calendar]), day)]


@pytest.mark.parametrize(
    "day",
    ["1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19", "2000-04-23", "2026-04-05", "2027-03-28", "2038-04-25", "2285-03-22"],
)  # fmt: skip
def test_easter_the_earliest_and_the_latest_included(day: str) -> None:
    assert easter(int(day[:4])) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("calendar", "year", "days"),
    [
        ("FR", 2026, "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"),
        ("FR", 2027, "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25"),
        ("US-AL", 2027, "01-01 01-18 02-09 02-15 04-26 05-31 06-07 06-18 06-19 07-04 07-05 09-06 10-11 11-11 11-25 12-24 12-25 12-31"),
        (
            "US-LA", 2027,
            "01-01 01-08 01-18 02-09 02-15 03-26 05-31 06-19 07-04 07-05 08-30 09-06 10-11 11-01 11-11 11-25 12-24 12-25 12-31",
        ),
        ("US-LA", 2028, "01-01 01-08 01-17 02-21 02-29 04-14 05-29 06-19 07-04 08-30 09-04 10-09 11-01 11-07 11-11 11-23 12-25"),
    ],
)  # fmt: skip
def test_the_days_of_a_year(calendar: str, year: int, days: str) -> None:
    assert kept(calendar, year) == days.split()


def test_one_calendar_of_several_is_enough_and_none_has_no_holiday() -> None:
    battle_of_new_orleans = date(2026, 1, 8)

    assert is_holiday(frozenset(["US-AL", "US-LA"]), battle_of_new_orleans)
    assert not is_holiday(frozenset(["US-AL"]), battle_of_new_orleans)
    assert not is_holiday(frozenset(), date(2026, 12, 25))


def test_the_table_names_its_sources_and_what_it_leaves_out() -> None:
    table = json.loads(FILE.read_text("utf-8"))

    assert "1:55" in table["source"] and "L3133-1" in table["source"] and "Left out" in table["note"]
    assert date.fromisoformat(table["as_of"])
