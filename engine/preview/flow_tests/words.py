"""Times and money in what flow tests say."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.core.calendar import wall_of
from engine.store.queries.listings import MILLION
from engine.views import moments


def day_and_clock(at: int, zone: str) -> str:
    """`Thu, Apr 1 8:30 PM`."""
    there = ZoneInfo(zone)
    return f"{moments.day(at, there)} {moments.clock(at, there)}"


def as_written(at: int, zone: str) -> str:
    """`2027-04-01 20:30`, as a file of tests has it."""
    return f"{datetime.fromtimestamp(wall_of(at, zone) / 1000, UTC):%Y-%m-%d %H:%M}"


def money(millionths: int, currency: str) -> str:
    """`$0.045`, `0.045 EUR`."""
    return moments.money(millionths / MILLION, currency)
