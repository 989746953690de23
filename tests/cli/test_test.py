"""`leadoff test`: what it runs, what it says, and its exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal

__all__ = ["terminal"]

PROJECT = """\
project: shop
brand: Acme
timezone: America/New_York
senders: {main: {provider: simulator, number: "+18445550100"}}
links: {shop: "https://acme.example/spring"}
events: {list.joined: {list: text}}
"""
FLOW = """\
flow: drop
language: 1
trigger: {event: list.joined}
steps:
  - {id: hero, sms: "Acme: Hi {{ contact.first_name | default('you') }}: {{ link('shop') }} Reply STOP to opt out"}
  - {id: pause, delay: 2d}
  - {id: reminder, sms: "Acme: Still thinking? {{ link('shop') }}"}
"""
TESTS = """\
flow: drop
start: "2027-04-01 20:30"
contact: {first_name: Ada, phone: "+12025550143"}
happens: [{event: list.joined, data: {list: vip}}]
tests:
  - name: who does nothing gets one text more
    expect:
      - {sms: hero, at: "2027-04-02 09:00", held: quiet hours, text_has: "Hi Ada", price: 0.015}
      - {sms: reminder, at: "2027-04-04 09:00", parts: 1, text: "Acme: Still thinking? {{ link('shop') }}"}
      - {exit: end, after: 2d, since: hero}
    cost_at_most: 0.03
  - name: STOP is the last word
    happens: [{event: list.joined}, {after: 2h, since: hero, replied: "please stop"}]
    expect: [{sms: hero}, {exit: opted out}]
