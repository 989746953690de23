"""Findings while one types: what is not saved counts, over all files of the project, and what is mended goes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from engine.language import reading
from engine.language.source import strict_yaml
from engine.lsp.documents import Opened
from engine.lsp.projects import Project
from engine.lsp.server import Server
from tests.lsp.client import Editor
from tests.lsp.conftest import DROP

PROJECT = "leadoff.yaml"


def test_a_typo_is_found_while_it_is_typed_and_goes_when_it_is_mended(editor: Editor) -> None:
    text = editor.open(DROP)
    editor.findings(DROP, version=1)
    editor.type(DROP, text.replace("delay: 2d", "delya: 2d"), version=2)
    [found] = editor.findings(DROP, "LO202", version=2)
    assert found["message"] == 'unknown step "delya"\nhelp: did you mean "delay"?'
    assert found["severity"] == 1 and found["source"] == "leadoff"
    line = text.split("\n").index("    delay: 2d")
    assert found["range"] == {"start": {"line": line, "character": 4}, "end": {"line": line, "character": 9}}
    editor.type(DROP, text, version=3)
    editor.findings(DROP, version=3)


def test_the_code_links_to_the_line_that_explains_it(editor: Editor) -> None:
    text = editor.open(DROP)
    editor.type(DROP, text.replace("delay: 2d", "delya: 2d"))
    [found] = editor.findings(DROP, "LO202")
    link = urlsplit(found["codeDescription"]["href"])
    lines = Path(unquote(link.path)).read_text("utf-8").splitlines()
    assert lines[int(link.fragment.removeprefix("L")) - 1].startswith("## LO202 ")


def test_a_link_taken_out_of_leadoff_yaml_is_found_in_every_flow_that_is_not_even_open(editor: Editor) -> None:
    text = editor.open(PROJECT)
    editor.findings(PROJECT)
    editor.type(PROJECT, text.replace("  shop: ", "  store: "))
    found = editor.findings("flows/goes-with-it.yaml", "LO303")
    assert "did you mean" not in found[0]["message"] or found[0]["severity"] == 1
    editor.type(PROJECT, text, version=3)
    editor.findings("flows/goes-with-it.yaml")


def test_a_project_of_the_workspace_is_checked_before_a_file_of_it_is_open(shop: Path) -> None:
    path = shop / DROP
    path.write_text(path.read_text().replace("delay: 2d", "delya: 2d"))
    with Editor(shop.parent) as editor:
        editor.findings("shop/" + DROP, "LO202")


def test_the_editor_is_asked_to_tell_what_other_programs_change(editor: Editor) -> None:
    asked = editor._until(lambda message: message.get("method") == "client/registerCapability")
    [registration] = asked["params"]["registrations"]
    watched = [each["globPattern"] for each in registration["registerOptions"]["watchers"]]
    assert registration["method"] == "workspace/didChangeWatchedFiles" and "**/*.yaml" in watched
    editor.send({"id": asked["id"], "result": None})
    editor.open(DROP)
    editor.findings(DROP)


def test_a_file_changed_by_another_program_is_read_again(editor: Editor, shop: Path) -> None:
    editor.open(PROJECT)
    editor.findings(PROJECT)
    path = shop / DROP
    good = path.read_text()
    path.write_text(good.replace("delay: 2d", "delya: 2d"))
    event = {"changes": [{"uri": editor.uri(DROP), "type": 2}]}
    editor.tell("workspace/didChangeWatchedFiles", event)
    editor.findings(DROP, "LO202")
    path.write_text(good)
    editor.tell("workspace/didChangeWatchedFiles", event)
    editor.findings(DROP)


def test_what_was_typed_and_thrown_away_is_cleared_when_the_file_is_closed(editor: Editor) -> None:
    text = editor.open(DROP)
    editor.type(DROP, text.replace("delay: 2d", "delya: 2d"))
    editor.findings(DROP, "LO202")
    editor.tell("textDocument/didClose", {"textDocument": {"uri": editor.uri(DROP)}})
    editor.findings(DROP)


def test_a_new_flow_that_was_never_saved_is_part_of_the_project(editor: Editor) -> None:
    editor.open("flows/new.yaml", "flow: new\nlanguage: 1\ntrigger: manual\nsteps: [{exit: done, idd: x}]\n")
    editor.findings("flows/new.yaml", "LO201")


def test_contacts_csv_is_looked_at_when_something_is_saved(editor: Editor, shop: Path) -> None:
    text = editor.open(PROJECT)
    editor.findings(PROJECT)
    with (shop / "contacts.csv").open("a") as file:
        file.write("not-a-number\n")
    editor.tell("textDocument/didSave", {"textDocument": {"uri": editor.uri(PROJECT)}, "text": text})
    while not (found := _next(editor, "contacts.csv")):
        pass
    assert all(each["source"] == "leadoff" for each in found)


def _next(editor: Editor, file: str) -> list[dict[str, object]]:
    told = editor._until(lambda message: message.get("params", {}).get("uri") == editor.uri(file))
    diagnostics: list[dict[str, object]] = told["params"]["diagnostics"]
    return diagnostics


def test_a_keystroke_parses_the_changed_file_alone_and_reads_no_disk(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(shop)
    project.read_folder()
    path = shop / DROP
    text = path.read_text()
    project.check({path: Opened(path.as_uri(), text, 1)})
    parsed, read = strict_yaml.read.cache_info().misses, reading.read_file.cache_info().misses
    touched: list[object] = []
    watching = [True]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching[0] and event == "open" and str(arguments[0]).startswith(str(shop)):
            touched.append(arguments[0])

    sys.addaudithook(watch)
    project.check({path: Opened(path.as_uri(), text + "# a comment\n", 2)})
    watching[0] = False
    assert strict_yaml.read.cache_info().misses == parsed + 1
    assert reading.read_file.cache_info().misses == read + 1
    assert touched == []


def test_keystrokes_in_one_moment_are_checked_once(shop: Path) -> None:
    async def type_fast() -> int:
        server = Server()
        checked = asyncio.Event()
        server._publish = lambda project, by_file: checked.set()  # type: ignore[method-assign]
        path = shop / DROP
        for version in range(50):
            server.take(path.as_uri(), path.read_text() + "\n" * version, version)
        await checked.wait()
        return server.checks

    assert asyncio.run(type_fast()) == 1
