"""Words where they are needed: files that differ from the deployment, nobody who acts, JSON for scripts, help and completion."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

import pytest
from PIL import Image

from engine.app import App
from engine.cli import root
from engine.server.metrics import Metrics
from engine.server.minute_log import MinuteLog
from tests.cli.conftest import Terminal
from tests.cli.test_init import FLOW, edit
from tests.messaging.media.drawn import photo, place_and_side, stored

JOIN = ("event", "list.joined", "--contact", "+12025550143", "--data", '{"list": "vip"}')
TOLD = (
    ("flows",),
    ("explain", "+12025550143"),
    ("send-test", "spring-drop", "hero", "--to", "+12025550143"),
)


def test_it_is_said_when_the_files_are_not_what_is_deployed(open_shop: Terminal) -> None:
    for words in TOLD:
        assert "ahead of" not in open_shop.well(*words).err
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    for words in TOLD:
        said = open_shop.well(*words)
        assert f"the files are 1 change ahead of deployment 1 ({FLOW}): `leadoff plan`" in said.err, words
    open_shop.well("apply", "--yes")
    for words in TOLD:
        assert "ahead of" not in open_shop.well(*words).err


def test_doctor_counts_it_among_what_is_amiss(open_shop: Terminal) -> None:
    assert not [line for line in open_shop("doctor", "--format", "json").json["amiss"] if "ahead of" in line]
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    assert any("ahead of deployment 1" in line for line in open_shop("doctor", "--format", "json").json["amiss"])


def test_another_comment_is_no_other_project(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 2d  # two days of silence")
    assert open_shop.well("flows").err == ""


def test_another_picture_is_another_project(open_shop: Terminal) -> None:
    Image.new("RGB", (640, 960), "teal").save(open_shop.folder / "media/spring.jpg")
    assert "(media/spring.jpg)" in open_shop.well("flows").err


def test_files_with_errors_are_told_as_such(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: never")
    assert "the files have 1 error, and deployment 1 stays in use" in open_shop.well("flows").err


def test_without_a_daemon_nobody_acts_on_an_event(open_shop: Terminal) -> None:
    assert "nothing happens until `leadoff run`" in open_shop.well(*JOIN).err
    with App(open_shop.folder) as app:
        app.lock.acquire()
        try:
            assert open_shop.well(*JOIN).err == ""
        finally:
            app.lock.release()


def test_apply_import_and_event_speak_json(shop: Terminal) -> None:
    first = shop.well("apply", "--yes", "--format", "json").json
    assert (first["deployment"], first["changed"], first["flows"]) == (
        1,
        True,
        ["goes-with-it", "left-in-cart", "spring-drop"],
    )
    assert {"change": "added", "file": FLOW} in first["changes"]
    again = shop.well("apply", "--format", "json").json
    assert (again["changed"], again["changes"]) == (False, [])
    edit(shop.folder / FLOW, "delay: 2d", "delay: 3d")
    assert shop.well("apply", "--yes", "--format", "json").json["changes"] == [{"change": "changed", "file": FLOW}]
    counts = {"new": 69, "changed": 0, "unchanged": 0, "rejected": 0, "errors": None}
    (found,) = shop.well("contacts", "import", "contacts.csv", "--format", "json").json["imports"]
    assert {key: found[key] for key in counts} == counts
    assert shop.well(*JOIN, "--id", "a", "--format", "json").json == {
        "events": [{"event": "list.joined", "id": "a", "status": "accepted"}]
    }
    (shop.folder / "joins.ndjson").write_text("{}\n", "utf-8")
    said = shop("events", "import", "joins.ndjson", "--format", "json")
    assert (said.code, said.json["imports"][0]["rejected"]) == (1, 1)
    assert said.json["imports"][0]["errors"] == "joins.errors.csv"


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize("command", root.COMMANDS)
def test_every_command_has_an_example_of_itself(command: str, terminal: Terminal) -> None:
    said = terminal.well(command, "-h")
    assert said.out == terminal.well(command, "--help").out
    assert f"Example: {root.COMMANDS[command].example}" in said.out
    assert shlex.split(root.COMMANDS[command].example)[:2] == ["leadoff", command]


@pytest.mark.only("sqlite", "it opens no database")
def test_help_is_grouped_and_short_everywhere(terminal: Terminal) -> None:
    out = terminal.well("-h").out
    for title, entries in root.GROUPS.items():
        assert f"{title}:" in out
        assert all(f"  {name} " in out for name in entries)
    assert "FILE.csv" in terminal.well("contacts", "import", "-h").out


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize(
    ("typed", "found"), [("leadoff con", "contacts"), ("leadoff contacts im", "import"), ("leadoff run --po", "--port")]
)
def test_a_shell_completes(
    typed: str, found: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_LEADOFF_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    with pytest.raises(SystemExit):
        terminal()
    assert found in capsys.readouterr().out.split()


def test_a_minute_with_work_is_a_line_and_one_without_is_none(
    open_shop: Terminal, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "leadoff.daemon")
    with App(open_shop.folder) as app:
        metrics = Metrics()
        minutes = MinuteLog(app.database, metrics)
        minutes.log()
        assert caplog.messages == []
        open_shop.well(*JOIN)
        open_shop.tick()
        metrics.request("main", "accepted", 120)
        minutes.log()
        minutes.log()
    assert caplog.messages == ["the last minute: 1 event taken, 1 run begun, 1 message written, 1 request accepted"]


def test_apply_says_what_was_done_to_pictures(shop: Terminal) -> None:
    (shop.folder / "media/big-photo.jpg").write_bytes(stored(photo((1600, 1200)), exif=place_and_side()))
    flow = shop.folder / "flows" / "extra.yaml"
    step = "sms: {{text: 'Acme: new. Reply STOP to opt out', {}, otherwise: skip}}"
    head = "flow: extra\nlanguage: 1\ntrigger: {event: list.joined}\nsteps:\n  - id: one\n    "
    flow.write_text(head + step.format("image: media/big-photo.jpg") + "\n")
    said = shop.well("apply", "--yes")
    assert "  + media/big-photo.jpg  1200×1600 " in said.err and " → 1080×1440 " in said.err
    assert "(quality 90, turned upright, made smaller, metadata removed)" in said.err
    assert "  + media/spring.jpg\n" in said.err  # as it is: nothing to tell
    assert "media/" not in shop.well("apply", "--yes").err
    flow.write_text(head + step.format("collage: [media/spring.jpg, media/sneakers.jpg]") + "\n")
    said = shop.well("apply", "--yes")
    assert "  + media/spring.jpg + media/sneakers.jpg  2 pictures 301 KB → 1080×1920 " in said.err
    assert "  - media/big-photo.jpg\n" in said.err
