"""The clocks. The core never reads the time: `now` is passed in as UTC milliseconds (promise T6)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from engine.errors import UsageError


class Clock(Protocol):
    def now(self) -> int:
        """The instant, in UTC milliseconds."""

    def real_seconds(self, until: int) -> float:
        """How long a thread has to wait for that instant, at least 0."""


class SystemClock:
    """The machine's time, moved by `offset` ms from `origin` (a real instant) on and `speed` times as fast."""

    def __init__(self, origin: int = 0, offset: int = 0, speed: float = 1.0) -> None:
        self._origin, self._offset, self._speed = origin, offset, speed
        self._ahead = 0

    def correct(self, ahead: int) -> None:
        """The clock that counts is so many ms ahead of this machine's."""
        self._ahead = ahead

    def now(self) -> int:
        real = time.time_ns() // 1_000_000 + self._ahead
        return self._origin + self._offset + int((real - self._origin) * self._speed)

    def real_seconds(self, until: int) -> float:
        return max(0.0, (until - self.now()) / 1000 / self._speed)


class ManualClock:
    """A clock that only moves when it is told to, and never backwards."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def real_seconds(self, until: int) -> float:
        return 0.0

    def move_to(self, instant: int) -> None:
        self._now = max(self._now, instant)


def instant(at: int | None) -> str | None:
    """UTC milliseconds as ISO 8601 with a Z."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_CLOCK = ("LEADOFF_CLOCK_ORIGIN", "LEADOFF_CLOCK_OFFSET", "LEADOFF_CLOCK_SPEED")
_CLOCK_HELP = (
    "LEADOFF_CLOCK_ORIGIN is a real instant with its zone, 2026-11-24T09:00:00Z; LEADOFF_CLOCK_OFFSET is a number of seconds;"
    " LEADOFF_CLOCK_SPEED is above 0 and at most 1000000"
)


def is_test_clock(environ: Mapping[str, str] = os.environ) -> bool:
    return any(environ.get(name) for name in _CLOCK)


def from_environment(environ: Mapping[str, str] = os.environ) -> SystemClock:
    """The clock of LEADOFF_CLOCK_ORIGIN (ISO instant), _OFFSET (seconds) and _SPEED; the same in every process."""
    if not is_test_clock(environ):
        return SystemClock()
    if not environ.get("LEADOFF_CLOCK_ORIGIN"):
        raise UsageError("the test clock needs LEADOFF_CLOCK_ORIGIN as well", _CLOCK_HELP)
    try:
        origin = datetime.fromisoformat(environ["LEADOFF_CLOCK_ORIGIN"])
        offset = float(environ.get("LEADOFF_CLOCK_OFFSET") or 0)
        speed = float(environ.get("LEADOFF_CLOCK_SPEED") or 1)
        if origin.tzinfo is None or not 0 < speed <= 1_000_000:
            raise ValueError
    except ValueError as error:
        given = ", ".join(f"{name}={environ[name]}" for name in _CLOCK if environ.get(name))
        raise UsageError(f"the test clock cannot be set to {given}", _CLOCK_HELP) from error
    return SystemClock(int(origin.timestamp() * 1000), int(offset * 1000), speed)
