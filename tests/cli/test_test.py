"""`leadoff test`: what it runs, what it says, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

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


def test_no_test_at_all(drop: Terminal) -> None:
    assert drop("test", "-k", "nothing of that name").code == 2
    (drop.folder / "flows/drop.test.yaml").unlink()
    said = drop("test")
    assert said.code == 2 and "there are no flow tests here" in said.err
