"""A clock that jumps: all of an instant happens, then the clock moves to the next instant at which something is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from engine.clock import ManualClock

Act = Callable[[int], int | None]
"""Does what is to be done from outside at `now`, and says when there is more."""


class Playable(Protocol):
    """What is played: an engine with its ways out."""

    clock: ManualClock

    def tick(self, now: int) -> int | None:
        """One tick of the engine; the instant at which there is more."""

    def deliver(self) -> None:
        """Send what may leave now, and take in what is answered."""

    def has_news(self) -> bool:
        """Whether something came in that the engine has not seen."""

    def next_deliveries(self, now: int) -> Iterable[int | None]:
        """Instants at which something may leave or be answered."""


def play(
    played: Playable, next_act: Act, until: Callable[[], int], jumped: Callable[[int], None] = lambda at: None
) -> None:
    """Until nothing is due any more, or the next due instant is later than `until()`."""
    while True:
        now = played.clock.now()
        next_act(now)
        due = played.tick(now)
        played.deliver()
        if played.has_news():
            continue
        act = next_act(now)  # once more: a contact whose run has just begun to wait may act before the wait is over
        if played.has_news():
            continue
        instants = [at for at in (act, due, *played.next_deliveries(now)) if at is not None]
        if not instants or min(instants) > until():  # a flow with a schedule always has a next instant
            return
        later = min(instants)
        if later > now:
            played.clock.move_to(later)
            jumped(later)
