"""simulate --every-way and --save-test: the machine writes the tests, and they pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Said, Terminal
from tests.cli.conftest import terminal_without_database as terminal

__all__ = ["terminal"]

START = ("--start", "2027-04-01 10:04")
TESTS = "flows/spring-drop.test.yaml"


def passed(said: Said) -> int:
    assert said.code == 0, said
    return int(said.out.splitlines()[-1].split()[0])


@pytest.fixture
def bare(shop: Terminal) -> Terminal:
    """The shop without tests."""
    for path in (shop.folder / "flows").glob("*.test.yaml"):
        path.unlink()
    return shop


def test_every_branch_is_played_and_written_down(bare: Terminal) -> None:
    said = bare.well("simulate", "spring-drop", *START, "--every-way", "--save-test", TESTS)
    assert "6 stories reach 8 of the 8 branches, triggers and exits of this flow" in said.out
    assert said.err.endswith(f"6 tests in {TESTS}: `leadoff test {TESTS}` plays them\n")
    text = (bare.folder / TESTS).read_text()
    assert "# leadoff simulate spring-drop --every-way --save-test" in text
    assert passed(bare("test", TESTS)) == 6
    assert bare.well("check").err == "no problems\n"
    assert bare.well("fmt", "--check").err == "nothing to change\n"


def test_a_second_time_the_tests_come_behind_the_others(bare: Terminal) -> None:
    bare.well("simulate", "spring-drop", *START, "--every-way", "--save-test", TESTS)
    before = (bare.folder / TESTS).read_text()
    bare.well("simulate", "spring-drop", "--start", "2027-04-01 20:30", "--save-test", TESTS)
    after = (bare.folder / TESTS).read_text()
    assert after.startswith(before) and '"2027-04-02 09:00"' in after
    assert passed(bare("test", TESTS)) == 7
    assert bare.well("fmt", "--check").err == "nothing to change\n"


def test_of_many_contacts_one_test_a_kind_of_story_is_written(bare: Terminal) -> None:
    said = bare.well(
        "simulate", "spring-drop", *START, "--contacts", "contacts.csv", "--save-test", TESTS, "--format", "json"
    )
    kinds = len(said.json["stories"])
    assert 2 < kinds < 69
    assert passed(bare("test", TESTS)) == kinds


def test_reactions_are_written_as_they_were_played(bare: Terminal) -> None:
    rates = ("--rate", "clicked=50%,replied:STOP=10%,order.placed=30%")
    bare.well("simulate", "spring-drop", *START, "--contacts", "contacts.csv", *rates, "--save-test", TESTS)
    text = (bare.folder / TESTS).read_text()
    assert "clicked: shop" in text and "replied: STOP" in text
    assert passed(bare("test", TESTS)) > 5


def test_each_kind_of_trigger_becomes_a_test(terminal: Terminal) -> None:
    for template in ("win-back", "birthday", "flash-sale-campaign", "keyword-join"):
        terminal.well("init", template, "--template", template)
        project = ("--project", template)
        path = f"{template}/flows/{template}.test.yaml"
        Path(path).unlink()
        terminal.well(
            "simulate", template, *project, "--start", "2027-04-01 12:00", "--until", "130d", "--save-test", path
        )
        assert passed(terminal("test", path)) == 1


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--save-test", "flows/drop.yaml"), "no file of tests of spring-drop"),
        (("--save-test", TESTS, "--from-database"), "without a past"),
        (("--every-way", "--contacts", "contacts.csv"), "--every-way makes up"),
        (("--every-way", "--rate", "clicked=1%"), "--every-way makes up"),
        (("--save-test", "no/folder/spring-drop.test.yaml"), "cannot write"),
        (("--save-test", "flows/goes-with-it.test.yaml"), "no file of tests of spring-drop"),
    ],
)
def test_what_cannot_be_done_is_said_and_no_file_changes(bare: Terminal, words: tuple[str, ...], wrong: str) -> None:
    said = bare("simulate", "spring-drop", *START, *words)
    assert (said.code, said.out) == (2, "") or "cannot write" in said.err
    assert wrong in said.err
    assert not list((bare.folder / "flows").glob("*.test.yaml"))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("flow: spring-drop\nflow: spring-drop\n", "has mistakes"),
        ("flow: goes-with-it\ntests:\n  - name: a\n", "has no tests of spring-drop"),
        ("flow: spring-drop\ntests: [{name: a}]\n", "cannot be appended to"),
    ],
)
def test_a_file_that_cannot_be_appended_to_stays_as_it_is(bare: Terminal, text: str, wrong: str) -> None:
    (bare.folder / TESTS).write_text(text)
    said = bare("simulate", "spring-drop", *START, "--save-test", TESTS)
    assert (said.code, wrong in said.err, (bare.folder / TESTS).read_text()) == (2, True, text), said
