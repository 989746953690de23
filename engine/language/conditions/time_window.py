"""`time` of a condition, in the contact's local time: `{between: ["09:00", "17:00"], days: [mon, tue]}`."""

from __future__ import annotations

from engine.language.conditions.tree import Time
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import one_of, problem, wrong_kind
from engine.language.source.collector import Collector
from engine.language.values.moments import parse_clock

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_time(to: Collector, value: object, loc: Loc) -> Time:
    """At least one of the two keys; mistakes go to `to`."""
    given = to.mapping(value, loc, ("between", "days"))
    if value == {}:
        help = 'write {between: ["09:00", "17:00"]} or {days: [mon, tue]}'
        to.wrong(loc, problem("LO208", "expected `between` or `days`", help, at="key"), value)
    return Time(
        _between(to, given["between"], (*loc, "between")) if "between" in given else None,
        _days(to, given["days"], (*loc, "days")) if "days" in given else None,
    )


def _between(to: Collector, value: object, loc: Loc) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2:
        help = 'write between: ["09:00", "17:00"]; the end time is excluded'
        to.wrong(loc, problem("LO206", "expected a list of two times", help, at="key"), value)
        return None
    start, end = (to.parsed(parse_clock, item, (*loc, index)) for index, item in enumerate(value))
    if start is None or end is None:
        return None
    if start == end:
        help = "the end time is excluded; for the whole day, leave `between` out"
        to.wrong(loc, problem("LO208", "the two times are the same", help, at="key"), value)
    return start, end


def _days(to: Collector, value: object, loc: Loc) -> frozenset[int] | None:
    if not isinstance(value, list):
        to.wrong(loc, wrong_kind("a list", value), value)
        return None
    if not value:
        to.wrong(loc, problem("LO208", "this list of days is empty", at="key"), value)
    for index, item in enumerate(value):
        if item not in DAYS:
            to.wrong((*loc, index), one_of(item, DAYS), item)
    return frozenset(DAYS.index(item) for item in value if item in DAYS)
