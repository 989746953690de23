"""`explain` beyond the past: what comes next, where each message comes from and which tests reach it, and finding a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.views.addresses import with_campaign
from tests import databases
from tests.cli.conftest import Terminal

ADA = "+12025550143"
TESTS = """\
flow: spring-drop
start: "2027-04-01 10:04"
contact: {first_name: Ada, phone: "+12025550143"}
happens: [{event: list.joined, data: {list: vip}}]
tests:
  - name: who does nothing gets one text more
    expect: [{mms: hero}, {sms: reminder}, {exit: no_purchase}]
  - name: who buys gets no more
    happens:
      - {event: list.joined, data: {list: vip}}
      - {event: order.placed, data: {total: 9}, after: 1d}
    expect: [{mms: hero}, {exit: converted}]
"""


@pytest.fixture
def joined(open_shop: Terminal) -> Terminal:
    """Ada has joined. The flow that she is in has two tests, which `explain` plays each time."""
    (open_shop.folder / "flows/spring-drop.test.yaml").write_text(TESTS, encoding="utf-8")
    open_shop.well("event", "list.joined", "--contact", ADA, "--data", '{"list": "vip"}')
    open_shop.tick()
    return open_shop


def test_what_comes_next_is_rendered_and_no_template_is_shown(joined: Terminal) -> None:
    told = joined.well("explain", ADA).out
    past, _, ahead = told.partition("If the contact does nothing:")
    assert "entered" in past
    assert "{{" not in told
    assert "Acme: Hi Ada, the spring drop is live: " in ahead
    assert "MMS goes out  spring-drop › hero" in ahead
    assert "SMS goes out  spring-drop › reminder" in ahead
    assert "left the flow: no_purchase" in ahead


def test_no_template_is_shown_where_a_pause_keeps_it_from_being_written(joined: Terminal) -> None:
    joined.well("event", "list.joined", "--contact", "+12125550107", "--data", '{"list": "vip"}')
    joined.well("flows", "pause", "spring-drop")
    joined.tick()
    told = joined.well("explain", "+12125550107").out
    assert "entered  spring-drop" in told
    assert "{{" not in told


def test_json_has_what_is_to_come_beside_the_story(joined: Terminal) -> None:
    said = joined.well("explain", ADA, "--format", "json").json
    assert list(said) == ["contact", "story", "to_come"]
    assert [moment["step"] for moment in said["to_come"] if moment["kind"] == "message"] == ["hero", "reminder"]
    assert said["to_come"][-1]["kind"] == "exited"


def test_of_a_contact_for_whom_nothing_waits_nothing_is_to_come(open_shop: Terminal) -> None:
    assert open_shop.well("explain", ADA, "--format", "json").json["to_come"] == []


def test_the_address_of_a_cart_is_shown_without_the_key_in_it(joined: Terminal) -> None:
    joined.well("event", "list.joined", "--contact", ADA, "--data", '{"list": "https://acme.example/recover?key=00ff"}')
    for more in ((), ("--format", "json")):
        told = joined.well("explain", ADA, *more).out
        assert "recover?…" in told and "00ff" not in told
    assert with_campaign("https://a.example/r?key=00ff&utm_source=x#00ff") == "https://a.example/r?…&utm_source=x"
    assert with_campaign("https://a.example/r?utm_source=x&utm_id=1") == "https://a.example/r?utm_source=x&utm_id=1"
    assert with_campaign("https://a.example/r?key=00ff") == "https://a.example/r?…"


def test_looking_ahead_changes_nothing(joined: Terminal) -> None:
    before = databases.contents(joined.folder)
    joined.well("explain", ADA)
    assert databases.contents(joined.folder) == before


def test_a_message_names_its_line_its_version_and_the_tests_that_reach_it(joined: Terminal) -> None:
    line = 1 + Path("flows/spring-drop.yaml").read_text("utf-8").splitlines().index("      - id: reminder")
    told = joined.well("explain", ADA).out
    assert f"flows/spring-drop.yaml:{line} @ deployment 1, covered by 1 test" in told
    assert "covered by 2 tests" in told
    said = joined.well("explain", ADA, "--format", "json").json["to_come"]
    hero = next(moment for moment in said if moment["step"] == "hero" and moment["kind"] == "message")
    assert (hero["details"]["tests"], hero["details"]["place"].partition(":")[0]) == (2, "flows/spring-drop.yaml")


def test_the_line_is_that_of_the_files_as_they_were_deployed(joined: Terminal) -> None:
    before = _places(joined)
    file = Path("flows/spring-drop.yaml")
    file.write_text("# a remark\n\n" + file.read_text("utf-8"), encoding="utf-8")
    assert _places(joined) == before
    assert len(before) == 2


def test_without_tests_it_says_that_none_reaches_it(joined: Terminal) -> None:
    Path("flows/spring-drop.test.yaml").unlink(missing_ok=True)
    assert "no test reaches it" in joined.well("explain", ADA).out


def test_a_person_is_found_by_what_one_remembers(open_shop: Terminal) -> None:
    for words in ("ada okafor", "Okafor", "ada.okafor@mail.example", "0143", "(202) 555-0143", "2025550143"):
        said = open_shop.well("explain", words)
        assert said.out.startswith("Ada Okafor"), words
        assert f"the only contact with {words}: Ada Okafor" in said.err


def test_where_several_fit_they_are_named_without_their_numbers(open_shop: Terminal) -> None:
    said = open_shop("explain", "grant")
    assert (said.code, said.out) == (1, "")
    assert "2 contacts fit grant" in said.err
    assert "Olivia Grant (+1402•••0100), Theo Grant (+1801•••0114)" in said.err
    assert "more than 10 contacts fit mail.example" in open_shop("explain", "mail.example").err


def test_words_that_fit_nobody_are_refused(open_shop: Terminal) -> None:
    for words in ("nobody", "99", "%", "_"):
        said = open_shop("explain", words)
        assert said.code == 1, words
        assert f"there is no contact {words}" in said.err


def _places(terminal: Terminal) -> list[str]:
    moments = terminal.well("explain", ADA, "--format", "json").json["to_come"]
    return [moment["details"]["place"] for moment in moments if moment["kind"] == "message"]
