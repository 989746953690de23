"""A sample of very many contacts."""

from __future__ import annotations

from collections import Counter

from engine.preview.sample import Sample, sample


def test_few_are_all_of_them() -> None:
    assert sample(iter([3, 5, 9]), 3, 1) == Sample([3, 5, 9], 3)
    assert sample(iter([]), 3, 1) == Sample([], 0)


def test_of_many_each_is_as_likely() -> None:
    drawn = Counter(id for seed in range(2_000) for id in sample(range(20), 5, seed).ids)
    assert sorted(drawn) == list(range(20)) and sum(drawn.values()) == 10_000
    assert all(400 < times < 600 for times in drawn.values())


def test_the_same_seed_draws_the_same_in_order() -> None:
    first = sample(range(1_000), 10, 7)
    assert first == sample(range(1_000), 10, 7) and first.ids == sorted(set(first.ids)) and first.of == 1_000
    assert first != sample(range(1_000), 10, 8)
