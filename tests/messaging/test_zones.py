"""Area codes: one zone, several, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.messaging import zones
from engine.messaging.zones import area_of, candidates, valid_zone, zone_for


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


@pytest.mark.parametrize(
    ("phone", "region", "zone"),
    [
        ("+447700900123", "GB", "Europe/London"),
        ("+33612345678", "FR", "Europe/Paris"),
        ("+61412345678", "AU", None),
        ("+12025550143", "US", "America/New_York"),  # one of the many of its country
        ("+18505550123", "US", None),
        ("+18445550100", "US", None),
        ("+447700900123", "ZZ", None),
        ("+447700900123", "", None),
    ],
)
def test_the_one_zone_of_a_country(phone: str, region: str, zone: str | None) -> None:
    assert zone_for(phone, region) == zone


@pytest.mark.parametrize(
    ("phone", "own", "region", "expected"),
    [
        ("+18505550123", "Pacific/Honolulu", "US", ["Pacific/Honolulu"]),  # its own alone
        ("+447700900123", "Asia/Kathmandu", "GB", ["Asia/Kathmandu"]),
        ("+12025550143", None, "US", ["America/New_York"]),
        ("+18505550123", None, "US", ["America/New_York", "America/Chicago"]),
        ("+18505550123", "", "US", ["America/New_York", "America/Chicago"]),
        ("+18765550123", None, "JM", ["America/Jamaica"]),
        ("+447700900123", None, "GB", ["Europe/London"]),
        ("+351912345678", None, "PT", ["Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"]),
        ("+447700900123", None, None, ["America/Denver"]),  # a region is not guessed
        ("+447700900123", None, "ZZ", ["America/Denver"]),
        ("+18445550100", None, "US", ["America/Denver"]),  # toll-free: nowhere
    ],
)
def test_where_a_contact_may_be(phone: str, own: str | None, region: str | None, expected: list[str]) -> None:
    assert candidates(phone, own, "America/Denver", region) == tuple(expected)


def test_every_zone_of_every_country_exists() -> None:
    countries = zones._countries()

    assert len(countries) > 240
    assert len(countries["US"]) > 20
    assert all(valid_zone(zone) for found in countries.values() for zone in found)


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


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EST", ("America/New_York",)),
        ("edt", ("America/New_York",)),
        ("CST", ("America/Chicago",)),
        ("PDT", ("America/Los_Angeles",)),
        ("AKST", ("America/Anchorage",)),
        ("HST", ("Pacific/Honolulu",)),
        ("MST", ("America/Denver", "America/Phoenix")),
        ("MDT", ("America/Denver",)),
        ("EST5EDT", ("EST5EDT",)),
        ("Europe/London", ("Europe/London",)),
        *(
            (name, ())
            for name in ("UTC", "GMT", "gmt+5", "GMT0", "Etc/GMT+5", "UTC-5", "UTC+05:30", "-0500", "+02:00", "Zulu")
        ),
        *((name, ()) for name in ("", "XST", "5", "America")),
    ],
)
def test_what_a_name_in_a_contact_s_field_means(name: str, meant: tuple[str, ...]) -> None:
    assert zones.meant_by(name) == meant


@pytest.mark.parametrize(
    ("phone", "own", "one", "all"),
    [
        ("+12025550143", "EST", "America/New_York", ["America/New_York"]),
        ("+16025550123", "MST", "America/Phoenix", ["America/Denver", "America/Phoenix"]),
        ("+13035550123", "MST", "America/Denver", ["America/Denver", "America/Phoenix"]),
        ("+12025550143", "MST", "America/Denver", ["America/Denver", "America/Phoenix"]),
        ("+13035550123", "Etc/GMT+5", "America/Denver", ["America/Denver"]),
        ("+18505550123", "UTC", "Europe/Rome", ["America/New_York", "America/Chicago"]),
    ],
)
def test_the_zone_of_a_contact(phone: str, own: str, one: str, all: list[str]) -> None:
    assert zones.zone_of(phone, "US", own, "Europe/Rome") == one
    assert list(candidates(phone, own, "Europe/Rome", "US")) == all
