"""Time with a calendar in it. Pure: the zone data is the only thing read (promises T1, T3).

Invariants: an instant is UTC milliseconds; a wall time is the local clock's reading as if it were UTC milliseconds.
A wall time that the clocks skip becomes the first valid instant after the gap; one that they repeat, its first occurrence.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
_zone = cache(ZoneInfo)  # its own cache lets go of all but eight, and reads the others from their files again


class Duration(NamedTuple):
    """Calendar days in the contact's zone, then elapsed milliseconds."""

    days: int
    ms: int

    @property
    def nominal(self) -> int:
        """In ms, a day for 24 hours."""
        return self.days * DAY + self.ms


class Due(NamedTuple):
    """When a wait ends: the instant, and what it came from where a calendar day was meant (T1)."""

    at: int
    wall: int | None  # the wall time, whose days it is
    origin: str | None = None  # what a wall time alone does not say: `due_origins`


@lru_cache(maxsize=4096)
def _offset(at: int, zone: str) -> int:
    moment = datetime.fromtimestamp(at / 1000, _zone(zone))
    return round((moment.utcoffset() or timedelta()).total_seconds() * 1000)


def wall_of(at: int, zone: str) -> int:
    """The wall time that clocks in `zone` show at the instant `at`."""
    # Offsets change on whole minutes only: one look-up serves all instants of a minute.
    return at + _offset(at - at % MINUTE, zone)


@lru_cache(maxsize=4096)
def _resolve_minute(wall: int, zone: str) -> int:
    naive = datetime.fromtimestamp(wall / 1000, UTC).replace(tzinfo=None)
    there = _zone(zone)
    at = naive.replace(tzinfo=there, fold=0).astimezone(UTC)
    if at.astimezone(there).replace(tzinfo=None) != naive:  # a gap: step back to its edge by binary search
        low = int((at - timedelta(days=1)).timestamp() * 1000) // MINUTE
        high = int((at + timedelta(days=1)).timestamp() * 1000) // MINUTE
        while low < high:
            middle = (low + high) // 2
            if wall_of(middle * MINUTE, zone) >= wall:
                high = middle
            else:
                low = middle + 1
        return low * MINUTE
    return round(at.timestamp() * 1000)


def resolve(wall: int, zone: str) -> int:
    """The instant at which clocks in `zone` first show `wall` (in a gap: the first instant after it)."""
    rest = wall % MINUTE
    at = _resolve_minute(wall - rest, zone)
    return at + rest if wall_of(at, zone) == wall - rest else at
