"""Times in what flow tests say."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.core.calendar import wall_of
from engine.views import moments


def day_and_clock(at: int, zone: str) -> str:
    """`Thu, Apr 1 8:30 PM`."""
    return moments.day_and_clock(at, ZoneInfo(zone))


def as_written(at: int, zone: str) -> str:
    """`2027-04-01 20:30`, as a file of tests has it."""
    return f"{datetime.fromtimestamp(wall_of(at, zone) / 1000, UTC):%Y-%m-%d %H:%M}"
