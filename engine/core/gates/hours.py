"""Quiet hours: marketing goes only while it is allowed wherever the contact may be; it waits for the next opening."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Hold, Never
from engine.core.gates.opening import is_open, opening


def hours(candidate: Candidate) -> Answer:
    if candidate.category != "marketing" or candidate.local is None:
        return OPEN
    now, local = candidate.now, candidate.local
    if is_open(now, local.zones, local.week, local.holidays):
        return OPEN
    until = opening(now, local.zones, local.week, local.holidays)
    return Never(f"{local.why}: they never end") if until is None else Hold(until, local.why, "quiet")
