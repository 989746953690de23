"""`leadoff test --coverage`, `--fail-under` and `--hard`: what they say, and their exit codes."""

from __future__ import annotations

import json
import re

import pytest

from engine.cli.shared.bundled import bundled
from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal
from tests.cli.test_test import FLOW, PROJECT, TESTS, write

__all__ = ["terminal"]

OTHER = """\
flow: other
language: 1
trigger: {event: list.joined, where: {event: {list: other}}}
exit_when: [{when: {clicked: shop}, reason: clicked}]
steps:
  - {id: hello, sms: "Acme: Hi: {{ link('shop') }} Reply STOP to opt out"}
"""
TABLE = """\
flow   reached  not reached by any test
drop       1/1
other      0/3  other.yaml:3  list.joined never started a run
                other.yaml:3  list.joined was never refused by `where`
                other.yaml:4  `clicked` never ended a run
total      1/4 = 25 %"""


@pytest.fixture
def two(terminal: Terminal) -> Terminal:
    """Two flows, one of them with tests."""
    write(terminal, "leadoff.yaml", PROJECT)
    write(terminal, "flows/drop.yaml", FLOW)
    write(terminal, "flows/drop.test.yaml", TESTS)
    write(terminal, "flows/other.yaml", OTHER)
    return terminal


def test_what_no_test_reaches_is_told_in_words_with_its_line(two: Terminal) -> None:
    said = two.well("test", "--coverage").out
    assert said.startswith(TABLE + "\n2 passed, 0 failed")


def test_too_little_fails_and_the_table_says_what_was_asked_for(two: Terminal) -> None:
    said = two("test", "--fail-under", "25.1")
    assert said.code == 1
    assert "total      1/4 = 25 %, asked for: 25.1 %" in said.out
    assert two("test", "--fail-under", "25").code == 0
    assert two("test", "--fail-under", "0").code == 0


def test_of_files_that_are_named_only_their_flows_count(two: Terminal) -> None:
    for name in ("flows/drop.yaml", "flows/drop.test.yaml"):
        said = two.well("test", name, "--fail-under", "100")
        assert "total      1/1 = 100 %, asked for: 100 %" in said.out
        assert "other" not in said.out


@pytest.mark.parametrize("percent", ["101", "-1", "nan"])
def test_what_is_no_percentage_is_refused(two: Terminal, percent: str) -> None:
    said = two("test", f"--fail-under={percent}")
    assert (said.code, "write a number from 0 to 100" in said.err) == (2, True)


def test_in_json_it_is_a_part_of_the_report_and_the_reason_goes_to_stderr(two: Terminal) -> None:
    said = two("test", "--fail-under", "100", "--format", "json")
    assert said.code == 1
    assert "the tests reach 25 % of what the flows can do, less than 100 %" in said.err
    told = json.loads(said.out)["coverage"]
    assert told["percent"] == 25
    assert told["flows"][1]["missing"][2] == {
        "file": "flows/other.yaml", "line": 4, "what": "`clicked` never ended a run",
    }  # fmt: skip
    assert "coverage" not in json.loads(two.well("test", "--format", "json").out)


def test_harder_a_flow_that_keeps_its_promises_passes(two: Terminal) -> None:
    said = two.well("test", "--hard").out
    assert re.match(r"2 passed, 0 failed, 1 file \(\d\d stories more\), ", said), said


def test_harder_one_that_does_not_is_told_with_its_variant(two: Terminal) -> None:
    more = """\
  - if: {contact: {timezone: America/Phoenix}}
    then: [{id: extra, sms: "Acme: Hi Phoenix: {{ link('shop') }}"}]
"""
    write(two, "flows/drop.yaml", FLOW + more)
    said = two("test", "--hard")
    assert said.code == 1
    assert "FAILED  flows/drop.test.yaml › who does nothing gets one text more · in Phoenix" in said.out
    assert "11 |     cost_at_most: 0.03\n   |     ^^^^^^^^^^^^ $0.045" in said.out
    assert "alone: leadoff test --hard -k 'who does nothing gets one text more'" in said.out
    assert "2 passed, 1 failed" in said.out
    assert two("test").code == 0


def test_the_tests_of_the_templates_reach_all_that_the_templates_can_do(terminal: Terminal) -> None:
    said = terminal("test", str(bundled("flows")), "--fail-under", "100")
    assert said.code == 0, said.out
    assert "= 100 %, asked for: 100 %" in said.out


def test_so_do_those_of_the_example_which_hold_also_harder(terminal: Terminal) -> None:
    said = terminal("test", str(bundled("shop")), "--fail-under", "100", "--hard")
    assert said.code == 0, said.out
    assert "= 100 %, asked for: 100 %" in said.out
