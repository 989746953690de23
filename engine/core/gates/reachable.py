"""Reachable: nothing is sent to a number that a provider has called a landline, or otherwise closed to texts."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def reachable(candidate: Candidate) -> Answer:
    if candidate.unreachable is None:
        return OPEN
    return Never(f"cannot be texted: {candidate.unreachable}")
