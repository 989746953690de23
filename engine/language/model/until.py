"""`until` of a delay: a date and time, a time on given weekdays, or a date of the contact.

Invariants: all of them are wall times in one zone, resolved like every wall time (T3). A time on weekdays and a yearly day are the next
ones to come; a date and time may be in the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from engine.core.calendar import DAY, Due, resolve, wall_of
from engine.core.due_origins import OfField
from engine.language.conditions.time_window import DAYS
from engine.language.diagnostics.wording import kind_of, one_of, problem, wrong_kind
from engine.language.model.triggers import ContactField
from engine.language.values.humanize import clock_words, day_words
from engine.language.values.moments import ClockText, MomentText, OffsetText, parse_moment
from engine.language.values.strict import Strict

EPOCH = date(1970, 1, 1)
YEARLY = ("birthday",)
"""Fields whose date repeats every year unless `every: once` is set."""


def _weekdays(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise wrong_kind("a list", value)
    if not value:
        raise problem("LO208", "this list of days is empty", at="key")
    for day in value:
        if day not in DAYS:
            raise one_of(day, DAYS)
    return tuple(sorted({DAYS.index(day) for day in value}))


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[tuple[int, ...], PlainValidator(_weekdays, json_schema_input_type=list[Weekday])]


class NextTime(Strict):
    """The next time it is this time of day, on one of these days."""

    time: ClockText
    """The time of day."""
    days: Weekdays = tuple(range(7))
    """Weekdays; every day by default."""

    def due(self, now: int, zone: str) -> Due:
        today = wall_of(now, zone) // DAY
        walls = (day * DAY + self.time for day in range(today, today + 15) if _weekday(day) in self.days)
        return next(due for due in _resolved(walls, zone) if due.at > now)

    def describe(self) -> str:
        return clock_words(self.time) + (
            "" if len(self.days) == 7 else " on " + ", ".join(DAYS[day] for day in self.days)
        )


class OnDate(Strict):
    """A date field of the contact, or some days before or after it."""

    field: ContactField
    """A date or timestamp field of the contact, such as `contact.birthday`; a timestamp counts as its day in the time zone."""
    offset: OffsetText = 0
    """Days after it, or before it with a minus."""
    time: ClockText
    """The time of day."""
    every: Literal["year", "once"] | None = None
    """`year`: the next anniversary. The default for a birthday is `year`, for any other field `once`."""

    @property
    def yearly(self) -> bool:
        return self.every == "year" or (self.every is None and self.field in YEARLY)

    def due(self, now: int, zone: str, fields: Mapping[str, Any], fixed: str | None = None) -> Due | None:
        """None where the field is missing, or holds no date. `fixed`: the zone, where it is not the contact's."""
        return OfField(self.field, self.offset, self.time, self.yearly, fixed).due(now, zone, fields)

    def describe(self) -> str:
        days = f"{abs(self.offset)}d {'before' if self.offset < 0 else 'after'} " if self.offset else ""
        return f"{clock_words(self.time)}, {days}contact.{self.field}"


Until = int | NextTime | OnDate
"""A point in time, as its local time."""

_FORMS = '"2026-11-27 09:00", {time: "09:00", days: [mon, fri]} or {field: contact.birthday, time: "09:00"}'


def _read(value: Any) -> Until:
    if isinstance(value, str):
        return parse_moment(value)
    if not isinstance(value, dict):
        raise problem("LO206", f"expected a point in time, got {kind_of(value)}", f"write {_FORMS}")
    return (NextTime if value.keys().isdisjoint(("field", "offset", "every")) else OnDate).model_validate(value)


UntilText = Annotated[Until, PlainValidator(_read, json_schema_input_type=MomentText | NextTime | OnDate)]


def due(until: Until, now: int, zone: str, fields: Mapping[str, Any], fixed: str | None = None) -> Due | None:
    """When it comes, or came; None where the contact has no such date, or the calendar ends before."""
    if isinstance(until, OnDate):
        return until.due(now, zone, fields, fixed)
    try:
        return next(_resolved(iter([until]), zone)) if isinstance(until, int) else until.due(now, zone)
    except (OverflowError, ValueError):
        return None


def describe(until: Until) -> str:
    if isinstance(until, int):
        return day_words(until)
    return until.describe()


def _resolved(walls: Iterator[int], zone: str) -> Iterator[Due]:
    return (Due(resolve(wall, zone), wall) for wall in walls)


def _weekday(day: int) -> int:
    return (day + EPOCH.weekday()) % 7
