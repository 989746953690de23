"""Suppression: a number that gets no texts, as a provider has said, is not texted again."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def reachable(candidate: Candidate) -> Answer:
    if candidate.unreachable is None:
        return OPEN
    return Never(f"cannot be texted: {candidate.unreachable}")
