"""How many bytes a provider takes: of a picture, and of a message with all that is in it (promise MM2).

Invariants: the numbers are data (data/media_limits.json) with their sources; a provider or a kind of number that is not there has
the default, which is safe everywhere.
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
