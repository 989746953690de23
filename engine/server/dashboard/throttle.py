"""How often somebody may try to sign in: with wrong tokens, by address; with a right one, by token.

Invariants: a right token is let in whatever others have tried, also from the same address: a token has 256 random bits, so what is
bounded is the work, not the guessing. The memory is bounded, too.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

WRONG_A_MINUTE = 10
RIGHT_A_MINUTE = 30
MOST_KEPT = 10_000


class Throttle:
    """So many a minute for each name; the ones not seen for longest are forgotten first. Used by many threads."""

    def __init__(self, a_minute: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds = a_minute, seconds
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name -> (tries left, as of)

    def take(self, name: str) -> bool:
        """Whether there was one left."""
        now = self._seconds()
        left, at = self._left.pop(name, (float(self._most), now))
        left = min(self._most, left + (now - at) * self._most / 60)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return left >= 1
