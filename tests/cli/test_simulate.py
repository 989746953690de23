"""`simulate` from the terminal: what it prints for people and scripts, what it takes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.app import App
from tests import databases
from tests.cli.conftest import Terminal

START = ("--start", "2027-04-01 10:04")


def test_the_story_of_a_made_up_contact_is_told_in_80_columns(closed_shop: Terminal) -> None:
    said = closed_shop.well("simulate", "spring-drop", *START).out.splitlines()
    assert said[0] == "spring-drop · 1 contact · Thu, Apr 1 2027 10:04 AM New York, 14 days"
    assert "started by list.joined, made up: list: vip" in said
    assert "               10:04 AM  ✓ MMS hero · $0.045 · spring.jpg 1080×1350 150 KB" in said
    assert "   Tue, Apr 6  10:04 AM  ■ no_purchase" in said
    assert max(map(len, said)) <= 80
    assert "+12025550143" not in "".join(said)


def test_a_file_is_told_as_kinds_of_stories(closed_shop: Terminal) -> None:
    said = closed_shop.well("simulate", "spring-drop", "--contacts", "contacts.csv", *START).out
    assert said.startswith("spring-drop · 69 contacts · ")
    assert "A  42 contacts, like Ada +1202•••0143 (New York)" in said
    assert "as A, but:" in said
    assert "6 no consent · 2 opted out" in said


def test_each_tells_every_contact_also_those_who_get_nothing(closed_shop: Terminal) -> None:
    said = closed_shop.well("simulate", "spring-drop", "--contacts", "contacts.csv", "--each", *START).out
    assert sum("•••" in line for line in said.splitlines()) == 69
    assert "no consent" in said


def test_json_has_the_documented_keys_and_no_whole_number(closed_shop: Terminal) -> None:
    said = closed_shop.well("simulate", "spring-drop", "--contacts", "contacts.csv", "--format", "json", *START)
    told = said.json
    assert list(told) == [
        "format_version", "flow", "start", "until", "seed", "commit", "dirty", "contacts", "stories", "not_texted", "cost", "remarks",
    ]  # fmt: skip
    assert (told["format_version"], told["start"], told["contacts"]) == (1, "2027-04-01T14:04:00.000Z", 69)
    assert sum(story["contacts"] for story in told["stories"]) == 69
    assert told["cost"]["price"] == pytest.approx(sum(s["contacts"] * s["price"] for s in told["stories"]))
    assert "+1202555" not in said.out


def test_a_message_names_its_line_and_how_many_tests_reach_it(closed_shop: Terminal) -> None:
    line = 1 + Path("flows/spring-drop.yaml").read_text("utf-8").splitlines().index("  - id: hero")
    moments = closed_shop.well("simulate", "spring-drop", *START, "--format", "json").json["stories"][0]["moments"]
    (hero,) = (moment["details"] for moment in moments if moment["kind"] == "message" and moment["step"] == "hero")
    assert hero["place"] == f"flows/spring-drop.yaml:{line}"
    assert hero["tests"] > 1
    Path("flows/spring-drop.test.yaml").unlink()
    page = closed_shop.well("simulate", "spring-drop", *START, "--format", "html").out
    assert f"flows/spring-drop.yaml:{line}" in page
    assert "no test reaches this" in page


def test_the_same_seed_gives_the_same_bytes(closed_shop: Terminal) -> None:
    words = ("simulate", "spring-drop", "--contacts", "contacts.csv", "--rate", "clicked=30%,replied:STOP=5%", *START)
    first = closed_shop.well(*words).out
    assert "people react by chance, seed 1" in first
    assert closed_shop.well(*words).out == first
    assert closed_shop.well(*words, "--seed", "2").out != first


def test_contacts_and_events_may_be_written_inline(closed_shop: Terminal) -> None:
    contact = json.dumps({"phone": "+14165550112", "first_name": "Zoë"})
    said = closed_shop.well(
        "simulate", "spring-drop", "--contact", contact, "--event", 'order.placed={"total": 9}@1d', *START
    )
    assert "Zoë +1416•••0112 (Toronto)" in said.out
    assert "■ converted" in said.out


def test_it_is_written_to_a_file(closed_shop: Terminal) -> None:
    assert closed_shop.well("simulate", "spring-drop", *START, "--format", "json", "-o", "story.json").out == ""
    assert json.loads(Path("story.json").read_text("utf-8"))["flow"] == "spring-drop"
    closed_shop.well("simulate", "spring-drop", *START, "-o", "story.txt")
    assert Path("story.txt").read_text("utf-8").startswith("spring-drop · 1 contact")


def test_a_file_without_a_row_that_fits_says_why(closed_shop: Terminal) -> None:
    Path("none.csv").write_text("phone,first_name\n12345,Al\n", encoding="utf-8")
    said = closed_shop("simulate", "spring-drop", "--contacts", "none.csv", *START)
    assert said.code == 1
    assert "1 row of the file is left out:\n  line 2: phone:" in said.err


def test_a_long_name_keeps_to_the_columns(closed_shop: Terminal) -> None:
    contact = json.dumps({"phone": "+12025550143", "first_name": "Ä" * 200})
    said = closed_shop.well("simulate", "spring-drop", "--contact", contact, *START).out.splitlines()
    assert max(map(len, said)) <= 80


def test_rows_that_do_not_fit_are_named_and_the_exit_code_says_so(closed_shop: Terminal) -> None:
    Path("few.csv").write_text("phone,first_name\n12345,Al\n+12025550143,Ada\n", encoding="utf-8")
    said = closed_shop("simulate", "spring-drop", "--contacts", "few.csv", *START)
    assert said.code == 1
    assert "1 row of the file is left out:\n  line 2: phone:" in said.err
    assert said.out.startswith("spring-drop · 1 contact")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("spring-drp",), 'did you mean "spring-drop"?'),
        (("spring-drop", "--event", "order.palced"), 'the event "order.palced" is not declared'),
        (("spring-drop", "--start", "2027-03-14 02:30"), 'the next one is --start "2027-03-14 03:00"'),
        (("spring-drop", "--start", "9999-12-31 23:59"), "between 1970 and 2199"),
        (("spring-drop", "--start", "0001-01-01 00:00"), "between 1970 and 2199"),
        (("spring-drop", *2 * ("--contact", '{"phone": "+12025550143"}')), "this contact is given twice"),
        (("spring-drop", "--until", "6 years"), "--until 6 years:"),
        (("spring-drop", "--until", "2000d"), "at most 5 years"),
        (("spring-drop", "--contact", "{"), "no JSON object"),
        (("spring-drop", "--contact", '{"first_name": "Ada"}'), "phone"),
        (("spring-drop", "--contact", '{"phone": "+12025550143", "shoe": 4}'), "shoe"),
        (("spring-drop", "--contacts", "none.csv"), "cannot open none.csv"),
        (("spring-drop", "--rate", "clicked"), "--rate clicked cannot be read"),
        (("spring-drop", "--segment", "vip"), "--segment needs --from-database"),
        (("spring-drop", "--contacts", "contacts.csv", "--from-database"), "exclude each other"),
        (("spring-drop", "--format", "pdf"), 'there is no format "pdf"'),
    ],
)
def test_what_cannot_be_played_is_refused_with_a_way_out(
    closed_shop: Terminal, words: tuple[str, ...], said: str
) -> None:
    done = closed_shop("simulate", *words)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_without_a_database_there_is_nothing_of_it_to_play(shop: Terminal) -> None:
    done = shop("simulate", "spring-drop", "--from-database")
    assert (done.code, done.out) == (2, "") and "there is no database" in done.err


def test_a_project_with_errors_is_not_played(closed_shop: Terminal) -> None:
    Path("flows/bad.yaml").write_text("flow: bad\n", encoding="utf-8")
    done = closed_shop("simulate", "spring-drop")
    assert done.code == 1
    assert "the project has errors" in done.err


def test_five_years_are_played(closed_shop: Terminal) -> None:
    said = closed_shop.well("simulate", "goes-with-it", "--until", "1826d", *START).out
    assert "1,826 days" in said.splitlines()[0]


def test_contacts_of_the_database_bring_their_past_and_it_is_only_read(open_shop: Terminal) -> None:
    open_shop.well("event", "list.joined", "--contact", "+12025550143", "--data", '{"list": "vip"}')
    open_shop.tick()
    before = databases.contents(open_shop.folder)
    said = open_shop.well("simulate", "spring-drop", "--from-database", "--format", "json").json
    assert said["contacts"] == 69
    (ada,) = (story for story in said["stories"] if "+1202" in story["sample"]["phone"] and story["contacts"] == 1)
    assert "did not enter: already in this flow" in [moment["what"] for moment in ada["moments"]]
    assert databases.contents(open_shop.folder) == before


def test_a_segment_of_the_database_is_played_alone(open_shop: Terminal) -> None:
    Path("segments").mkdir()
    Path("segments/gold.yaml").write_text("segment: gold\nwhen: {contact: {loyalty_tier: gold}}\n", encoding="utf-8")
    said = open_shop.well("simulate", "spring-drop", "--from-database", "--segment", "gold", "--format", "json").json
    assert said["contacts"] == Path("contacts.csv").read_text("utf-8").count(",gold,")
    wrong = open_shop("simulate", "spring-drop", "--from-database", "--segment", "golt")
    assert 'did you mean "gold"?' in wrong.err


def test_a_database_knows_what_came_after_an_earlier_start(open_shop: Terminal) -> None:
    done = open_shop("simulate", "spring-drop", "--from-database", "--start", "2020-01-01 10:00")
    assert done.code == 2
    assert "--start lies before now" in done.err


def test_a_database_without_contacts_says_so(shop: Terminal) -> None:
    shop.well("apply", "--yes")
    done = shop("simulate", "spring-drop", "--from-database")
    assert done.code == 1
    assert "there is no contact to play" in done.err


def test_a_database_of_a_newer_version_is_refused(open_shop: Terminal) -> None:
    with App(open_shop.folder) as app:
        databases.make_newer(app.database)
    done = open_shop("simulate", "spring-drop", "--from-database")
    assert done.code == 1
    assert "newer than this version's" in done.err


def test_a_page_holds_everything_and_nobodys_number(closed_shop: Terminal) -> None:
    said = closed_shop.well(
        "simulate", "spring-drop", "--contacts", "contacts.csv", *START, "--format", "html", "-o", "story.html"
    )
    page = (closed_shop.folder / "story.html").read_text()
    assert (said.out, page.count('class="phone')) == ("", 12) and "story.html: 12 phones" in said.err
    assert page.startswith("<!doctype html>") and page.count("data:image/jpeg;base64,") == 1
    assert "+1202•••0143" in page and "2025550143" not in page and "flows/spring-drop.yaml:" in page
    assert (
        closed_shop.well("simulate", "spring-drop", "--contacts", "contacts.csv", *START, "--format", "html").out
        == page
    )
