"""Country: nobody outside the project's `countries` is texted. Judged by the number's region, never by +1."""

from __future__ import annotations

from engine.core.gates.answers import OPEN, Answer, Candidate, Never


def country(candidate: Candidate) -> Answer:
    if candidate.region in candidate.countries:
        return OPEN
    return Never(f"country {candidate.region} is not served")
