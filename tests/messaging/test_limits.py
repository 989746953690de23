"""What a provider takes holds a picture, the longest text and what a message has around it (MM2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.messaging import limits as module
from engine.messaging.limits import DEFAULT, Limits, limits

LONGEST_TEXT = 1_600 * 4  # bytes in UTF-8
AROUND = 1_024
KINDS = ("toll_free", "long_code", "short_code")
PROVIDERS = json.loads((Path(module.__file__).parent / "data/media_limits.json").read_bytes())["providers"]


@pytest.mark.parametrize("provider", [*PROVIDERS, "one that nobody knows"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_message_fits(provider: str, kind: str) -> None:
    found = limits(provider, kind)
    assert found.image_bytes + LONGEST_TEXT + AROUND <= found.message_bytes
    assert found.image_bytes <= 500_000, "below every reading of 500 KB"


def test_what_nobody_has_said_anything_of_has_the_seeds_limits() -> None:
    assert limits("one that nobody knows", "long_code") == DEFAULT == Limits(500_000, 525_000)
    assert limits("bandwidth", "toll_free") == DEFAULT
    assert limits("bandwidth", "long_code").message_bytes == 1_000_000
