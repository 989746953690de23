"""Whether a branch of a split has won: how likely each is the best, and by how much the first is ahead of the second.

A share is not known, only how many of how many did something. From a uniform prior its posterior is Beta(1 + those who did, 1 + those who
did not). The probability that a branch is the best is the integral of its density times the distribution functions of all others,
    P(i is best) = ∫ f_i(x) Π_{j≠i} F_j(x) dx,
taken numerically. For two branches it is the closed sum of Evan Miller, "Formulas for Bayesian A/B Testing" (2013), which the tests
compare it with. The rule for a winner (500 people in each branch, 90 %) is that of Klaviyo's flows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import exp, lgamma, log, prod, sqrt
from typing import NamedTuple

LEAST_PEOPLE = 500
"""In each branch."""
LEAST_PROBABILITY = 0.9
_POINTS = 4_000
_DEVIATIONS = 9  # around each mean, beyond which nothing is


class Share(NamedTuple):
    """So many of so many people."""

    did: int
    people: int

    @property
    def rate(self) -> float:
        return self.did / self.people if self.people else 0.0


class Verdict(NamedTuple):
    """`best`: the place of the branch that is most likely the best. `lift`: its rate against that of the next one, 0.1 being a tenth more;
    None: nobody of the next one did it."""

    best: int
    probabilities: tuple[float, ...]
    lift: float | None
    missing: tuple[int, ...]
    """How many people each branch lacks."""

    @property
    def probability(self) -> float:
        return self.probabilities[self.best]

    @property
    def has_won(self) -> bool:
        return not any(self.missing) and self.probability >= LEAST_PROBABILITY


def judged(shares: Sequence[Share]) -> Verdict:
    """Of at least two branches."""
    chances = win_probabilities(shares)
    order = sorted(range(len(shares)), key=lambda place: (-chances[place], -shares[place].rate, place))
    first, second = (shares[place].rate for place in order[:2])
    lift = first / second - 1 if second else None
    missing = tuple(max(0, LEAST_PEOPLE - share.people) for share in shares)
    return Verdict(order[0], chances, lift, missing)


def win_probabilities(shares: Sequence[Share]) -> tuple[float, ...]:
    """Of each branch, that its rate is the highest. They add up to 1."""
    low, high = _bounds(shares)
    step = (high - low) / _POINTS
    points = [low + (place + 0.5) * step for place in range(_POINTS)]
    densities = [_density(share, points) for share in shares]
    totals = [sum(each) for each in densities]
    # Half of a point's own mass lies below it.
    below = [
        [(whole - own / 2) / total for whole, own in zip(accumulate(each), each, strict=True)]
        for each, total in zip(densities, totals, strict=True)
    ]
    found = [
        sum(
            density * prod(others[place] for which, others in enumerate(below) if which != own)
            for place, density in enumerate(densities[own])
        )
        / totals[own]
        for own in range(len(shares))
    ]
    return tuple(each / sum(found) for each in found)


def _bounds(shares: Sequence[Share]) -> tuple[float, float]:
    edges = []
    for did, people in shares:
        a, b = 1 + did, 1 + people - did
        mean, deviation = a / (a + b), sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))
        edges += [mean - _DEVIATIONS * deviation, mean + _DEVIATIONS * deviation]
    return max(0.0, min(edges)), min(1.0, max(edges))


def _density(share: Share, points: Sequence[float]) -> list[float]:
    a, b = 1 + share.did, 1 + share.people - share.did
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    return [exp(scale + (a - 1) * log(x) + (b - 1) * log(1 - x)) for x in points]
