"""When a recurring trigger fires: wall times by a rule, instants by a zone. Pure (promises T1, T3, T4).

Invariants: a rule speaks of wall times only, and `calendar.resolve` says which instant each is. So a time that the clocks skip
fires at the first instant after the gap, one that they repeat fires the first time, and several that a gap makes one instant are
one firing.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from cronsim import CronSim

from engine.core import calendar
from engine.core.calendar import DAY

SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1)


class Cron(NamedTuple):
    """Five fields: minute, hour, day of the month, month, day of the week."""

    text: str


class Once(NamedTuple):
    wall: int


Rule = Cron | Once


class DateField(NamedTuple):
    """Whose day it is: those whose date, moved by `offset` days, is the local date of the firing."""

    field: str
    offset: int
    yearly: bool


class Recurrence(NamedTuple):
    """What a `schedule` or `date` trigger says. `zone` None: the contact's, one firing in each."""

    rule: Rule
    zone: str | None
    date: DateField | None = None
    catch_up: int = DAY  # ms: no later than this a firing that was missed is made good; 0: never


class Firing(NamedTuple):
    wall: int  # the local intent
    at: int


def next_firing(rule: Rule, zone: str, after: int) -> Firing | None:
    """The first one later than the instant `after`."""
    for wall in _walls_from(rule, calendar.wall_of(after, zone)):
        at = calendar.resolve(wall, zone)
        if at > after:  # not so in the second pass of a repeated hour
            return Firing(wall, at)
    return None


def last_firing(rule: Rule, zone: str, until: int) -> Firing | None:
    """The last one at or before the instant `until`."""
    # Where the clocks went back within a day, they showed later times before: up to the higher of both readings.
    latest = max(calendar.wall_of(until, zone), calendar.wall_of(until - DAY, zone) + DAY)
    for wall in _walls_back(rule, latest):
        at = calendar.resolve(wall, zone)
        if at <= until:
            return Firing(wall, at)
    return None


def firings_back(rule: Rule, zone: str, until: int, since: int) -> Iterator[Firing]:
    """Those from the instant `since` to `until`, the latest first."""
    found = last_firing(rule, zone, until)
    while found is not None and found.at >= since:
        yield found
        found = None if isinstance(rule, Once) else last_firing(rule, zone, found.at - 1)


def _walls_from(rule: Rule, wall: int) -> Iterator[int]:
    """Later ones than `wall`, in order; a single one is given as it is, since it may lie in a gap or a repeated hour."""
    if isinstance(rule, Once):
        return iter((rule.wall,))
    return map(_wall, _moments(rule, _naive(wall)))


def _walls_back(rule: Rule, wall: int) -> Iterator[int]:
    """Those up to `wall`, the latest first."""
    if isinstance(rule, Once):
        return iter((rule.wall,))
    return map(_wall, _moments(rule, _naive(wall) + SECOND, reverse=True))


def _moments(rule: Cron, start: datetime, reverse: bool = False) -> CronSim:
    """Those on one side of `start`, which is taken in whole seconds; the nearest first."""
    found = copy(_read(rule.text, reverse))
    found.dt = start.replace(microsecond=0)
    return found


@lru_cache(maxsize=1_000)
def _read(text: str, reverse: bool) -> CronSim:
    """To read a rule takes longer than to find a moment."""
    return CronSim(text, _EPOCH, reverse)


def _naive(wall: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=wall)


def _wall(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def day_of(wall: int, offset: int = 0) -> date:
    """The local date of a firing, moved back by `offset` days: whose date it is that is due then."""
    return datetime.fromtimestamp(wall / 1000, UTC).date() - timedelta(days=offset)


def kept_on(day: date) -> tuple[str, ...]:
    """The days of the year (MM-DD) that are kept on that date: in a common year 29 February is kept on the 28th."""
    own = day.strftime("%m-%d")
    return (own, "02-29") if own == "02-28" and not isleap(day.year) else (own,)
