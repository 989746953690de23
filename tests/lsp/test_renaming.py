"""Renaming a step: nobody who waits at it is lost. A link or a segment is renamed while the database does not know it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from engine.cli import run
from tests.lsp.client import Editor, edited
from tests.lsp.conftest import DROP

TEST = "flows/spring-drop.test.yaml"


def _rename(editor: Editor, shop: Path, old: str, new: str, words: str = "id: ", file: str = DROP) -> dict[str, str]:
    """The files as an editor has them afterwards, by name; they are saved. `words`: what stands before the name."""
    text = editor.open(file)
    place = editor.at(file, text, f"{words}{old}", len(words) + 1)
    changes = editor.ask("textDocument/rename", {**place, "newName": new})["changes"]
    made = {}
    for uri, edits in changes.items():
        path = Path(uri.removeprefix("file://"))
        made[path.relative_to(shop).as_posix()] = edited(path.read_text(), edits)
        path.write_text(edited(path.read_text(), edits))
    editor.tell("textDocument/didClose", {"textDocument": {"uri": editor.uri(file)}})
    return made


def _commit(shop: Path) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "it"]):
        subprocess.run(["git", *words], cwd=shop, check=True, capture_output=True)


def test_a_step_that_nobody_knows_yet_is_renamed_in_its_flow_and_its_tests(editor: Editor, shop: Path) -> None:
    made = _rename(editor, shop, "hero", "lead")
    assert made.keys() == {DROP, TEST}
    assert "hero" not in made[DROP] and "moved" not in made[DROP]
    assert "since: lead" in made[DROP] and "{mms: lead" in made[TEST] and "hero" not in made[TEST]
    assert run(["check", "--strict", "--project", str(shop)]) == 0


def test_a_step_of_the_last_commit_gets_a_line_under_moved(shop: Path) -> None:
    _commit(shop)
    with Editor(shop) as editor:
        made = _rename(editor, shop, "hero", "lead")
        assert "moved: {hero: lead}\nsteps:\n" in made[DROP]
        assert run(["check", "--strict", "--project", str(shop)]) == 0
        again = _rename(editor, shop, "lead", "opener")
        assert "moved: {hero: opener}\nsteps:\n" in again[DROP]
        back = _rename(editor, shop, "opener", "hero")
        assert "moved" not in back[DROP]
        assert run(["check", "--strict", "--project", str(shop)]) == 0


def test_a_step_that_is_deployed_gets_one_too(shop: Path) -> None:
    assert run(["apply", "--yes", "--project", str(shop)]) == 0
    with Editor(shop) as editor:
        assert "moved: {think: pause}\n" in _rename(editor, shop, "think", "pause")[DROP]


def test_a_database_that_cannot_be_read_may_have_the_step(shop: Path) -> None:
    (shop / ".leadoff").mkdir(exist_ok=True)
    (shop / ".leadoff/leadoff.db").write_bytes(b"this is no database" * 100)
    with Editor(shop) as editor:
        assert "moved: {think: pause}\n" in _rename(editor, shop, "think", "pause")[DROP]


def test_a_link_that_nobody_knows_yet_is_renamed_wherever_it_stands(editor: Editor, shop: Path) -> None:
    made = _rename(editor, shop, "shop", "store", "clicked: {link: ")
    assert {"leadoff.yaml", DROP, TEST, "flows/goes-with-it.yaml"} <= made.keys()
    assert "store: " in made["leadoff.yaml"] and 'link("store")' in made[DROP] and "link('store')" in made[TEST]
    assert run(["check", "--strict", "--project", str(shop)]) == 0
    assert run(["test", "--project", str(shop)]) == 0


def test_a_segment_that_nobody_knows_yet_is_renamed_wherever_it_stands(editor: Editor, shop: Path) -> None:
    project = shop / "leadoff.yaml"
    project.write_text(
        project.read_text() + "\nsegments:\n  vip: {contact: {orders: {at_least: 3}}}\n  rest: {not: {segment: vip}}\n"
    )
    made = _rename(editor, shop, "vip", "regulars", "segment: ", "leadoff.yaml")
    assert "  regulars: {contact" in made["leadoff.yaml"] and "{segment: regulars}" in made["leadoff.yaml"]
    assert run(["check", "--project", str(shop)]) == 0


def test_a_link_that_is_deployed_keeps_its_name(shop: Path) -> None:
    """Clicks in messages that were sent are known by it."""
    assert run(["apply", "--yes", "--project", str(shop)]) == 0
    with Editor(shop) as editor:
        text = editor.open(DROP)
        place = editor.at(DROP, text, "clicked: {link: shop", 17)
        assert "may be deployed" in editor.refused("textDocument/rename", {**place, "newName": "store"})
        _, log = editor.end()
    assert "may be deployed" in log and "Traceback" not in log


def test_what_cannot_be_renamed_says_why(editor: Editor) -> None:
    text = editor.open(DROP)
    place = editor.at(DROP, text, "id: hero", 5)
    assert "already" in editor.refused("textDocument/rename", {**place, "newName": "think"})
    assert editor.refused("textDocument/rename", {**place, "newName": "no spaces here"})
    assert editor.refused("textDocument/rename", {**place, "newName": "true"})
    elsewhere = editor.at(DROP, text, "language: 1")
    assert "no step" in editor.refused("textDocument/rename", {**elsewhere, "newName": "other"})
    link = editor.at(DROP, text, "clicked: {link: shop", 17)
    assert editor.refused("textDocument/rename", {**link, "newName": "no spaces here"})
    assert editor.ask("textDocument/prepareRename", link)["placeholder"] == "shop"
    assert editor.ask("textDocument/prepareRename", elsewhere) is None
    assert editor.ask("textDocument/prepareRename", place)["placeholder"] == "hero"
    broken = text + "\n  - id: 'x\n"
    editor.type(DROP, broken)
    assert "mend" in editor.refused("textDocument/rename", {**place, "newName": "lead"})
