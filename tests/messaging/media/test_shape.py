"""Which shapes phones show well."""

from __future__ import annotations

import pytest

from engine.messaging.media.boxes import bad_shape


@pytest.mark.parametrize(
    "size", [(640, 1138), (1080, 1920), (1080, 1350), (480, 480), (500, 400), (3024, 4032), (32, 64)]
)
def test_portrait_and_square_show_well(size: tuple[int, int]) -> None:
    assert bad_shape(*size) is None


@pytest.mark.parametrize(
    ("size", "how", "becomes"),
    [
        ((4032, 3024), "small", "1080×810"),
        ((1920, 1080), "small", "1080×608"),
        ((600, 400), "small", "600×400"),
        ((1000, 4000), "small", "480×1920"),
        ((1, 1), "unseen", "1×1"),
        ((10_000, 20), "unseen", "1080×2"),
        ((20, 10_000), "unseen", "4×1920"),
        ((31, 60), "unseen", "31×60"),
    ],
)
def test_what_is_far_from_it_is_told_what_it_becomes(size: tuple[int, int], how: str, becomes: str) -> None:
    found = bad_shape(*size)
    assert found is not None
    assert (found.how, becomes in found.reason, "640×1138" in found.way_out) == (how, True, True)
