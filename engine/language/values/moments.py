"""Times of day, local dates and times, offsets in days, and cron expressions, as an author writes them.

Invariants: all of them are wall times without a zone. Nothing is guessed, and an error shows a valid example.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from cronsim import CronSim, CronSimError

from engine.core.calendar import MINUTE
from engine.core.recurrence import Cron
from engine.language.diagnostics.wording import problem
from engine.language.values.scalars import parse_text, text_type, validated

LONGEST_OFFSET = 5 * 366  # days
LONGEST_CRON = 100
FIRST_YEAR, LAST_YEAR = 1970, 2199
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-5][0-9]")
_OFFSET = re.compile(r"([+-]?)(?:([0-9]{1,4})w)?(?:([0-9]{1,4})d)?")


def parse_clock(value: object) -> int:
    """`"09:00"` as ms of the day. Raises LO242."""
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise problem("LO242", "this is not a time of day", 'write hours and minutes in quotes: "09:00" up to "23:59"')
    return (int(match[1]) * 60 + int(match[2])) * MINUTE


def parse_moment(value: object) -> int:
    """`"2026-11-27 09:00"` as a wall time. Raises LO242."""
    help = 'write the date and time in quotes: "2026-11-27 09:00"'
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise problem("LO242", "this is not a local date and time", help)
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=UTC)
    except ValueError:
        raise problem("LO242", f'the date "{value[:10]}" does not exist', help) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise problem("LO242", f"a date is between {FIRST_YEAR} and {LAST_YEAR}", "write another year")
    return round(moment.timestamp() * 1000)


def parse_offset(value: object) -> int:
    """`-3d`, `2w` as days. Raises LO230."""
    match = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    help = "write days and weeks, with a minus for before: -3d, 1w, 2w3d"
    if match is None or not (match[2] or match[3]):
        raise problem("LO230", "this is not an offset in days", help)
    days = int(match[2] or 0) * 7 + int(match[3] or 0)
    if days > LONGEST_OFFSET:
        raise problem("LO230", "an offset is at most 5 years", help)
    return -days if match[1] == "-" else days


def parse_cron(value: object) -> Cron:
    """Five fields; names of days and months, 0 and 7 are Sunday. Raises LO240."""
    text = " ".join(parse_text(value).split())
    help = 'minute, hour, day of the month, month, day of the week: "0 9 * * MON" is Monday at 9:00'
    count = text.count(" ") + 1 if text else 0
    if count != 5 or len(text) > LONGEST_CRON:
        raise problem(
            "LO240", f"a cron expression has five fields, not {count}" if count != 5 else "this is too long", help
        )
    try:
        next(CronSim(text, datetime(2024, 1, 1)))
    except CronSimError as error:
        raise problem("LO240", f'"{text}" is not a cron expression: {str(error).lower()}', help) from None
    except StopIteration:
        raise problem("LO240", f'"{text}" never occurs', help) from None
    return Cron(text.upper())


ClockText = Annotated[int, text_type(parse_clock, _CLOCK, "09:00")]  # ms of the day
MomentText = Annotated[int, text_type(parse_moment, _MOMENT, "2026-11-27 09:00")]  # a wall time
OffsetText = Annotated[int, text_type(parse_offset, _OFFSET, "-3d", "1w")]  # days
CronText = Annotated[Cron, validated(parse_cron, type="string", examples=["0 9 * * MON"])]
