"""What stands under the mouse."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.language.diagnostics.explanations import explanation
from tests.lsp.client import Editor
from tests.lsp.conftest import DROP


@pytest.fixture(scope="module")
def editor(shop_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One for all: each test opens the file as it is on the disk, and only asks."""
    with Editor(Path(shutil.copytree(shop_files, tmp_path_factory.mktemp("hover") / "shop"))) as editor:
        yield editor


def test_a_text_says_what_it_costs(editor: Editor) -> None:
    text = editor.open(DROP).replace("Still thinking", "Still thinking – really")
    editor.type(DROP, text)
    told = editor.hovered(DROP, text, "Still thinking")
    assert "GSM-7, 1 part" in told and "0.015 USD in US" in told
    dear = text.replace("Still thinking", "Still thinking 😀 and thinking")
    editor.type(DROP, dear, 3)
    told = editor.hovered(DROP, dear, "Still thinking")
    assert "UCS-2" in told and "2 parts" in told and "makes it UCS-2: 😀" in told
    mms = editor.hovered(DROP, dear, "the spring drop is live")
    assert mms.startswith("MMS") and "0.045 USD" in mms


def test_each_language_of_a_text_says_what_it_costs(editor: Editor) -> None:
    text = editor.open(DROP)
    (line,) = [line for line in text.splitlines() if "Still thinking" in line]
    both = text.replace(line, "        sms: {text: {en: Hello, es: Envío gratis por hoy}}")
    editor.type(DROP, both)
    assert "GSM-7" in editor.hovered(DROP, both, "Hello") and "UCS-2" not in editor.hovered(DROP, both, "Hello")
    assert "UCS-2, 1 part" in editor.hovered(DROP, both, "Envío")


def test_a_verb_says_what_the_step_does_and_a_key_what_it_is_for(editor: Editor) -> None:
    text = editor.open(DROP)
    assert editor.hovered(DROP, text, "delay: 2d").startswith("Delay: the run waits")
    assert "The picture in words" in editor.hovered(DROP, text, "alt: ")
    assert "Who may enter" in editor.hovered(DROP, text, "entry:")


def test_a_name_says_what_it_stands_for(editor: Editor) -> None:
    text = editor.open(DROP)
    assert "https://acme.example/spring" in editor.hovered(DROP, text, "shop, since")
    assert "`list`: text" in editor.hovered(DROP, text, "list.joined")
    assert "MMS" in editor.hovered(DROP, text, "since: hero", 8)
    linked = text.replace("link('shop')", "short(event.list)")
    editor.type(DROP, linked)
    assert "link_hosts" in editor.hovered(DROP, linked, "short(event.list)", 2)


def test_a_finding_and_a_code_in_a_comment_are_explained(editor: Editor) -> None:
    text = editor.open(DROP).replace("delay: 2d", "delya: 2d  # LO504")
    editor.type(DROP, text)
    for words, code in (("delya", "LO202"), ("LO504", "LO504")):
        known = explanation(code)
        assert known is not None
        assert known.title in editor.hovered(DROP, text, words)


def test_nothing_is_said_of_nothing(editor: Editor) -> None:
    text = editor.open(DROP) + "\n# a comment\n"
    editor.type(DROP, text)
    assert editor.hovered(DROP, text, "# a comment") == ""
