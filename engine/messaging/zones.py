"""The area of a number: its region, states and possible time zones (promise T2).

Invariants: an area code shows where a number was assigned, not where its owner is. An area code or country may have several zones, and each
of them is possible. The name of an offset (UTC, -05:00) is no place and is ignored. The area codes are in data/area_codes.json, taken from
libphonenumber and extended for codes in two zones; the zones of other countries are those of the zone database.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.messaging.tables import table


class Area(NamedTuple):
    region: str  # ISO 3166: US, CA, PR, JM …
    states: tuple[str, ...]  # two letters in US and Canada; elsewhere names of places
    zones: tuple[str, ...]


_AREAS = {
    code: Area(region, tuple(states), tuple(zones))
    for code, (region, states, zones) in table("area_codes")["area_codes"].items()
}


def area_of(phone: str) -> Area | None:
    """The area of an E.164 number of the North American plan; None for other countries' and for toll-free and personal codes."""
    return _AREAS.get(phone[2:5]) if phone.startswith("+1") else None


def zone_for(phone: str, region: str | None = None) -> str | None:
    """The one zone of the number's area code, or of the country `region` outside the North American plan; None: several or none."""
    zones = _zones(phone, region)
    return zones[0] if len(zones) == 1 else None


def candidates(phone: str, own: str | None, default: str, region: str | None = None) -> tuple[str, ...]:
    """The zones a contact may be in: those that its own field may mean, else all of its area code or country, else the project's."""
    return meant_by(own or "") or _zones(phone, region) or (default,)


def zone_of(phone: str, region: str, own: object, default: str) -> str:
    """The one zone of a contact: what its own field means, the number's if that is among it; else the number's, else the project's."""
    of_number = zone_for(phone, region)
    meant = meant_by(own) if isinstance(own, str) else ()
    return of_number if of_number in meant else meant[0] if meant else of_number or default


_EASTERN, _CENTRAL, _PACIFIC = ("America/New_York",), ("America/Chicago",), ("America/Los_Angeles",)
_ALASKA, _HAWAII = ("America/Anchorage",), ("Pacific/Honolulu",)
_ABBREVIATED = {
    "EST": _EASTERN, "EDT": _EASTERN, "CST": _CENTRAL, "CDT": _CENTRAL, "PST": _PACIFIC, "PDT": _PACIFIC,
    "MST": ("America/Denver", "America/Phoenix"), "MDT": ("America/Denver",),
    "AKST": _ALASKA, "AKDT": _ALASKA, "HST": _HAWAII, "HDT": _HAWAII,
}  # fmt: skip
_PLACELESS = re.compile(r"(?i)Etc/.*|(?=.)(?:UTC|UCT|GMT|Zulu|Universal|Greenwich|Z)?(?:[+-]\d{1,2}(?::?\d\d)?|0)?")


@lru_cache(maxsize=1024)
def meant_by(name: str) -> tuple[str, ...]:
    """The zones that a name in a contact's own field may mean; none where it names no place, or nothing that is known.

    People write EST and similar names for places with summer time, although the zone database has them without it; MST may be Arizona too.
    """
    if placeless(name):
        return ()
    return _ABBREVIATED.get(name.upper()) or ((name,) if valid_zone(name) else ())


def placeless(name: str) -> bool:
    """Whether a name is an offset from UTC and no place: UTC, GMT+5, Etc/GMT+5, -05:00."""
    return _PLACELESS.fullmatch(name.strip()) is not None


def _zones(phone: str, region: str | None) -> tuple[str, ...]:
    if phone.startswith("+1"):  # a toll-free number has a country of this plan, but no place
        area = _AREAS.get(phone[2:5])
        return area.zones if area is not None else ()
    return _countries().get(region or "", ())


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """Every country's zones. `zone.tab` names each country's apart, also where their clocks agree today."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for country, _, zone, *_ in (line.split("\t") for line in table.splitlines() if not line.startswith("#")):
        found.setdefault(country, []).append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


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


@cache
def zone_names() -> tuple[str, ...]:
    """All that `valid_zone` knows."""
    listed = (files("tzdata") / "zones").read_text("utf-8").split()
    return tuple(name for name in listed if valid_zone(name))
