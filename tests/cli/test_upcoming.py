"""`upcoming`: what will leave from the database, for people and scripts; nothing is changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.preview.simulation import upcoming as previews
from tests import databases
from tests.cli.conftest import Terminal

ADA, BEN = "+12025550143", "+12125550107"


@pytest.fixture
def joined(open_shop: Terminal) -> Terminal:
    """Ada and Ben have joined; their first message is queued or held, nothing is sent yet."""
    for phone in (ADA, BEN):
        open_shop.well("event", "list.joined", "--contact", phone, "--data", '{"list": "vip"}')
    open_shop.tick()
    return open_shop


def test_what_leaves_is_counted_by_day_and_step(joined: Terminal) -> None:
    said = joined.well("upcoming").out.splitlines()
    assert said[0].endswith("New York, if nobody reacts: 4 messages, $0.120")
    assert [line.split("  ")[-2].strip() for line in said[1:]] == ["spring-drop › hero", "spring-drop › reminder"]
    assert all(" 2 " in line for line in said[1:])


def test_json_has_the_instants_and_prices(joined: Terminal) -> None:
    said = joined.well("upcoming", "--contact", ADA, "--format", "json").json
    assert (said["contacts"], said["played"], said["currency"]) == (1, 1, "USD")
    hero, reminder = said["upcoming"]
    assert list(hero) == ["day", "flow", "step", "kind", "messages", "first_at", "last_at", "price"]
    assert (hero["step"], hero["kind"], hero["messages"], hero["price"]) == ("hero", "mms", 1, 0.045)
    assert (reminder["step"], reminder["kind"]) == ("reminder", "sms")
    assert hero["first_at"] < reminder["first_at"]


def test_a_contact_is_found_by_a_name_as_explain_finds_it(joined: Terminal) -> None:
    before, by_name, after = (joined.well("upcoming", "--contact", who).out for who in (ADA, "ada okafor", ADA))
    assert by_name in (before, after), "a minute of the clock may have passed"
    assert joined("upcoming", "--contact", " ").code == 1


def test_it_looks_as_far_as_asked_and_at_one_flow(joined: Terminal) -> None:
    assert "reminder" not in joined.well("upcoming", "--next", "1d").out
    assert "nothing leaves" in joined.well("upcoming", "--flow", "goes-with-it").out


def test_what_will_not_leave_is_named_with_its_reason(joined: Terminal) -> None:
    joined.well("event", "list.joined", "--contact", "+12075550135", "--data", '{"list": "vip"}')  # never asked
    assert "not sent:  1 spring-drop › hero: no consent" in joined.well("upcoming").out


def test_a_pause_or_a_hold_is_the_reason_why_nothing_leaves(joined: Terminal) -> None:
    joined.well("flows", "pause", "spring-drop")
    assert "paused, so nothing of it leaves: spring-drop" in joined.well("upcoming").out
    ahead = joined.well("explain", ADA, "--format", "json").json["to_come"]
    assert [moment["kind"] for moment in ahead if moment["kind"] in ("waits", "message")] == []
    joined.well("hold")
    assert "sending is on hold: nothing leaves before `leadoff release`" in joined.well("upcoming").out


def test_the_database_is_only_read(joined: Terminal) -> None:
    before = databases.contents(joined.folder)
    joined.well("upcoming")
    assert databases.contents(joined.folder) == before


def test_of_many_contacts_a_sample_is_played_and_said_to_be_one(
    joined: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "MOST", 1)
    said = joined.well("upcoming").out.splitlines()
    assert said[0] == "about: a sample of 1 of 2 contacts was played"
    assert "4 messages" in said[1]


def test_what_cannot_be_asked_is_refused(open_shop: Terminal) -> None:
    for words, code, said in (
        (("--flow", "spring-drp"), 2, 'did you mean "spring-drop"?'),
        (("--contact", "+12025550199"), 1, "there is no contact"),
        (("--next", "soon"), 2, '--next soon: "soon" is not a duration'),
    ):
        done = open_shop("upcoming", *words)
        assert done.code == code, words
        assert said in done.err


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_without_a_database_or_a_deployment_it_says_what_to_do(shop: Terminal) -> None:
    assert "there is no database" in shop("upcoming").err
    Path(".leadoff").mkdir(exist_ok=True)
    sqlite3.connect(".leadoff/leadoff.db").close()
    assert "nothing is deployed yet" in shop("upcoming").err
