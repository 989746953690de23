"""Consent (C1): marketing goes to the subscribed only; `transactional` frees from that, never from a STOP."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def consent(candidate: Candidate) -> Answer:
    if candidate.consent == "subscribed":
        return OPEN
    if candidate.consent == "unsubscribed":
        return Never("opted out")
    return OPEN if candidate.category == "transactional" else Never("no consent")
