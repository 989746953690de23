"""The size limits of each provider, in bytes: of an image, and of a whole message (promise MM2).

Invariants: the numbers and their sources are in data/media_limits.json; a provider or kind of number that is not listed gets the default,
which every provider accepts.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.messaging.tables import table

MMS_REGIONS = ("US", "CA")  # MM3: by the number's region, never by +1


class Limits(NamedTuple):
    image_bytes: int
    message_bytes: int


_TABLE = table("media_limits")
DEFAULT = Limits(*_TABLE["default"])


def limits(provider: str, kind: str) -> Limits:
    """`kind`: toll_free, long_code or short_code."""
    kinds = _TABLE["providers"].get(provider, {})
    return Limits(*kinds.get(kind, kinds.get("*", DEFAULT)))
