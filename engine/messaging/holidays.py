"""Public holidays on which a law restricts texting.

Invariants: a calendar is a list of rules, so it works for every year. The rules and their sources are in data/holidays.json; a day that the
file leaves out is no holiday here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from engine.messaging.tables import table

_CALENDARS: dict[str, dict[str, Any]] = table("holidays")["calendars"]
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@lru_cache(maxsize=1024)
def is_holiday(calendars: frozenset[str], day: date) -> bool:
    """Whether one of the calendars has a holiday on that day."""
    # A New Year's Day on a Saturday is kept on the last day of the year before.
    years = {day.year, (day + timedelta(days=1)).year}
    return any(day in _days(name, year) for name in calendars for year in years)


@lru_cache(maxsize=64)
def _days(calendar: str, year: int) -> frozenset[date]:
    rules = _CALENDARS[calendar]
    days = {_day(rule, year) for rule in (*rules["fixed"], *rules["on_or_after"])}
    if year % 2 == 0:
        days.update(_day(rule, year) for rule in rules["even_years"])
    days.update(easter(year) + timedelta(days=shift) for shift in rules["easter"])
    for rule in rules["moved"]:
        days.update(_moved(_day(rule, year)))
    return frozenset(days)


def _day(rule: str, year: int) -> date:
    """The day of "07-04", or of "mon 01-15": the first Monday from 15 January on."""
    *weekday, day = rule.split()
    found = date.fromisoformat(f"{year}-{day}")
    return found + timedelta(days=(_WEEKDAYS.index(weekday[0]) - found.weekday()) % 7) if weekday else found


def _moved(day: date) -> Iterator[date]:
    """The day itself, and the Friday or Monday on which it is kept when it falls on a weekend."""
    yield day
    if day.weekday() >= 5:
        yield day + timedelta(days=-1 if day.weekday() == 5 else 1)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar."""
    century = year // 100
    golden = year % 19
    # The age of the moon on 20 March, corrected for leap centuries and for the moon's drift (Meeus).
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (year % 100 // 4) - moon - year % 100 % 4) % 7
    late = 7 * ((golden + 11 * moon + 22 * to_sunday) // 451)
    return date(year, 3, 22) + timedelta(days=moon + to_sunday - late)
