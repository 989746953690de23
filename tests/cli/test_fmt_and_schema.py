"""fmt and schema: files in one layout, and editors that know the language."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.language.jsonschema.schemas import files
from engine.registry import registry
from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal

__all__ = ["terminal"]

CROOKED = "language: 1\nflow: a\ntrigger:   manual\nsteps:\n- delay: 2d   # think\n- exit: done\n"
STRAIGHT = "flow: a\nlanguage: 1\ntrigger: manual\nsteps:\n  - id: delay\n    delay: 2d   # think\n  - exit: done\n"


@pytest.fixture
def shop(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Path:
    terminal.well("init", "shop")
    folder = terminal.folder / "shop"
    monkeypatch.chdir(folder)
    return folder


def test_a_new_project_is_known_to_editors_and_in_canonical_layout(terminal: Terminal, shop: Path) -> None:
    lines = {
        name: (shop / name).read_text("utf-8").splitlines()[0] for name in ("leadoff.yaml", "flows/mms-first.yaml")
    }
    assert lines == {
        "leadoff.yaml": "# yaml-language-server: $schema=schemas/project.schema.json",
        "flows/mms-first.yaml": "# yaml-language-server: $schema=../schemas/flow.schema.json",
    }
    assert {path: (shop / path).read_bytes() for path in files(registry())} == files(registry())
    assert "nothing to change" in terminal.well("fmt", "--check").err


def test_fmt_says_what_would_change_and_changes_it(terminal: Terminal, shop: Path) -> None:
    flow = shop / "flows/a.yaml"
    flow.write_text(CROOKED)
    said = terminal("fmt", "--check")
    assert (said.code, said.err) == (1, "would change flows/a.yaml\n")
    assert flow.read_text() == CROOKED
    assert "changed flows/a.yaml" in terminal.well("fmt").err
    assert flow.read_text() == STRAIGHT
    terminal.well("fmt", "--check")


def test_fmt_takes_files_and_keeps_their_mode(terminal: Terminal, shop: Path) -> None:
    for name in ("a", "b"):
        (shop / f"flows/{name}.yaml").write_text(CROOKED.replace("flow: a", f"flow: {name}"))
    (shop / "flows/a.yaml").chmod(0o640)
    terminal.well("fmt", "flows/a.yaml")
    assert (shop / "flows/a.yaml").read_text() == STRAIGHT
    assert (shop / "flows/a.yaml").stat().st_mode & 0o777 == 0o640
    assert (shop / "flows/b.yaml").read_text().startswith("language")
    names = ["a.yaml", "b.yaml", "mms-first.test.yaml", "mms-first.yaml"]
    assert sorted(path.name for path in (shop / "flows").iterdir()) == names


def test_fmt_leaves_a_file_with_errors_alone_and_does_the_others(terminal: Terminal, shop: Path) -> None:
    (shop / "flows/a.yaml").write_text(CROOKED)
    broken = CROOKED.replace("flow: a", "flow: b").replace("exit: done", "exti: done")
    (shop / "flows/b.yaml").write_text(broken)
    said = terminal("fmt")
    assert said.code == 1
    assert "flows/b.yaml:6: this file has errors" in said.err
    assert (shop / "flows/a.yaml").read_text() == STRAIGHT
    assert (shop / "flows/b.yaml").read_text() == broken


def test_fmt_of_what_is_no_file_of_a_project_is_a_mistake(terminal: Terminal, shop: Path) -> None:
    assert terminal("fmt", "contacts.csv").code == 2
    assert terminal("fmt", "nowhere").code == 2


def test_schema_prints_all_or_one(terminal: Terminal) -> None:
    assert set(json.loads(terminal.well("schema").out)) == {"flow", "project", "segment", "flow-test", "event"}
    assert json.loads(terminal.well("schema", "event").out)["title"] == "Leadoff event"
    said = terminal("schema", "flwo")
    assert said.code == 2
    assert 'did you mean "flow"?' in said.err


def test_schema_writes_into_the_project_or_here(
    terminal: Terminal, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "schemas/flow.schema.json").write_text("{}")
    monkeypatch.chdir(shop / "flows")
    terminal.well("schema", "--write")
    assert (shop / "schemas/flow.schema.json").read_bytes() == files(registry())["schemas/flow.schema.json"]
    monkeypatch.chdir(terminal.folder)
    terminal.well("schema", "--write", "event")
    assert [path.name for path in (terminal.folder / "schemas").iterdir()] == ["event.schema.json"]
