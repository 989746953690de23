"""When texting is allowed: a week of local hours, in every zone that a contact may be in. Pure (promise T2).

Invariants: open means that in all of the zones the local time is inside an open interval, and on no holiday; an interval's end
is closed, to the millisecond. A wall time that the clocks skip opens nothing: the first instant after the gap is looked at for
itself; hours that the clocks repeat are open both times.
"""

from __future__ import annotations

from datetime import date

from engine.core.calendar import DAY, MINUTE, wall_of
from engine.messaging.holidays import is_holiday
from engine.messaging.quiet_hours import Interval, Week

HORIZON = 15 * DAY
"""How far ahead `opening` looks: longer than a week of hours with holidays in it can stay closed."""

NO_HOLIDAYS: frozenset[str] = frozenset()
_EPOCH = date(1970, 1, 1).toordinal()  # a Thursday


def is_open(at: int, zones: tuple[str, ...], week: Week, holidays: frozenset[str] = NO_HOLIDAYS) -> bool:
    """Whether it is open at that instant, whichever of the zones the contact is in."""
    for zone in zones:
        day, inside = divmod(wall_of(at, zone), DAY)
        minute = inside // MINUTE
        for start, end in _intervals(day, week, holidays):
            if start <= minute < end:
                break
        else:
            return False
    return True


def opening(at: int, zones: tuple[str, ...], week: Week, holidays: frozenset[str] = NO_HOLIDAYS) -> int | None:
    """The first instant from `at` on at which it is open; None where there is none within the horizon."""
    latest = at + HORIZON
    while at <= latest:
        stretches = [_stretch(at, zone, week, holidays) for zone in zones]
        shut = [until for is_so, until in stretches if not is_so]
        if not shut:
            return at
        at = max(shut)  # until then one of them stays shut
    return None


def closing(at: int, zones: tuple[str, ...], week: Week, latest: int, holidays: frozenset[str] = NO_HOLIDAYS) -> int:
    """The first instant from `at` on at which it is not open; `latest` where it is open until then."""
    while at < latest:
        stretches = [_stretch(at, zone, week, holidays) for zone in zones]
        if not all(is_so for is_so, _ in stretches):
            return at
        at = min(until for _, until in stretches)
    return latest


def _intervals(day: int, week: Week, holidays: frozenset[str]) -> tuple[Interval, ...]:
    """The open intervals of a local day, which is counted from 1970."""
    if holidays and is_holiday(holidays, date.fromordinal(_EPOCH + day)):
        return ()
    return week[(day + 3) % 7]


def _stretch(at: int, zone: str, week: Week, holidays: frozenset[str]) -> tuple[bool, int]:
    """Whether it is open in this zone, and until when that is sure: the next edge, midnight or change of the clocks."""
    wall = wall_of(at, zone)
    day, inside = divmod(wall, DAY)
    is_so, until = False, DAY
    for start, end in _intervals(day, week, holidays):
        if inside < end * MINUTE:
            is_so = start * MINUTE <= inside
            until = (end if is_so else start) * MINUTE
            break
    return is_so, _same_offset(at, at + until - inside, zone)


def _same_offset(at: int, until: int, zone: str) -> int:
    """`until`, or an earlier instant at which the clocks change. Within a day they change once."""
    offset = wall_of(at, zone) - at
    if wall_of(until, zone) - until == offset:
        return until
    low, high = at // MINUTE, until // MINUTE  # clocks change on whole minutes
    while low + 1 < high:
        middle = (low + high) // 2
        if wall_of(middle * MINUTE, zone) - middle * MINUTE == offset:
            low = middle
        else:
            high = middle
    return high * MINUTE
