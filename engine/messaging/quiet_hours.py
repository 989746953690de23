"""When a number may be texted in its local time: the project's hours and the law's (promise T2).

Invariants: a rule only narrows the hours. A time is open if the project's hours, the region's rule and every state's rule are open. A
state's rule applies if the area code or the contact's own field names the state, because people move and keep their numbers. Hours are
local, and their end is excluded. The rules, with law, source and date, are in data/quiet_hours.json; they are no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from engine.messaging.tables import table
from engine.messaging.zones import area_of

Interval = tuple[int, int]
Day = tuple[Interval, ...]
Week = tuple[Day, ...]
"""Seven weekdays, Monday first: for each its open intervals in minutes of the local day, [start, end)."""

FULL_DAY = 24 * 60
ALWAYS: Week = (((0, FULL_DAY),),) * 7


class Quiet(NamedTuple):
    """The quiet hours that a project or a flow states."""

    closed: Interval | None
    """From, to in minutes of the day; over midnight where to < from, around the clock where they are the same."""
    state_rules: bool


class Rule(NamedTuple):
    """The law of one region or state."""

    name: str
    week: Week
    most_per_day: int | None
    holidays: str | None  # a calendar of holidays.py on whose days it is closed


@lru_cache(maxsize=4096)
def open_week(quiet: Quiet, region: str, states: frozenset[str]) -> Week:
    """When a contact of that region and of those states may be texted."""
    week = _own(quiet)
    for rule in _rules(quiet, region, states):
        week = _both(week, rule.week)
    return week


@lru_cache(maxsize=4096)
def holidays_of(quiet: Quiet, region: str, states: frozenset[str]) -> frozenset[str]:
    """The calendars on whose days it is closed besides; mostly none."""
    return frozenset(rule.holidays for rule in _rules(quiet, region, states) if rule.holidays)


@lru_cache(maxsize=4096)
def most_per_day(quiet: Quiet, region: str, states: frozenset[str]) -> int | None:
    """The messages in 24 hours that the strictest rule allows; None: no rule limits them."""
    return min((rule.most_per_day for rule in _rules(quiet, region, states) if rule.most_per_day), default=None)


def states_of(phone: str, state: object) -> frozenset[str]:
    """The states and provinces whose rules count: those of the area code and the contact's own `state` where it is a code of one.

    Outside the North American plan there are none: there the same two letters mean something else.
    """
    if not phone.startswith("+1"):
        return frozenset()
    own = state.strip().upper() if isinstance(state, str) else ""
    return _states(phone[:5], own if own in _REGION_OF else "")


def closed_states(quiet: Quiet, countries: Iterable[str]) -> tuple[str, ...]:
    """The names of the states and countries whose law leaves nothing of these hours open."""
    places = [(region, frozenset[str]()) for region in countries if region in _REGIONS]
    places += [(_REGION_OF[state], frozenset((state,))) for state in _STATES if _REGION_OF[state] in countries]
    shut = [place for place in places if not any(open_week(quiet, *place))]
    return tuple(_STATES[next(iter(states))].name if states else _REGIONS[region].name for region, states in shut)


def why(quiet: Quiet, region: str, states: frozenset[str]) -> str:
    """In short words what closes: "quiet hours 20:00–09:00, Texas". A rule that does not narrow any further is not named."""
    if quiet.closed is not None and quiet.closed[0] == quiet.closed[1]:
        return "quiet hours around the clock"
    week, names = _own(quiet), []
    for rule in _rules(quiet, region, states):
        narrower = _both(week, rule.week)
        if narrower != week:
            week = narrower
            names.append(rule.name)
    if quiet.closed is not None:
        return "quiet hours " + ", ".join((f"{_clock(quiet.closed[0])}–{_clock(quiet.closed[1])}", *names))
    return f"quiet hours of {', '.join(names)}" if names else "no quiet hours"


def _own(quiet: Quiet) -> Week:
    if quiet.closed is None:
        return ALWAYS
    start, end = quiet.closed
    hours = ((end, start),) if end <= start else ((0, start), (end, FULL_DAY))
    return (tuple((opens, closes) for opens, closes in hours if opens < closes),) * 7


def _both(one: Week, other: Week) -> Week:
    """What is open in both."""
    return tuple(_overlaps(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def _overlaps(mine: Day, theirs: Day) -> Day:
    shared = ((max(a, c), min(b, d)) for a, b in mine for c, d in theirs)
    return tuple((start, end) for start, end in shared if start < end)


def _rules(quiet: Quiet, region: str, states: frozenset[str]) -> Iterator[Rule]:
    """The states' first, then the countries': that of the number, and that of a state in another country."""
    if quiet.state_rules:
        yield from (_STATES[state] for state in sorted(states) if state in _STATES)
    for place in sorted({region, *(_REGION_OF[state] for state in states if state in _REGION_OF)}):
        if place in _REGIONS:
            yield _REGIONS[place]


@lru_cache(maxsize=8192)
def _states(code: str, own: str) -> frozenset[str]:
    area = area_of(code)
    named = area.states if area is not None else ()  # outside of the US and Canada they are names of places
    return frozenset(state for state in (*named, own) if state in _REGION_OF)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _rule(row: dict[str, Any]) -> Rule:
    weekday, saturday, sunday = (_interval(hours) for hours in row["open"])
    return Rule(row["name"], (weekday,) * 5 + (saturday, sunday), row.get("most_per_day"), row.get("holidays"))


def _interval(hours: str | None) -> Day:
    if hours is None:
        return ()
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    return ((start, end),)


_TABLE = table("quiet_hours")
_STATES = {state: _rule(row) for state, row in _TABLE["states"].items()}
_REGIONS = {region: _rule(row) for region, row in _TABLE["regions"].items()}
_REGIONS |= dict.fromkeys(_TABLE["territories"], _REGIONS["US"])
_REGION_OF = {state: region for region, codes in _TABLE["codes"].items() for state in codes.split()}
"""The country of every state, territory and province, with a rule of its own or without."""
