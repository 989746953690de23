"""What providers take, as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.messaging.media.picture import MAX_BYTES
from engine.messaging.media_limits import DEFAULT, limits

TABLE = Path(__file__).resolve().parents[2] / "engine/messaging/data/media_limits.json"


@pytest.mark.parametrize(
    ("provider", "kind", "wanted"),
    [
        ("simulator", "toll_free", (500_000, 525_000)),
        ("bandwidth", "toll_free", (500_000, 525_000)),
        ("bandwidth", "long_code", (500_000, 1_000_000)),
        ("telnyx", "toll_free", (500_000, 600_000)),
        ("twilio", "short_code", (500_000, 5_000_000)),
        ("signalwire", "long_code", (500_000, 525_000)),
        ("infobip", "long_code", (275_000, 300_000)),
        ("nobody", "toll_free", (500_000, 525_000)),
    ],
)
def test_each_provider_has_its_own(provider: str, kind: str, wanted: tuple[int, int]) -> None:
    assert limits(provider, kind) == wanted


def test_the_default_is_what_is_looked_at_elsewhere() -> None:
    assert DEFAULT.image_bytes == MAX_BYTES


def test_a_picture_leaves_room_for_the_words() -> None:
    """1,600 characters and what stands around them, or the provider counts the picture alone."""
    for kinds in json.loads(TABLE.read_bytes())["providers"].values():
        assert all(whole - image >= 25_000 for image, whole in kinds.values())
