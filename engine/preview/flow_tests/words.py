"""Times and money in what flow tests say."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.core.calendar import wall_of


def clock(at: int, zone: str) -> str:
    """`8:30 PM`."""
    return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(zone)):%I:%M %p}".removeprefix("0")


def day(at: int, zone: str) -> str:
    """`Thu, Apr 1`."""
    moment = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return f"{moment:%a, %b} {moment.day}"


def day_and_clock(at: int, zone: str) -> str:
    """`Thu, Apr 1 8:30 PM`."""
    return f"{day(at, zone)} {clock(at, zone)}"


def as_written(at: int, zone: str) -> str:
    """`2027-04-01 20:30`, as a file of tests has it."""
    return f"{datetime.fromtimestamp(wall_of(at, zone) / 1000, UTC):%Y-%m-%d %H:%M}"


def place_of(zone: str) -> str:
    """`New York` of America/New_York."""
    return zone.rpartition("/")[2].replace("_", " ")


def money(millionths: int, currency: str) -> str:
    """`$0.045`, `0.045 EUR`."""
    amount = millionths / 1_000_000
    return f"${amount:,.3f}" if currency == "USD" else f"{amount:,.3f} {currency}"
