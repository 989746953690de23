"""What holds for one number: its zones, the week in which it may be texted, and how often the law allows it.

Invariants: worked out once for all numbers of an area code with the same fields. An unknown or ambiguous zone, and a number of one
state with an address in another, take what is allowed in all of them (T2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.core.gates.opening_hours import closing, is_open, opening
from engine.messaging import quiet_hours as rules
from engine.messaging.quiet_hours import Quiet, Week
from engine.messaging.zones import candidates

DEFAULT_QUIET = Quiet((20 * 60, 9 * 60), True)
OFF = Quiet(None, False)
AREA = 5  # characters of a number that say its area code: +1202


@dataclass(
    frozen=True, eq=False
)  # one object for all that are alike: told apart by identity, it is a key that costs nothing
class LocalRules:
    zones: tuple[str, ...]
    week: Week
    holidays: frozenset[str]
    most_per_day: int | None
    why: str  # which hours these are, for people

    def opening(self, at: int) -> int | None:
        """`at` itself where it is open then, else the first instant from then on; None where there is none."""
        return _opening(self, at)

    def closing(self, at: int, latest: int) -> int:
        """The first instant from `at` on at which it is not open; `latest` where it is open until then."""
        return _closing(self, at, latest)


def local_rules(
    phone: str, region: str, own_zone: str | None, state: object, default_zone: str, quiet: Quiet
) -> LocalRules | None:
    """None where the author has turned quiet hours off. `own_zone` and `state`: the contact's own fields, where it has them."""
    if quiet == OFF:
        return None
    return _local(phone[:AREA], region, own_zone, state if isinstance(state, str) else None, default_zone, quiet)


@lru_cache(maxsize=4_096)
def _opening(local: LocalRules, at: int) -> int | None:
    if is_open(at, local.zones, local.week, local.holidays):
        return at
    return opening(at, local.zones, local.week, local.holidays)


@lru_cache(maxsize=4_096)
def _closing(local: LocalRules, at: int, latest: int) -> int:
    return closing(at, local.zones, local.week, latest, local.holidays)


@lru_cache(maxsize=65_536)
def _local(
    area: str, region: str, own_zone: str | None, state: str | None, default_zone: str, quiet: Quiet
) -> LocalRules:
    states = rules.states_of(area, state)
    of = (quiet, region, states)
    zones = candidates(area, own_zone, default_zone, region)
    return LocalRules(zones, rules.open_week(*of), rules.holidays_of(*of), rules.most_per_day(*of), rules.why(*of))
