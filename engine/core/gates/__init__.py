"""May this message go now? The same pure functions answer at the SMS step, before the request and in a preview (M0, M5).

    Open           yes
    Hold(until)    not before that instant
    Never(reason)  no, and waiting will not change it

They are called in the order of GATES; the first answer that is not Open counts. Those that hold come last, so a message that can never go
is not kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from engine.core.gates.caps import Caps
from engine.core.gates.checks import consent, country, expiry, frequency, hours, reachable
from engine.core.gates.local_rules import LocalRules
from engine.core.gates.verdict import OPEN, Candidate, Hold, Never, Open, Verdict

Gate = Callable[[Candidate], Verdict]
HOLDING: tuple[Gate, ...] = (hours, frequency)
GATES: tuple[Gate, ...] = (consent, reachable, country, expiry, *HOLDING)
MOST_HOLDS = 40  # a hold after a hold after a hold: a month of cap days that each end in a night


def first_verdict(candidate: Candidate) -> Verdict:
    """The first answer that is not Open, else Open."""
    for gate in GATES:
        answer = gate(candidate)
        if answer is not OPEN:
            return answer
    return OPEN


def are_counted(caps: Caps, local: LocalRules | None) -> bool:
    """Whether a cap of the project's or of the law looks at what was sent before."""
    return bool(caps.caps) or (local is not None and local.most_per_day is not None)


class Decided(NamedTuple):
    candidate: Candidate
    verdict: Verdict


@lru_cache(maxsize=4_096)
def decided_alike(
    now: int,
    category: str,
    consent: str | None,
    region: str,
    countries: frozenset[str],
    expires_at: int | None,
    unreachable: str | None,
    local: LocalRules | None,
) -> Decided:
    """The verdict on all messages that are alike in these, where no cap looks at what was sent before: worked out once."""
    candidate = Candidate(now, category, consent, region, countries, expires_at, unreachable, local)
    return Decided(candidate, first_verdict(candidate))


def opens_at(candidate: Candidate) -> int:
    """The first instant from `now` on at which no gate would have held the message back: lateness counts from then (T4)."""
    at = candidate.now
    for _ in range(MOST_HOLDS):
        later = [answer.until for gate in HOLDING if isinstance(answer := gate(candidate._replace(now=at)), Hold)]
        if not later:
            break
        at = max(later)
    return at


__all__ = [
    "GATES", "OPEN", "Candidate", "Decided", "Hold", "Never", "Open", "Verdict", "are_counted", "decided_alike", "first_verdict",
    "hours", "opens_at",
]  # fmt: skip
