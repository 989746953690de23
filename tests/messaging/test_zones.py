"""Area codes: one zone, several, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.messaging import zones
from engine.messaging.zones import area_of, valid_zone, zone_for


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+12025550143", "America/New_York"),
        ("+13125550123", "America/Chicago"),
        ("+13035550123", "America/Denver"),
        ("+18085550123", "Pacific/Honolulu"),
        ("+16025550123", "America/Phoenix"),
        ("+17875550123", "America/Puerto_Rico"),
        ("+18765550123", "America/Jamaica"),
        ("+18505550123", None),  # Florida's panhandle lies in two
        ("+19075550123", None),  # Alaska
        ("+17095550123", None),  # Newfoundland and Labrador
        ("+18445550100", None),  # toll-free
        ("+447700900123", None),
        ("+1", None),
        ("", None),
    ],
)
def test_the_one_zone_of_an_area_code(phone: str, zone: str | None) -> None:
    assert zone_for(phone) == zone


def test_an_area_knows_its_region_and_states() -> None:
    area = area_of("+18505550123")

    assert area == ("US", ("FL",), ("America/New_York", "America/Chicago"))


def test_the_table_is_whole_names_its_source_and_all_of_its_zones_exist() -> None:
    table = json.loads((Path(zones.__file__).parent / "data" / "area_codes.json").read_text(encoding="utf-8"))

    assert "libphonenumber" in table["source"]
    assert len(table["area_codes"]) == 442
    for region, _, found in table["area_codes"].values():
        assert len(region) == 2
        assert found
        assert all(valid_zone(zone) for zone in found)


@pytest.mark.parametrize("name", ["America/New_York", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "EST5EDT"])
def test_names_of_zones(name: str) -> None:
    assert valid_zone(name)


@pytest.mark.parametrize(
    "name",
    ["", "America", "America/Newyork", "EST ", "../UTC", "/etc/passwd", "America/../UTC", "posix/UTC", "right/UTC",
     "zone.tab", "localtime", "Factory", "UTC\0", "Amerika/New_York", "-05:00", "x" * 5000],
)  # fmt: skip
def test_what_is_no_zone(name: str) -> None:
    assert not valid_zone(name)
