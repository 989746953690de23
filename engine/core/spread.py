"""When each contact starts, where a firing is spread over a while. Pure.

Invariants: the same contact starts at the same time, whoever works it out and whenever. All are spread evenly over the length that the
author wrote, from the firing or from when the contact's hours open if that is later; over what is left of those hours if that is less:
nobody starts when they may not be texted. They start on whole SLOTs, so that many are one batch.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.core.facts import Person
from engine.core.gates.local_rules import LocalRules
from engine.core.lots import SPREAD, WHOLE, drawn
from engine.messaging.quiet_hours import Quiet

SLOT = 5_000  # ms


class Spread(NamedTuple):
    """From `begin` on, `length` ms. `is_cut`: the hours end before all that the author wrote is over."""

    begin: int
    length: int
    is_cut: bool = False

    def start_of(self, contact: int, flow: str) -> int:
        """UTC ms."""
        into = drawn(contact, flow, SPREAD) * self.length // WHOLE
        return self.begin + into - into % SLOT


def spread_of(at: int, length: int, local: LocalRules | None) -> Spread:
    """Of a firing at `at`; `local` None: quiet hours hold nothing of it."""
    begin = None if local is None else local.opening(at)
    if local is None or begin is None:  # hours that never open are said at the first message
        return Spread(at, length)
    end = local.closing(begin, begin + length)
    return Spread(begin, end - begin, end < begin + length)


def hours_of(person: Person, category: str, quiet: Quiet, default_zone: str) -> LocalRules | None:
    """When the contact may get messages of a flow of that category; None: always. `default_zone`: the project's."""
    return person.local_rules(default_zone, quiet) if category == "marketing" else None
