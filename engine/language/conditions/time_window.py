"""`time` of a condition, the clock on the contact's wall: read, and asked."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.calendar import DAY, wall_of
from engine.language.conditions.tree import Time
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import one_of, problem, wrong_kind
from engine.language.source.collector import Collector
from engine.language.values.moments import parse_clock

# `time`: the clock on the contact's wall.
#
# Rules kept here: the end of a window is excluded; a window that crosses midnight belongs to the weekday on which it began, so
# `{between: ["22:00", "02:00"], days: [fri]}` is the night from Friday to Saturday.

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALL_DAYS = frozenset(range(7))
_THURSDAY = 3  # the weekday of 1970-01-01


def time_test(tree: Time) -> Callable[[int, str], bool]:
    """Whether it holds at an instant in a zone."""
    start, end = tree.between or (0, DAY)
    days = _ALL_DAYS if tree.days is None else tree.days

    def holds(at: int, zone: str) -> bool:
        day, clock = divmod(wall_of(at, zone), DAY)
        if start < end:
            began = day if start <= clock < end else None
        else:
            began = day if clock >= start else day - 1 if clock < end else None
        return began is not None and (began + _THURSDAY) % 7 in days

    return holds


# Reads `time` of a condition: `{between: ["09:00", "17:00"], days: [mon, tue]}`.


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
