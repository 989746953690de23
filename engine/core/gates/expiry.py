"""Expiry (T4): a message that comes too late to be welcome is dropped, and said to be."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def expiry(candidate: Candidate) -> Answer:
    if candidate.expires_at is None or candidate.now <= candidate.expires_at:
        return OPEN
    return Never("expired", "expired")