"""


@pytest.fixture
def drop(terminal: Terminal) -> Terminal:
    """A project with one flow and its tests."""
    write(terminal, "leadoff.yaml", PROJECT)
    write(terminal, "flows/drop.yaml", FLOW)
    write(terminal, "flows/drop.test.yaml", TESTS)
    return terminal


def write(terminal: Terminal, name: str, content: str) -> Path:
    path = terminal.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, "utf-8")
    return path


def test_all_pass(drop: Terminal) -> None:
    assert drop.well("test").out.startswith("2 passed, 0 failed, 1 file, ")


def test_a_failure_is_told_with_its_place_and_the_story(drop: Terminal) -> None:
    write(drop, "flows/drop.test.yaml", TESTS.replace("Still thinking? {{ link", "Still looking? {{ link"))
    said = drop("test")
    assert said.code == 1
    assert "flows/drop.test.yaml:9:78: error: the text of reminder is another one" in said.out
    assert "✗ Sun, Apr 4   9:00 AM  ✓ SMS reminder · 1 part · $0.015" in said.out
    assert "1 passed, 1 failed, 1 file, " in said.out


def test_what_cannot_be_read_is_told_like_check_does(drop: Terminal) -> None:
    write(drop, "flows/drop.test.yaml", TESTS.replace("sms: hero", "sms: hera", 1))
    said = drop("test")
    assert said.code == 2 and 'error[LO302]: the flow has no step "hera"' in said.out


@pytest.mark.parametrize("content", [b"", b"flow: [", b"- x", b"\xff\xfe", b"flow: drop\n"])
def test_a_file_of_tests_that_cannot_be_read_is_never_passed_over(drop: Terminal, content: bytes) -> None:
    write(drop, "flows/other.yaml", FLOW.replace("flow: drop", "flow: other"))
    (drop.folder / "flows/other.test.yaml").write_bytes(content)
    said = drop("test")
    assert said.code == 2 and "flows/other.test.yaml:1:" in said.out
    assert drop("test", "flows/other.yaml").code == 2
    assert drop("test", "flows/drop.yaml").code == 0


UNKNOWN_STEP = TESTS.replace("sms: hero", "sms: hera", 1)
BAD_ROW = TESTS + "  - name: whoever it is\n    contacts: contacts.csv\n    holds: {messages_at_most: 2}\n"


@pytest.mark.parametrize("format", ["json", "junit"])
@pytest.mark.parametrize(("tests", "code"), [(UNKNOWN_STEP, "LO302"), (BAD_ROW, "LO209")])
def test_what_cannot_be_read_is_never_in_a_report(drop: Terminal, format: str, tests: str, code: str) -> None:
    write(drop, "flows/drop.test.yaml", tests)
    write(drop, "contacts.csv", "phone,first_name\n+1202,Ben\n")
    said = drop("test", "--format", format)
    assert (said.code, said.out) == (2, "") and f"error[{code}]" in said.err
    said = drop("test", "--format", format, "-o", "report")
    assert said.code == 2 and f"error[{code}]" in said.out and not (drop.folder / "report").exists()


def test_no_test_at_all(drop: Terminal) -> None:
    assert drop("test", "-k", "nothing of that name").code == 2
    (drop.folder / "flows/drop.test.yaml").unlink()
    said = drop("test")
    assert said.code == 2 and "there are no flow tests here" in said.err


ANOTHER_TEXT = TESTS.replace("Still thinking? {{ link", "Still looking? {{ link")


@pytest.mark.parametrize(
    ("words", "passed"),
    [("stop is the", 1), ("drop › STOP", 1), ("one text more", 1), ("drop", 2)],
)
def test_words_choose_by_flow_and_name(drop: Terminal, words: str, passed: int) -> None:
    assert drop.well("test", "-k", words).out.startswith(f"{passed} passed, 0 failed, ")


@pytest.mark.parametrize("path", ["flows", "flows/drop.yaml", "flows/drop.test.yaml", "."])
def test_a_path_names_a_folder_a_flow_or_its_tests(drop: Terminal, path: str) -> None:
    assert drop.well("test", path).out.startswith("2 passed")


def test_the_first_failure_may_be_the_last(drop: Terminal) -> None:
    write(drop, "flows/drop.test.yaml", TESTS.replace("sms: hero", "sms: reminder"))
    assert "0 passed, 2 failed" in drop("test").out
    assert "0 passed, 1 failed" in drop("test", "-x").out


def test_json_has_every_test_and_of_failures_the_story(drop: Terminal) -> None:
    write(drop, "flows/drop.test.yaml", ANOTHER_TEXT)
    said = drop("test", "--format", "json")
    first, second = said.json["tests"]
    assert (said.code, said.json["passed"], said.json["failed"]) == (1, 1, 1)
    assert second == {
        "file": "flows/drop.test.yaml",
        "line": 12,
        "flow": "drop",
        "name": "STOP is the last word",
        "passed": True,
        "failures": [],
    }
    (failure,) = first["failures"]
    assert failure["path"] == "tests[0].expect[1].text" and (failure["line"], failure["column"]) == (9, 78)
    assert failure["expected"] == "Acme: Still looking? {{ link('shop') }}"
    assert first["story"][failure["moment"]]["step"] == "reminder"


def test_junit_is_written_beside_the_text(drop: Terminal) -> None:
    write(drop, "flows/drop.test.yaml", ANOTHER_TEXT)
    said = drop("test", "--format", "junit", "-o", "junit.xml")
    assert said.code == 1 and "FAILED  flows/drop.test.yaml" in said.out
    root = ElementTree.fromstring((drop.folder / "junit.xml").read_text("utf-8"))
    (suite,) = root
    assert (suite.attrib["name"], suite.attrib["tests"], suite.attrib["failures"]) == ("flows/drop.test.yaml", "2", "1")
    first, second = suite
    assert first.attrib["classname"] == "drop" and first.attrib["line"] == "6"
    (failure,) = first
    assert failure.attrib["message"] == "flows/drop.test.yaml:9: the text of reminder is another one"
    assert "✓ SMS reminder" in (failure.text or "") and len(second) == 0


def test_a_report_is_written_whole_or_not_at_all(drop: Terminal) -> None:
    kept = write(drop, "report.json", "of yesterday")
    other = drop.folder / "other"
    other.mkdir()
    os.link(kept, other / "link.json")  # what is overwritten in place changes here as well
    assert drop("test", "--format", "json", "-o", "report.json").code == 0
    assert json.loads(kept.read_text("utf-8"))["passed"] == 2
    assert (other / "link.json").read_text("utf-8") == "of yesterday"
    said = drop("test", "--format", "json", "-o", "other")
    assert said.code == 2 and "other is not a file that can be overwritten" in said.err
    said = drop("test", "--format", "json", "-o", "nowhere/report.json")
    assert said.code == 2 and "cannot write nowhere/report.json" in said.err


def test_a_name_cannot_break_the_xml(drop: Terminal) -> None:
    head = TESTS[: TESTS.index("tests:")]
    write(drop, "flows/drop.test.yaml", head + """tests: [{name: '<one> & "two"', expect: []}]\n""")
    said = drop("test", "--format", "junit")
    (suite,) = ElementTree.fromstring(said.out)
    assert suite[0].attrib["name"] == '<one> & "two"'


def test_github_gets_at_most_ten_and_the_last_says_how_many_more(drop: Terminal) -> None:
    tests = TESTS[: TESTS.index("tests:")] + "tests:\n"
    tests += "".join(f"  - {{name: test {number}, expect: []}}\n" for number in range(12))
    write(drop, "flows/drop.test.yaml", tests)
    said = drop("test", "--format", "github")
    commands = [line for line in said.out.splitlines() if line.startswith("::error ")]
    assert len(commands) == 10 and commands[-1].endswith("::3 more tests failed: the log of this step shows them")
    assert "file=flows/drop.test.yaml,line=6," in commands[0] and "%0A   + Fri, Apr 2" in commands[0]


def test_what_came_is_accepted_value_by_value_and_comments_stay(
    drop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    wrong = (
        ANOTHER_TEXT.replace("2027-04-02 09:00", "2027-04-02 10:00")
        .replace("exit: end", "exit: over")
        .replace("cost_at_most: 0.03", "cost_at_most: 0.01   # cheap")
        .replace("price: 0.015", "price: 0.02")
    )
    path = write(drop, "flows/drop.test.yaml", wrong)
    said = drop.well("test", "--accept", "who does nothing gets one text more")
    right = TESTS.replace("cost_at_most: 0.03", "cost_at_most: 0.03   # cheap")
    assert path.read_text("utf-8") == right.replace("{{ link('shop') }}\", parts", "{{ link('shop') }}\", parts")
    assert "-      - {exit: over, after: 2d, since: hero}" in said.out
    assert drop.well("test").out.startswith("2 passed")


def test_what_did_not_come_cannot_be_accepted(drop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    path = write(drop, "flows/drop.test.yaml", TESTS.replace("{exit: opted out}", "{sms: reminder}, {exit: opted out}"))
    before = path.read_text("utf-8")
    said = drop("test", "--accept", "STOP is the last word")
    assert said.code == 1 and "not accepted: SMS reminder did not come" in said.err
    assert path.read_text("utf-8") == before


def test_nothing_is_accepted_in_ci(drop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    said = drop("test", "--accept", "STOP is the last word")
    assert said.code == 1 and "CI is set" in said.err


def test_a_contact_row_that_does_not_fit_is_told_with_its_line(drop: Terminal) -> None:
    tests = TESTS + "  - name: whoever it is\n    contacts: contacts.csv\n    holds: {messages_at_most: 2}\n"
    write(drop, "flows/drop.test.yaml", tests)
    said = drop("test")
    assert said.code == 2 and "there is no file contacts.csv in the project" in said.out
    write(drop, "contacts.csv", "phone,first_name\n+12025550143,Ada\n+1202,Ben\n")
    said = drop("test")
    assert said.code == 2 and "flows/drop.test.yaml:16:15: error[LO209]: contacts.csv, line 3: phone: " in said.out
    write(drop, "contacts.csv", "phone,first_name,consent\n+12025550143,Ada,yes\n+15035550177,Ben,yes\n")
    assert drop.well("test").out.startswith("4 passed")
    assert drop.well("test", "-k", "line 3").out.startswith("1 passed")


def test_an_error_in_another_file_of_tests_keeps_nobody(drop: Terminal) -> None:
    write(drop, "flows/other.yaml", FLOW.replace("flow: drop", "flow: other"))
    write(drop, "flows/other.test.yaml", TESTS.replace("flow: drop", "flow: other").replace("sms: hero", "sms: hera"))
    assert drop.well("test", "flows/drop.yaml").out.startswith("2 passed")
    assert drop("test").code == 2


@pytest.mark.parametrize("words", [["-o", "out.xml"], ["--format", "xml"], ["no/such/path"]])
def test_wrong_usage_is_2(drop: Terminal, words: list[str]) -> None:
    assert drop("test", *words).code == 2
