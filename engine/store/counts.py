"""What one transaction adds to the tally (tally.py): kept in memory until its end, so that a row of the tally is written once."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

HOUR_MS = 3_600_000


class Key(NamedTuple):
    """A row of the tally, but for its hour and slot. `what` is of states.py; `place` a step's number, or NOWHERE."""

    flow: int
    what: int
    place: int
    deployment: int = 0
    detail: str = ""


class Counts:
    """Of a connection; `slot` tells the rows that it adds to from those of others."""

    def __init__(self, slot: int = 0) -> None:
        self.slot = slot
        self.messages: Counter[tuple[int, Any]] = Counter()
        """(hour, Message): so many more are so, or fewer. What comes to be undone within the transaction costs nothing."""
        self._found: dict[tuple[int, Key], tuple[int, int]] = {}

    def add(self, now: int, key: Key, n: int, cost: int = 0) -> None:
        """So many more at the instant `now` (UTC ms), or fewer; `cost` in millionths."""
        at = now // HOUR_MS, key
        count, amount = self._found.get(at, (0, 0))
        self._found[at] = count + n, amount + cost

    def take(self) -> list[tuple[int | str, ...]]:
        """The rows (flow, hour, what, place, deployment, detail, slot, n, cost) of what was added, in order of their keys."""
        found, self._found = self._found, {}
        return sorted(
            (key.flow, hour, key.what, key.place, key.deployment, key.detail, self.slot, n, cost)
            for (hour, key), (n, cost) in found.items()
            if n or cost
        )

    def at(self, now: int) -> dict[Key, tuple[int, int]]:
        """What was added at that hour: (n, cost)."""
        return {key: found for (hour, key), found in self._found.items() if hour == now // HOUR_MS and found != (0, 0)}

    def clear(self) -> None:
        self._found = {}
        self.messages.clear()
