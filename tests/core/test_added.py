"""What a flow adds: known intervals, and nothing claimed from small numbers."""

from __future__ import annotations

import random

import pytest

from engine.core import added
from engine.core.added import Side


def test_the_difference_of_two_shares_is_newcombes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcombe 1998, table II: 56 of 70 against 48 of 80 is 0.2000, from 0.0524 to 0.3339."""
    monkeypatch.setattr(added, "FEWEST_CONTACTS", 50)
    found = added.conversion(Side(70, 56), Side(80, 48))
    assert found is not None and [round(each, 4) for each in found] == [0.2, 0.0524, 0.3339]
    assert found.is_sure
    none = added.conversion(Side(70, 56), Side(70, 56))
    assert none is not None and not none.is_sure


def test_nothing_is_claimed_from_small_numbers() -> None:
    assert added.conversion(Side(100_000, 5_000), Side(499, 1)) is None
    assert added.revenue(Side(100_000, 5_000, 10**9, 10.0**15), Side(5_000, 19, 10**7, 10.0**12)) is None
    assert added.conversion(Side(), Side()) is None and added.revenue(Side(), Side()) is None


def test_an_interval_of_revenue_holds_what_is_true_nineteen_times_of_twenty() -> None:
    """Most contacts buy nothing, and a few buy a lot: 2.00 a contact is added."""
    chance, inside = random.Random(3), 0
    for _ in range(300):
        sides = []
        for share in (0.10, 0.05):
            spent = [chance.expovariate(1 / 40) if chance.random() < share else 0.0 for _ in range(1_000)]
            sides.append(
                Side(len(spent), sum(each > 0 for each in spent), round(sum(spent)), sum(each**2 for each in spent))
            )
        found = added.revenue(*sides)
        assert found is not None
        inside += found.least <= 2.0 <= found.most
    assert 0.91 <= inside / 300 <= 0.98, inside
