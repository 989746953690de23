"""Reads `time` of a condition: `{between: ["09:00", "17:00"], days: [mon, tue]}`."""

from __future__ import annotations

from engine.language.collecting import Collector
from engine.language.condition_tree import Time
from engine.language.hours import DAYS
from engine.language.moments import parse_clock
from engine.language.problems import Loc
from engine.language.wording import one_of, problem, wrong_kind


def read_time(to: Collector, value: object, loc: Loc) -> Time:
    """At least one of the two keys; mistakes go to `to`."""
    given = to.mapping(value, loc, ("between", "days"))
    if value == {}:
        help = 'write {between: ["09:00", "17:00"]} or {days: [mon, tue]}'
        to.wrong(loc, problem("LO208", "this says nothing about the time", help, at="key"), value)
    return Time(
        _between(to, given["between"], (*loc, "between")) if "between" in given else None,
        _days(to, given["days"], (*loc, "days")) if "days" in given else None,
    )


def _between(to: Collector, value: object, loc: Loc) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2:
        help = 'write between: ["09:00", "17:00"]; the end is excluded'
        to.wrong(loc, problem("LO206", "a list of two times is wanted here", help, at="key"), value)
        return None
    start, end = (to.parsed(parse_clock, item, (*loc, index)) for index, item in enumerate(value))
    if start is None or end is None:
        return None
    if start == end:
        help = "the end is excluded: leave `between` out for the whole day"
        to.wrong(loc, problem("LO208", "no time lies between these two", help, at="key"), value)
    return start, end


def _days(to: Collector, value: object, loc: Loc) -> frozenset[int] | None:
    if not isinstance(value, list):
        to.wrong(loc, wrong_kind("a list", value), value)
        return None
    if not value:
        to.wrong(loc, problem("LO208", "this list is empty: no day is in it", at="key"), value)
    for index, item in enumerate(value):
        if item not in DAYS:
            to.wrong((*loc, index), one_of(item, DAYS), item)
    return frozenset(DAYS.index(item) for item in value if item in DAYS)
