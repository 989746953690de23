"""The rate of one sender: no window of one second holds more parts than it allows (M6).

Invariants: a message counts when its request starts, not when it is claimed; a claimed one counts as if it started now. A message of
more parts than the rate uses the rate alone for as many seconds as it needs. What other processes claim, or one before it has claimed,
counts as if it started as late as it may.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from engine.store.rate import Use

SECOND_MS = 1_000
HORIZON_MS = 250  # a claimed message starts within so long of its claim's end, or goes back
LONGEST_CLAIM_MS = 2_000  # one that takes longer claims in vain
MOST_PARTS = 32  # no text has more


class _Start(NamedTuple):
    over: int  # the instant from which on it does not count any more
    parts: float


JOINED_MS = 50
"""So close together the uses of one process are kept as one, as long as the later."""


def joined(uses: Iterable[Use]) -> list[Use]:
    """The oldest first."""
    kept: dict[str, list[Use]] = {}
    for use in sorted(uses, key=lambda use: use.until):
        own = kept.setdefault(use.by, [])
        if own and use.until - own[-1].until <= JOINED_MS:
            own[-1] = use._replace(parts=own[-1].parts + use.parts)
        else:
            own.append(use)
    return [use for own in kept.values() for use in own]


class Pacer:
    """Used by any number of threads; one of them claims. Instants are UTC ms."""

    def __init__(self, parts_per_second: float) -> None:
        self._rate = parts_per_second
        self._guard = threading.Lock()
        self._started: deque[_Start] = deque()
        self._used = 0.0  # the sum of them
        self._claimed: dict[int, tuple[int, int]] = {}  # message -> claimed at, parts
        self._others: list[_Start] = []

    def share(self, others: Iterable[tuple[int, float]]) -> None:
        """(until when, parts): what other processes use of the rate."""
        with self._guard:
            self._others = sorted(_Start(*each) for each in others)

    def room(self, now: int) -> float:
        """Parts that may start at `now`, beside those that are claimed."""
        with self._guard:
            return self._room(now)

    def fits(self, parts: int, room: float) -> bool:
        """Whether a message of so many parts may start where there is so much room."""
        return min(parts, self._rate) <= room + 1e-9

    def room_at(self, now: int, parts: float) -> int:
        """The first instant at which there is room for so many, if nothing else starts before."""
        with self._guard:
            room, wanted = self._room(now), min(parts, self._rate)
            if room + 1e-9 >= wanted:
                return now
            for start in sorted([*self._started, *self._others]):
                room += start.parts
                if room + 1e-9 >= wanted:
                    return start.over
            return now + HORIZON_MS  # behind what is claimed: it has started by then, or gone back

    @property
    def batch(self) -> float:
        """Parts that are worth a claim: a quarter of a second's."""
        return max(min(1.0, self._rate), self._rate / 4)

    def claim(self, message: int, parts: int, now: int) -> None:
        with self._guard:
            self._claimed[message] = (now, parts)

    def start(self, message: int, now: int) -> None:
        """Its request starts."""
        with self._guard:
            _, parts = self._claimed.pop(message, (now, 1))
            self._add(_Start(self.over(parts, now), min(parts, self._rate)))

    def let_go(self, message: int) -> None:
        """It was claimed, and does not start."""
        with self._guard:
            self._claimed.pop(message, None)

    def over(self, parts: int, now: int) -> int:
        """Until when a message that starts at `now` counts."""
        if parts <= self._rate:
            return now + SECOND_MS
        return now + max(SECOND_MS, -int(-parts * SECOND_MS // self._rate))

    def uses(self, by: str, parts: Iterable[int], starts: int) -> list[Use]:
        """What messages of so many parts use of the rate that start then at the latest; those that end together as one."""
        ends: dict[int, float] = {}
        for each in parts:
            over = self.over(each, starts)
            ends[over] = ends.get(over, 0) + min(each, self._rate)
        return [Use(by, over, used) for over, used in ends.items()]

    def counts(self, until: int, now: int) -> bool:
        """Whether a use is not over. One further ahead than it can be is of a clock that went wrong (E4)."""
        return now < until <= self.over(MOST_PARTS, now + LONGEST_CLAIM_MS + 2 * HORIZON_MS)

    def _add(self, start: _Start) -> None:
        self._started.append(start)
        self._used += start.parts

    def _room(self, now: int) -> float:
        """What counts further ahead than it can is of a clock that went wrong (E4)."""
        while self._started and not now < self._started[0].over <= self.over(MOST_PARTS, now + HORIZON_MS):
            self._used -= self._started.popleft().parts
        if not self._started:
            self._used = 0.0
        self._others = [each for each in self._others if self.counts(each.over, now)]
        stale = [id for id, (at, _) in self._claimed.items() if not 0 <= now - at <= HORIZON_MS]
        for id in stale:
            del self._claimed[id]
        used = self._used + sum(each.parts for each in self._others)
        return self._rate - used - sum(min(parts, self._rate) for _, parts in self._claimed.values())
