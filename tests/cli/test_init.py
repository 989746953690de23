"""init, check, apply: from nothing to a deployed project."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from engine.app import App
from engine.store import deployments
from tests.cli.conftest import Terminal
from tests.fork_server import leadoff

FLOW = "flows/spring-drop.yaml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def deployed(folder: Path) -> int | None:
    with App(folder) as app, app.database.reading() as db:
        return deployments.newest_id(db)


def test_a_new_project_checks_and_applies_as_it_stands(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    said = terminal.well("init", "shop2", "--template", "mms-first")
    *_, head, dev, check, simulate, test = said.err.splitlines()
    assert head == "Next:"
    monkeypatch.chdir(terminal.folder / "shop2")
    named = [line.split("  ")[1] for line in (dev, check, simulate, test)]
    assert named == ["cd shop2 && leadoff dev", "leadoff check", "leadoff simulate mms-first", "leadoff test"]
    for command in named[1:]:  # as they stand; the first one stays, and opens a page
        terminal.well(*command.split()[1:])
    assert terminal.well("check", "--strict").out == ""
    assert ", 0 failed, 1 file" in terminal.well("test", "--fail-under", "100").out
    assert "deployment 1" in terminal.well("apply", "--yes").out
    assert "0 rejected" not in terminal.well("contacts", "import", "contacts.csv").out
    terminal.well("event", "list.joined", "--contact", "+12025550143", "--data", '{"list": "vip"}')


def test_init_overwrites_nothing_and_names_what_is_there(terminal: Terminal) -> None:
    (terminal.folder / "leadoff.yaml").write_text("mine")
    (terminal.folder / "contacts.csv").write_text("mine")
    said = terminal("init")
    assert said.code == 1
    assert "leadoff.yaml" in said.err
    assert "contacts.csv" in said.err
    assert (terminal.folder / "leadoff.yaml").read_text() == "mine"
    assert not (terminal.folder / "flows").exists()


def test_init_leaves_a_gitignore_that_is_there(terminal: Terminal) -> None:
    (terminal.folder / ".gitignore").write_text("mine\n")
    terminal.well("init")
    assert (terminal.folder / ".gitignore").read_text() == "mine\n"


def test_init_lists_templates_and_knows_no_others(terminal: Terminal) -> None:
    listed = dict(line.split(maxsplit=1) for line in terminal.well("init", "--list").out.splitlines())
    assert listed["mms-first"] == "A picture first, then one text for contacts who did nothing."
    assert len(listed) == 17
    said = terminal("init", "x", "--template", "mms-frist")
    assert said.code == 2
    assert 'did you mean "mms-first"?' in said.err
    assert not (terminal.folder / "x").exists()


def test_check_shows_every_finding_with_its_place(shop: Terminal) -> None:
    edit(shop.folder / FLOW, "happened: order.placed", "happened: order.plaecd")
    edit(shop.folder / FLOW, "delay: 2d", "delay: 2 parsecs")
    said = shop("check", "--format", "json")
    assert said.code == 1
    assert {found["file"] for found in said.json["findings"]} == {FLOW}
    assert all(
        {"code", "severity", "message", "help", "line", "column", "path"} <= set(found)
        for found in said.json["findings"]
    )
    assert len(said.json["findings"]) >= 2
    full = shop("check")
    assert "order.placed" in full.out  # did you mean
    assert "errors in 1 file" in full.err
    assert shop("check", "--format", "concise").out.count("\n") == len(said.json["findings"])


def test_check_looks_at_the_asked_files_alone(shop: Terminal) -> None:
    edit(shop.folder / FLOW, "delay: 2d", "delay: never")
    assert shop("check", FLOW).code == 1
    assert shop("check", "flows").code == 1
    assert shop("check", "leadoff.yaml").code == 0
    assert shop("check", "absent.yaml").code == 2
    assert shop("check", "contacts.csv").code == 0
    assert shop("check", "media").code == 2


def test_apply_asks_and_without_a_terminal_changes_nothing(shop: Terminal) -> None:
    said = shop("apply")
    assert said.code == 1
    assert "+ spring-drop\n" in said.err
    assert "--yes" in said.err
    assert deployed(shop.folder) is None


@pytest.mark.parametrize(("answer", "code"), [(b"n", 1), (b"", 1), (b"y", 0)])
def test_apply_asks_at_a_terminal_and_no_answer_is_no(answer: bytes, code: int, shop: Terminal) -> None:
    keyboard, stdin = os.openpty()
    try:
        os.write(keyboard, answer + b"\n")
        done = subprocess.run(
            [*leadoff(), "apply"], stdin=stdin, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        os.close(keyboard)
        os.close(stdin)
    assert done.returncode == code
    assert "[y/N]" in done.stdout + done.stderr
    assert deployed(shop.folder) == (1 if code == 0 else None)


def test_apply_says_what_changed_and_the_second_time_nothing(shop: Terminal) -> None:
    assert shop.well("apply", "--yes").out.startswith("applied: deployment 1 ")
    assert shop.well("apply").out.startswith("nothing to change: deployment 1 ")
    edit(shop.folder / FLOW, "delay: 2d", "delay: 3d")
    said = shop.well("apply", "--yes")
    assert said.out.startswith("applied: deployment 2 ")
    costs = said.err.splitlines()
    assert "    ~ think  delay: 2d → 3d" in costs
    assert "  $ spring-drop: 0.045–0.060 USD a contact in US, CA (hero MMS 0.045, reminder SMS 0.015)" in costs


def test_apply_prices_each_country(shop: Terminal) -> None:
    said = [line.partition(" (")[0] for line in shop.well("apply", "--yes").err.splitlines() if "hero " in line]
    assert said == [
        "  $ spring-drop: 0.045–0.060 USD a contact in US, CA",
        "    and 0.020–0.040 USD a contact in PR",
        "    and 0.180–0.360 USD a contact in JM",
        "    and 0.050–0.100 USD a contact in GB",
    ]


def test_apply_of_a_broken_project_changes_nothing(shop: Terminal) -> None:
    shop.well("apply", "--yes")
    edit(shop.folder / FLOW, "delay: 2d", "delay: never")
    said = shop("apply", "--yes")
    assert (said.code, said.out) == (1, "")
    assert FLOW in said.err
    assert deployed(shop.folder) == 1


def test_demo_knows_no_other_sender(terminal: Terminal) -> None:
    said = terminal("demo", "--sender", "twillio")
    assert said.code == 2
    assert 'did you mean "twilio"?' in said.err
