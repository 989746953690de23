"""May this message go now? The same pure functions are asked at the SMS step, before the request and in a preview (M0, M5).

    Open           yes
    Hold(until)    not before that instant
    Never(reason)  no, and waiting will not change it

They are asked in the order of GATES; the first that is not Open answers. Quiet hours and caps will stand between country and expiry.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.core.gates.answers import OPEN, Answer, Candidate, Hold, Never, Open
from engine.core.gates.consent import consent
from engine.core.gates.country import country
from engine.core.gates.expiry import expiry
from engine.core.gates.reachable import reachable

GATES: tuple[Callable[[Candidate], Answer], ...] = (consent, reachable, country, expiry)


def look(candidate: Candidate) -> Answer:
    """The first answer that is not Open, else Open."""
    for gate in GATES:
        answer = gate(candidate)
        if answer is not OPEN:
            return answer
    return OPEN


__all__ = ["GATES", "OPEN", "Answer", "Candidate", "Hold", "Never", "Open", "look"]
