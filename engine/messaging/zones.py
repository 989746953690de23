"""Where a number's area code lies: region, states, time zones (promise T2).

Rules kept here: an area code says where a number was given out, not where its owner is; one area code can lie in several zones,
and then none of them is *the* zone; a number outside the North American plan has none. The table is data
(data/area_codes.json), taken from libphonenumber and widened for codes that lie in two zones.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Area(NamedTuple):
    region: str  # ISO 3166: US, CA, PR, JM …
    states: tuple[str, ...]  # two letters in US and Canada; elsewhere names of places
    zones: tuple[str, ...]


def _load() -> dict[str, Area]:
    table = json.loads((Path(__file__).parent / "data" / "area_codes.json").read_bytes())["area_codes"]
    return {code: Area(region, tuple(states), tuple(zones)) for code, (region, states, zones) in table.items()}


_AREAS = _load()


def area_of(phone: str) -> Area | None:
    """The area of an E.164 number of the North American plan; None for other countries' and for toll-free and personal codes."""
    return _AREAS.get(phone[2:5]) if phone.startswith("+1") else None


def zone_for(phone: str) -> str | None:
    """The one zone of the number's area code; None where there are several or none."""
    area = area_of(phone)
    return area.zones[0] if area is not None and len(area.zones) == 1 else None


# `posix/` and `right/` are other spellings of the same zones, the latter counting leap seconds: no contact lives there.
_NAME = re.compile(r"(?!posix/|right/)[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


@lru_cache(maxsize=1024)
def valid_zone(name: str) -> bool:
    """Whether this is the IANA name of a time zone."""
    if name in ("localtime", "Factory") or not _NAME.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):  # not found; a folder such as "America"; a file that holds no zone
        return False
    return True
