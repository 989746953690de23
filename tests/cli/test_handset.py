"""text, click: what a phone does, from the terminal, while the daemon runs with a simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store.queries import listings
from tests.cli.conftest import Said, Terminal
from tests.server.stage import Stage, phone, until
from tests.world import ADA, World

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {keyword: JOIN}
steps:
  - id: hi
    sms: {text: "Acme: hello! {{ link('shop') }} or {{ link('sale') }}"}
  - id: looked
    wait_for: {clicked: {link: sale, since: hi}}
    up_to: 30d
    then:
      - id: yes
        wait_for: {replied: {matches: "yes"}}
        up_to: 30d
        then: [{exit: said_yes}]
"""
HELLO = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: hi, sms: "Acme: hello! {{ link('shop') }}"}]
"""
EVE = phone(1)


class Running(Terminal):
    """A daemon with a simulator of its own, and a terminal beside it."""

    stage: Stage

    def ends(self) -> list[str | None]:
        with self.stage.app.database.reading() as db:
            return [row["reason"] or row["step"] for row in listings.runs(db)]


@pytest.fixture
def running(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LEADOFF_SENDER_MAIN_TOKEN", "simulator")
    with Stage(tmp_path / "shop", own_simulator=True) as stage:
        file = stage.folder / "leadoff.yaml"
        (stage.folder / "flows/hello.yaml").write_text(FLOW)
        file.write_text(file.read_text().replace("links: {", 'links: {sale: "https://acme.example/sale", '))
        stage.apply()
        stage.daemon().ready()
        monkeypatch.chdir(stage.folder)
        running = Running(stage.folder, capsys)
        running.stage = stage
        yield running


def test_a_stranger_joins_clicks_and_answers_from_the_terminal(running: Running) -> None:
    """The very first thing that comes in is a text: the sender has sent nothing yet."""
    said = running.well("text", EVE, "join")
    assert said.out == "+1202•••0101 → main (+18445550100): join\n"
    until(lambda: running.stage.states() == ["delivered"], "the welcome text")
    said = running.well("click", "1", "sale")
    assert said.out.startswith("sale of message 1 → https://acme.example/sale?utm_source=test-shop")
    until(lambda: running.ends() == ["yes"], "the click")
    told = running.well("text", EVE, "Yes!", "--format", "json").json
    assert told == {"text": {"from": EVE, "to": "+18445550100", "sender": "main", "read_as": None}}
    until(lambda: running.ends() == ["said_yes"], "the reply")
    assert "(read as STOP)" in running.well("text", EVE, "stop").out
    assert "unsubscribed" in running.well("explain", EVE).out


def test_what_a_phone_cannot_do_is_refused(running: Running) -> None:
    running.well("text", EVE, "JOIN")
    until(lambda: running.stage.states() == ["delivered"], "the welcome text")
    many = running("click", "1")
    assert (many.code, "name one: sale, shop" in many.err) == (2, True)
    wrong = running("click", "1", "sall")
    assert (wrong.code, 'did you mean "sale"' in wrong.err) == (2, True)
    running.well("hold")
    running.well("text", phone(2), "JOIN")
    until(lambda: running.stage.states() == ["delivered", "queued"], "a second welcome text")
    assert "message 2 is queued: no phone has it" in refused(running("click", "2")).err
    assert "there is no message 99" in refused(running("click", "99")).err
    assert running("text", "+1202555", "hi").code == 2
    assert running("text", EVE, "  ").code == 2
    assert running("text", EVE, "x" * 1_601).code == 2
    assert running("text", EVE, "hi", "--to", "mian").code == 2
    assert "there is no contact ada" in refused(running("text", "ada", "hi")).err
    assert "no sender serves GB" in refused(running("text", "+447700900123", "hi")).err


@pytest.fixture
def told(terminal: Terminal) -> Terminal:
    """Ada's message has left, behind three of long ago; no daemon runs."""
    with World(terminal.folder, HELLO) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
    return terminal


def test_without_a_daemon_nobody_would_take_it(told: Terminal) -> None:
    assert "no daemon runs" in refused(told("text", ADA, "YES")).err
    assert "no daemon runs" in refused(told("click", "4")).err


def test_a_real_provider_is_left_to_real_phones(told: Terminal) -> None:
    project = (told.folder / "leadoff.yaml").read_text()
    (told.folder / "leadoff.yaml").write_text(project.replace("provider: simulator", "provider: twilio"))
    told.well("apply", "--yes")
    for said in (told("text", ADA, "YES"), told("click", "4", "shop")):
        assert (
            "the sender main is a real provider (twilio): only real phones text it and open its links"
            in refused(said).err
        )
    (told.folder / "leadoff.yaml").write_text(project.replace("main:", "other:"))
    told.well("apply", "--yes")
    assert "the sender of message 4 is not deployed any more: main" in refused(told("click", "4")).err


def refused(said: Said) -> Said:
    assert (said.code, said.out) == (1, ""), said
    return said
