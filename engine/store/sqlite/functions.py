"""SQL functions of every connection for what SQLite cannot compute as Python does: exact numbers, patterns, calendars."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import lru_cache

from engine.core.calendar import Duration
from engine.core.due_origins import ago
from engine.language.conditions.operators import ValueTest, pattern
from engine.language.conditions.time_test import time_test
from engine.language.conditions.tree import Time
from engine.messaging.zones import valid_zone

_compiled: Callable[[str], ValueTest] = lru_cache(256)(pattern)


def register(db: sqlite3.Connection) -> None:
    for name, arguments, function in (
        ("leadoff_number", 1, float),  # of a JSON text: SQLite's own reading may be off by the last bit
        ("leadoff_matches", 2, _matches),
        ("leadoff_time", 5, _time),
        ("leadoff_ago", 4, _ago),
    ):
        db.create_function(name, arguments, function, deterministic=True)


def _matches(written: str, text: str | None) -> bool:
    return _compiled(written)(text)


def _time(at: int, zone: str, start: int | None, end: int | None, days: str) -> bool:
    # The planner puts a constant that a zone is compared with in its place: there may be no such zone.
    return valid_zone(zone) and _time_test(start, end, days)(at, zone)


@lru_cache(256)
def _time_test(start: int | None, end: int | None, days: str) -> Callable[[int, str], bool]:
    between = None if start is None or end is None else (start, end)
    return time_test(Time(between, frozenset(int(day) for day in days) if days else None))


@lru_cache(4096)
def _ago(at: int, days: int, ms: int, zone: str) -> int:
    return ago(at, Duration(days, ms), zone) if valid_zone(zone) else at
