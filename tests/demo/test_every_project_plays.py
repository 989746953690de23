"""The demo plays every template, and projects of one's own without events.json; it says why where nothing is sent.

Its database is always one of its own: another one that is named is not opened.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.cli.shared.bundled import templates
from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal

__all__ = ["terminal"]

PROJECT = """\
project: own
brand: Own
timezone: America/New_York
public_url: http://127.0.0.1:8025
senders: {main: {provider: simulator, number: "+18445550100", kind: toll_free, rate: 10, countries: [US, CA, PR, JM, GB]}}
countries: [US, CA, PR, JM, GB]
prices: {US: {sms: 0.015, mms: 0.045}}
events:
  cart.left: {cart_id: text, total: money}
  cart.bought: {cart_id: text}
fields: {renewal: date, points: integer}
segments:
  rich: {contact: {points: {above: 100}, tags: {has: gold}}}
  lapsed: [{happened: cart.bought}, {not: {happened: {event: cart.bought, within: 30d}}}]
"""
TEXT = 'steps: [{id: hello, sms: "Own: Hello there\\nReply STOP to opt out"}]'
TRIGGERS = {
    "event": "trigger: {event: cart.left, where: {event: {total: {above: 150, below: 200}}}}",
    "required": "trigger: manual\nentry: {require: {contact: {country: JM, points: {at_least: 7}}}}",
    "segment": "trigger: {segment: rich}",
    "aged-segment": "trigger: {segment: lapsed}",
    "date": 'trigger: {date: {field: contact.renewal, time: "10:00", offset: -3d, every: once}}',
    "keyword": "trigger: {keyword: [FIRST, OTHER]}",
    "yearly": 'trigger: {schedule: {cron: "0 12 1 2 *", audience: {not: {contact: {tags: {has: gold}}}}}}',
    "long-ago": 'trigger: {schedule: {at: "2025-06-02 12:00", audience: rich}}',
    "waits": "trigger: {event: cart.left}",
}
WAITS = """\
steps:
  - id: bought
    wait_for: {happened: {event: cart.bought, same: cart_id}}
    up_to: 60d
    on_timeout: [{exit: never}]
  - id: hello
    sms: "Own: Thank you\\nReply STOP to opt out"
"""


def own(folder: Path, *flows: str) -> None:
    (folder / "flows").mkdir()
    (folder / "leadoff.yaml").write_text(PROJECT, "utf-8")
    for flow in flows:
        steps = WAITS if flow == "waits" else TEXT
        text = f"flow: {flow}\nlanguage: 1\n{TRIGGERS[flow]}\n{steps}\n"
        (folder / "flows" / f"{flow}.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize("name", templates())
def test_every_template_checks_and_plays_as_it_stands(
    name: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.well("init", "shop", "--template", name)
    monkeypatch.chdir(terminal.folder / "shop")
    terminal.well("check", "--strict")
    said = terminal.well("demo")
    assert f"applied {name} " in said.out
    assert f"{name} sent nothing" not in said.out
    assert "the provider's ledger agrees" in said.out
    if name != "consent-write-back":  # it sends no text
        with Image.open("leadoff-demo.png") as picture:
            assert picture.width == 1080


def test_who_is_entered_and_has_no_message_is_not_told_as_not_entered(terminal: Terminal) -> None:
    own(terminal.folder, "waits")
    said = terminal.well("demo")
    waiting = [line for line in said.out.splitlines() if "waiting at bought" in line]
    assert waiting and all("no message yet" in line for line in waiting)
    assert "not entered" not in said.out


# Contacts' dates are looked at every day until the last schedule: the one of next year plays in a project without them.
@pytest.mark.parametrize("flows", [[each for each in TRIGGERS if each != "yearly"], ["yearly", "long-ago", "event"]])
def test_what_starts_the_flows_of_ones_own_is_made_up(terminal: Terminal, flows: list[str]) -> None:
    """No events.json, no contacts.csv: each kind of trigger, conditions on the data, the contact and its past, and a wait."""
    own(terminal.folder, *flows)
    terminal.well("check")
    said = terminal.well("demo")
    assert [line for line in said.out.splitlines() if "sent nothing" in line] == []
    assert (terminal.folder / "leadoff-demo.png").exists()


def test_where_nothing_is_sent_it_says_why_and_claims_no_picture(terminal: Terminal) -> None:
    own(terminal.folder, "event")
    (terminal.folder / "contacts.csv").write_text("phone,first_name\n+12025550143,Ada\n+12125550107,Ben\n", "utf-8")
    said = terminal("demo")
    assert said.code == 1
    assert "event sent nothing (2 entered): 2 × skipped: no consent" in said.out
    assert "drawn" not in said.out
    assert not (terminal.folder / "leadoff-demo.png").exists()


def test_a_project_that_has_nothing_to_play_is_told_what_is_missing(terminal: Terminal) -> None:
    (terminal.folder / "leadoff.yaml").write_text(PROJECT, "utf-8")
    said = terminal("demo")
    assert said.code == 1
    assert "no flow" in said.err
    own(terminal.folder, "event")
    (terminal.folder / "leadoff.yaml").write_text(PROJECT.replace("senders:", "# senders:"), "utf-8")
    flow = f"flow: event\nlanguage: 1\n{TRIGGERS['event']}\nsteps: [{{exit: done}}]\n"
    (terminal.folder / "flows/event.yaml").write_text(flow, "utf-8")
    said = terminal("demo")
    assert said.code == 1
    assert "no sender" in said.err
