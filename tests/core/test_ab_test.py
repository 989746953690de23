"""Who is ahead in an A/B test, and when that is a winner."""

from __future__ import annotations

from math import exp, lgamma, log

import pytest

from engine.core.ab_test import Share, judged, win_probabilities


def closed(one: Share, other: Share) -> float:
    """P(other's rate > one's rate) by the sum of Evan Miller (2013)."""

    def beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    a, b = 1 + one.did, 1 + one.people - one.did
    c, d = 1 + other.did, 1 + other.people - other.did
    return sum(exp(beta(a + i, b + d) - log(d + i) - beta(1 + i, d) - beta(a, b)) for i in range(c))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Share(0, 0), Share(0, 0)),
        (Share(0, 500), Share(3, 500)),
        (Share(500, 500), Share(498, 500)),
        (Share(20, 1_000), Share(33, 1_200)),
        (Share(1, 4), Share(4_100, 100_000)),
        (Share(30_000, 1_000_000), Share(30_300, 1_000_000)),
    ],
)
def test_the_integral_is_the_closed_sum(one: Share, other: Share) -> None:
    found = win_probabilities([one, other])
    assert found[1] == pytest.approx(closed(one, other), abs=2e-4)
    assert sum(found) == pytest.approx(1)


def test_branches_that_are_alike_are_as_likely_each() -> None:
    assert win_probabilities([Share(30, 1_000)] * 4) == pytest.approx([0.25] * 4)


def test_there_is_a_winner_from_500_people_a_branch_and_90_per_cent_on() -> None:
    few = judged([Share(5, 499), Share(80, 900)])
    assert (few.best, few.has_won, few.missing) == (1, False, (1, 0))
    clear = judged([Share(10, 500), Share(25, 500)])
    assert clear.has_won and clear.probability > 0.99 and clear.lift == pytest.approx(1.5)
    close = judged([Share(20, 500), Share(22, 500), Share(3, 500)])
    assert (close.best, close.has_won) == (1, False) and close.probability < 0.9
    assert judged([Share(0, 500), Share(9, 500)]).lift is None
