"""Consent (C1): marketing goes to the subscribed only; `transactional` frees from that, never from a STOP.

An `answer` is what a person asked for by a keyword of theirs: it also goes to whoever has opted out, to confirm it or to say HELP. A
`test` goes to a number of the operator's own.
"""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def consent(candidate: Candidate) -> Answer:
    if candidate.consent == "subscribed" or candidate.category == "answer":
        return OPEN
    if candidate.consent == "unsubscribed":
        return Never("opted out")
    return OPEN if candidate.category in ("transactional", "test") else Never("no consent")
