"""What a due time came from, where a wall time alone does not say it: kept with the run, so that it is worked out again (T1).

    HOLD         a gate holds the run: no promise, and decided again whenever something may have changed the gate's answer
    AfterDays    `1d12h`: days by the contact's calendar, then elapsed time
    OfField      a date of the contact's, some days before or after it
    ARRIVES      beside one of them, or alone: an edit has put the run at this step, where it arrives at that time and not before

Invariants: a date that the contact has no more moves nothing; a day that is kept every year is the next one to come; where the
zone alone changed, the day that was meant stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from engine.core.calendar import DAY, Due, Duration, resolve, wall_of

HOLD = "hold"
ARRIVES = "arrives"
_EPOCH = date(1970, 1, 1)


class AfterDays(NamedTuple):
    """`rest` ms after the wall time."""

    rest: int

    def written(self) -> str:
        return orjson.dumps(self._asdict()).decode()


class OfField(NamedTuple):
    """`time` (ms of the day) on the day that the contact's `field` names, moved by `offset` days."""

    field: str
    offset: int
    time: int
    yearly: bool
    zone: str | None = None  # of the clock that is meant; None: the contact's

    def written(self) -> str:
        return orjson.dumps(self._asdict()).decode()

    def due(self, now: int, zone: str, fields: Mapping[str, Any]) -> Due | None:
        """None where the field is missing or holds no date, or where the calendar ends before."""
        zone = self.zone or zone
        try:
            day = _day(fields.get(self.field), zone)
            return None if day is None else self._on(day, now, zone)
        except (OverflowError, ValueError):
            return None

    def _on(self, day: date, now: int, zone: str) -> Due:
        if not self.yearly:
            return self._resolved(day, zone)
        today = _EPOCH + timedelta(days=wall_of(now, zone) // DAY - self.offset)
        years = range(today.year - 1, today.year + 3)
        return next(due for year in years if (due := self._resolved(_in_year(day, year), zone)).at > now)

    def _resolved(self, day: date, zone: str) -> Due:
        wall = ((day - _EPOCH).days + self.offset) * DAY + self.time
        return Due(resolve(wall, zone), wall, self.written())


class Before(NamedTuple):
    """A contact as it stood when the due time was worked out."""

    zone: str
    fields: Mapping[str, Any]


def moved(due: Due, before: Before, zone: str, fields: Mapping[str, Any], now: int) -> Due | None:
    """The due time of a contact that has changed since `due` was worked out; None where it stays."""
    if due.origin == HOLD:
        return None
    if arrives(due.origin):
        later = moved(due._replace(origin=_without_arrival(due.origin)), before, zone, fields, now)
        return None if later is None else later._replace(origin=with_arrival(later.origin))
    read = orjson.loads(due.origin) if due.origin else {}
    found = OfField(**read) if "field" in read else None
    if found is not None and fields.get(found.field) != before.fields.get(found.field):
        later = found.due(now, zone, fields)
        return later if found.zone is None or later is None else later._replace(wall=None)
    if zone == before.zone or due.wall is None:
        return None
    if found is not None and not found.yearly:
        return found.due(now, zone, fields)  # of a time it is the day in the zone
    return Due(resolve(due.wall, zone) + read.get("rest", 0), due.wall, due.origin)


def arrives(origin: str | None) -> bool:
    """Whether the run is to arrive at its step when its time comes, and does not wait there yet."""
    return origin is not None and f'"{ARRIVES}"' in origin


def with_arrival(origin: str | None) -> str:
    """A hold's end is as fixed as any other then."""
    return orjson.dumps({**_read(origin), ARRIVES: True}).decode()


def _without_arrival(origin: str | None) -> str | None:
    rest = {name: value for name, value in _read(origin).items() if name != ARRIVES}
    return orjson.dumps(rest).decode() if rest else None


def _read(origin: str | None) -> dict[str, Any]:
    return orjson.loads(origin) if origin and origin != HOLD else {}


@lru_cache(maxsize=4_096)
def after(start: int, duration: Duration, zone: str) -> Due:
    """The end of `duration` counted from `start`: days by the calendar of `zone`, the rest as elapsed time."""
    if not duration.days:
        return Due(start + duration.ms, None)
    wall = wall_of(start, zone) + duration.days * DAY
    at = resolve(wall, zone)
    return Due(at + duration.ms, wall, None if not duration.ms else AfterDays(duration.ms).written())


def ago(at: int, span: Duration, zone: str) -> int:
    """The instant from which on something lies within `span` before `at`."""
    return after(at, Duration(-span.days, -span.ms), zone).at


def _day(value: object, zone: str) -> date | None:
    """Of a date as YYYY-MM-DD, or of an instant."""
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))).date()


def _in_year(day: date, year: int) -> date:
    """The day on which it is kept in that year."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
