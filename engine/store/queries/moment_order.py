"""The order of moments that have the same instant: what answers a message comes after it, and what an event brings comes after the event.

Invariants: what came in (events, texts, clicks, reports) is in the order of its ids, in which it was stored. A message that was reported or
clicked at the instant at which it left, left before that; another one comes after what started its run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.core.calendar import MINUTE

LAST = float("inf")
BEFORE_ALL = -1.0


class CameIn(NamedTuple):
    """A row of `event`. `about`: the run and the step of the message that it reports or clicks."""

    at: int
    id: int
    is_cause: bool  # no report
    is_text: bool
    verdict: str
    about: tuple[int, str | None] | None


class InstantOrder:
    """Places of one contact's moments among all of their instant. `causes`: run -> the event that started it."""

    def __init__(self, came_in: Iterable[CameIn], causes: Mapping[int, int | None]) -> None:
        self._causes = causes
        self._at: dict[int, list[CameIn]] = defaultdict(list)
        for each in sorted(came_in, key=lambda each: each.id):
            self._at[each.at].append(each)

    def of_entry(self, at: int, run: int | None) -> float:
        """Behind what started the run, where that came in then."""
        cause = self._causes.get(run) if run is not None else None
        return cause if cause is not None and any(each.id == cause for each in self._at[at]) else self.behind(at)

    def of_message(self, at: int, run: int | None, step: str | None) -> float:
        first = next((each.id for each in self._at[at] if each.about == (run, step)), None)
        return self.of_entry(at, run) if first is None else first - 0.5

    def of_consent(self, at: int, source: str) -> float:
        """Behind the text that gave it or took it back; `source` as the consent log has it."""
        by, _, said = source.partition(" ")
        texts = [each for each in self._at[at] if each.is_text and by in ("text", "flow")]
        meant = [each for each in texts if by == "text" and each.verdict == said.partition(" ")[0]]
        return next((each.id for each in meant or reversed(texts)), BEFORE_ALL)

    def behind(self, at: int) -> float:
        """Behind what people and events did then."""
        return max((each.id for each in self._at[at] if each.is_cause), default=0)


def told_at(exited_at: int, sent: Iterable[int]) -> int:
    """Where the end of a run stands: behind its messages that left within the minute, for they are what it ended with."""
    return max((at for at in sent if exited_at <= at < exited_at + MINUTE), default=exited_at)
