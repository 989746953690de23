"""`segments`: who is in one, and how many are in each."""

from __future__ import annotations

from tests.cli.conftest import Terminal

SEGMENTS = 'segments:\n  ours: {contact: {country: US}}\n  none: {contact: {first_name: "nobody is called so"}}\n'


def with_segments(shop: Terminal) -> Terminal:
    about = shop.folder / "leadoff.yaml"
    about.write_text(about.read_text("utf-8") + SEGMENTS, "utf-8")
    (shop.folder / "segments").mkdir()
    (shop.folder / "segments/others.yaml").write_text("segment: others\nwhen: {not: {segment: ours}}\n", "utf-8")
    shop.well("apply", "--yes")
    shop.well("contacts", "import", "contacts.csv")
    return shop


def test_each_segment_with_its_number(shop: Terminal) -> None:
    terminal = with_segments(shop)
    people = terminal.well("contacts", "list", "--format", "json").json["contacts"]
    ours = sum(each["country"] == "US" for each in people)
    rows = terminal.well("segments", "--format", "json").json["segments"]
    assert [(row["segment"], row["contacts"]) for row in rows] == [
        ("none", 0),
        ("others", len(people) - ours),
        ("ours", ours),
    ]
    said = terminal.well("segments").out
    assert "not segment ours" in said and "country US" in said


def test_who_is_in_one(shop: Terminal) -> None:
    terminal = with_segments(shop)
    people = terminal.well("contacts", "list", "--format", "json").json["contacts"]
    ours = [{"key": each["key"], "phone": each["phone"]} for each in people if each["country"] == "US"]
    assert terminal.well("segments", "ours", "--format", "json").json == {
        "segment": "ours",
        "count": len(ours),
        "contacts": ours,
    }
    short = terminal.well("segments", "ours", "--limit", "1", "--format", "json").json
    assert (short["count"], short["contacts"]) == (len(ours), ours[:1])
    said = terminal.well("segments", "ours")
    assert said.out.splitlines()[1].split() == [ours[0]["key"], ours[0]["phone"]]
    assert said.err == f"ours: {len(ours)} contacts\n"
    assert "nobody is in it" in terminal.well("segments", "none").err


def test_an_unknown_segment_is_named_with_the_nearest(shop: Terminal) -> None:
    said = with_segments(shop)("segments", "our")
    assert said.code == 2
    assert 'there is no segment "our"' in said.err and 'did you mean "ours"?' in said.err
