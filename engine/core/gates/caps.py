"""Frequency cap: how many marketing messages one contact gets within a rolling window, across flows.

Invariants: a message that left, or may have left, counts; one that never did (cancelled, expired, skipped, failed) does not. A law's
cap of a day (47 CFR aside, Florida, Oklahoma, Maryland: 3) counts everything; the project's own may leave out messages of the same run,
so that an MMS and the SMS that follows it up are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.calendar import DAY


class SentMarketing(NamedTuple):
    """One marketing message of the contact, in whatever flow."""

    at: int  # when it left, else when it was written
    run: int


class Cap(NamedTuple):
    most: int
    window: int  # ms
    period: str  # as people say it: day, week, month


class Caps(NamedTuple):
    """What a project declares for marketing."""

    caps: tuple[Cap, ...] = ()
    except_within_flow: bool = False


class CapReached(NamedTuple):
    until: int  # when the window has room again
    why: str


NO_CAPS = Caps()


def cap_reached(caps: Caps, by_law: int | None, sent: Sequence[SentMarketing], run: int, now: int) -> CapReached | None:
    """The cap that keeps a message of `run` back longest at `now`; None where there is room. `sent` in order of time."""
    counted = [each.at for each in sent if not (caps.except_within_flow and each.run == run)]
    found = [_reached(cap, counted, now) for cap in caps.caps]
    if by_law is not None:
        found.append(_reached(Cap(by_law, DAY, "day by law"), [each.at for each in sent], now))
    return max((each for each in found if each is not None), default=None)


def _reached(cap: Cap, sent: Sequence[int], now: int) -> CapReached | None:
    within = [at for at in sent if now - cap.window < at <= now]
    if len(within) < cap.most:
        return None
    # There is room when one message fewer than the cap is in the window.
    return CapReached(within[-cap.most] + cap.window, f"cap of {cap.most} a {cap.period}")
