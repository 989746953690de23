"""What a flow adds: those who may get it against those who are held out of it. Pure.

Invariants: everybody who entered counts on the side on which it was drawn, whatever it got or did: nobody is picked by what came of it.
Of small numbers nothing is claimed. The intervals are of 95 %: Newcombe's for the difference of two shares, from Wilson's of each, and
the normal one for the difference of two means, with each side's own variance.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

FEWEST_CONTACTS, FEWEST_BUYERS = 500, 20
"""On each side: for the share of buyers, and for the revenue, of which a few large orders may be most."""
_Z = 1.959964  # of 95 %


class Side(NamedTuple):
    """Contacts who entered, those of them with an order since, and what they spent, in millionths; `squares`: of each contact's, summed."""

    contacts: int = 0
    buyers: int = 0
    revenue: int = 0
    squares: float = 0.0

    @property
    def conversion(self) -> float:
        return self.buyers / self.contacts if self.contacts else 0.0

    @property
    def per_contact(self) -> float:
        """Millionths."""
        return self.revenue / self.contacts if self.contacts else 0.0


class Difference(NamedTuple):
    """`value` is what was seen; what is true lies between `least` and `most`, but for one case in twenty."""

    value: float
    least: float
    most: float

    @property
    def is_sure(self) -> bool:
        return self.least > 0 or self.most < 0


def conversion(got: Side, held_out: Side) -> Difference | None:
    """Of shares (0 … 1); None where there are too few contacts."""
    if min(got.contacts, held_out.contacts) < FEWEST_CONTACTS:
        return None
    one, two = got.conversion, held_out.conversion
    (low, high), (lower, higher) = _wilson(got), _wilson(held_out)
    value = one - two
    return Difference(
        value,
        value - sqrt((one - low) ** 2 + (higher - two) ** 2),
        value + sqrt((high - one) ** 2 + (two - lower) ** 2),
    )


def revenue(got: Side, held_out: Side) -> Difference | None:
    """Millionths a contact; None where there are too few contacts or buyers."""
    if min(got.contacts, held_out.contacts) < FEWEST_CONTACTS or min(got.buyers, held_out.buyers) < FEWEST_BUYERS:
        return None
    value = got.per_contact - held_out.per_contact
    half = _Z * sqrt(sum(_variance(side) / side.contacts for side in (got, held_out)))
    return Difference(value, value - half, value + half)


def _wilson(side: Side) -> tuple[float, float]:
    share, n = side.conversion, side.contacts
    centre, half = share + _Z**2 / (2 * n), _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (centre - half) / (1 + _Z**2 / n), (centre + half) / (1 + _Z**2 / n)


def _variance(side: Side) -> float:
    return max(0.0, (side.squares - side.contacts * side.per_contact**2) / (side.contacts - 1))
