"""Frequency cap, as a gate: the counting is in caps.py."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Hold
from engine.core.gates.caps import reached


def frequency(candidate: Candidate) -> Answer:
    by_law = candidate.local.most_per_day if candidate.local is not None else None
    if candidate.category != "marketing" or not candidate.sent or (by_law is None and not candidate.caps.caps):
        return OPEN
    found = reached(candidate.caps, by_law, candidate.sent, candidate.run, candidate.now)
    return OPEN if found is None else Hold(found.until, found.why, "cap")
