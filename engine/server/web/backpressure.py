"""How much work the API takes at once: a rate for each token, a number of requests in progress, a number of pending events.

Invariants: a refused request gets Retry-After; nothing of it is stored, or even read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException

from engine.store import inbox
from engine.store.database import Database

REQUESTS_PER_SECOND = 2_000  # of one token
MOST_UNDER_WAY = 256  # with a body in memory, or in the writer's queue
MOST_PENDING = 200_000  # events in the inbox
LOOK_SECONDS = 0.5

Seconds = Callable[[], float]


class TokenBuckets:
    """A bucket of one second's requests for each token, filled evenly. Used by many threads: a race lets one more through."""

    def __init__(self, rate: float = REQUESTS_PER_SECOND, seconds: Seconds = time.monotonic) -> None:
        self._rate, self._seconds = rate, seconds
        self._left: dict[int, tuple[float, float]] = {}  # token -> (requests left, as of)

    def take(self, token: int) -> None:
        """Raises HTTPException where there is none left."""
        now = self._seconds()
        left, at = self._left.get(token, (self._rate, now))
        left = min(self._rate, left + (now - at) * self._rate)
        self._left[token] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            raise HTTPException(429, f"more than {self._rate:g} requests a second", {"Retry-After": "1"})


class RequestSlots:
    """So many requests at once. Used only on the loop's thread."""

    def __init__(self, most: int = MOST_UNDER_WAY) -> None:
        self._free = most

    @contextmanager
    def one(self) -> Iterator[None]:
        if not self._free:
            raise HTTPException(503, "too many requests at once", {"Retry-After": "1"})
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


class EventBacklog:
    """The pending events, counted at most every half second: counting takes longer the more there are."""

    def __init__(self, database: Database, most: int = MOST_PENDING, seconds: Seconds = time.monotonic) -> None:
        self._database, self._most, self._seconds = database, most, seconds
        self._looked = float("-inf")
        self._full = False

    def refuse_when_full(self) -> None:
        """Raises HTTPException while the engine is far behind."""
        now = self._seconds()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with self._database.reading() as db:
                self._full = inbox.more_than(db, self._most)
        if self._full:
            raise HTTPException(503, "the engine has not processed the earlier events yet", {"Retry-After": "5"})
