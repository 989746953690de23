"""Quick fixes are those of `check --fix`, and formatting is that of `fmt`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.cli import run
from tests.lsp.client import Editor, edited
from tests.lsp.conftest import DROP


def _actions(editor: Editor, text: str, words: str, only: list[str] | None = None) -> list[dict[str, Any]]:
    place = editor.at(DROP, text, words)["position"]
    context = {"diagnostics": [], **({"only": only} if only else {})}
    asked = {
        "textDocument": {"uri": editor.uri(DROP)},
        "range": {"start": place, "end": place},
        "context": context,
    }
    found: list[dict[str, Any]] = editor.ask("textDocument/codeAction", asked)
    return found


def _with_two_mistakes(text: str) -> str:
    return text.replace("again_after: 90d", "again_after: 90 days").replace("delay: 2d", "delay: 2 days")


def test_a_finding_with_one_right_form_offers_it(editor: Editor, shop: Path) -> None:
    text = _with_two_mistakes(editor.open(DROP))
    editor.type(DROP, text)
    first, everything = _actions(editor, text, "2 days")
    assert first["kind"] == "quickfix" and first["isPreferred"] and everything["kind"] == "source.fixAll"
    made = edited(text, first["edit"]["changes"][editor.uri(DROP)])
    assert "delay: 2d" in made and "90 days" in made
    whole = edited(text, everything["edit"]["changes"][editor.uri(DROP)])
    (shop / DROP).write_text(text)
    run(["check", "--fix", "--project", str(shop)])
    assert whole == (shop / DROP).read_text()


def test_only_what_is_asked_for_is_offered(editor: Editor) -> None:
    text = _with_two_mistakes(editor.open(DROP))
    editor.type(DROP, text)
    assert [each["kind"] for each in _actions(editor, text, "2 days", ["source"])] == ["source.fixAll"]
    assert _actions(editor, text, "2 days", ["refactor"]) == []
    assert [each["kind"] for each in _actions(editor, text, "language", ["quickfix"])] == []


def _formatted(editor: Editor) -> list[dict[str, Any]]:
    asked = {"textDocument": {"uri": editor.uri(DROP)}, "options": {"tabSize": 2, "insertSpaces": True}}
    found: list[dict[str, Any]] = editor.ask("textDocument/formatting", asked)
    return found


def test_formatting_is_what_fmt_writes(editor: Editor, shop: Path) -> None:
    text = editor.open(DROP)
    assert _formatted(editor) == []
    crooked = text.replace("language: 1\n", "").replace("category: marketing\n", "category:   marketing\nlanguage: 1\n")
    editor.type(DROP, crooked)
    made = edited(crooked, _formatted(editor))
    (shop / DROP).write_text(crooked)
    run(["fmt", "--project", str(shop)])
    assert made == (shop / DROP).read_text() == text


def test_a_file_with_errors_is_not_formatted_and_says_so(editor: Editor) -> None:
    editor.open(DROP, "flow: [")
    assert _formatted(editor) == []
    assert "errors" in editor.said()
