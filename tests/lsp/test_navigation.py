"""Where a name is declared, and where it is used: steps, links, segments, events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.lsp.client import Editor
from tests.lsp.conftest import DROP

TEST = "flows/spring-drop.test.yaml"
PROJECT = "leadoff.yaml"


def _words(editor: Editor, shop: Path, places: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """File and the words of each place."""
    found = []
    for place in places:
        file = place["uri"].removeprefix(shop.as_uri() + "/")
        start, end = place["range"]["start"], place["range"]["end"]
        line = (shop / file).read_text().split("\n")[start["line"]]
        found.append((file, line[start["character"] : end["character"]]))
    return found


def _defined(editor: Editor, shop: Path, file: str, text: str, words: str, offset: int = 1) -> list[tuple[str, str]]:
    return _words(editor, shop, editor.ask("textDocument/definition", editor.at(file, text, words, offset)))


def test_from_a_use_to_where_it_is_declared(editor: Editor, shop: Path) -> None:
    (shop / "segments").mkdir()
    (shop / "segments/vips.yaml").write_text("segment: vips\nwhen: {contact: {loyalty_tier: vip}}\n")
    path = shop / DROP
    path.write_text(path.read_text().replace("entry:\n", "entry:\n  require: {segment: vips}\n"))
    text = editor.open(DROP)
    test = editor.open(TEST)
    assert _defined(editor, shop, DROP, text, "since: hero", 8) == [(DROP, "hero")]
    assert _defined(editor, shop, TEST, test, "mms: hero", 6) == [(DROP, "hero")]
    assert _defined(editor, shop, DROP, text, "shop, since") == [(PROJECT, "shop")]
    assert _defined(editor, shop, DROP, text, '"shop"', 3) == [(PROJECT, "shop")]
    assert _defined(editor, shop, DROP, text, "happened: order.placed", 12) == [(PROJECT, "order.placed")]
    assert _defined(editor, shop, DROP, text, "event: list.joined", 9) == [(PROJECT, "list.joined")]
    assert _defined(editor, shop, DROP, text, "segment: vips", 10) == [("segments/vips.yaml", "vips")]


def test_from_a_link_to_all_texts_and_conditions_that_use_it(editor: Editor, shop: Path) -> None:
    text = editor.open(PROJECT)
    asked = {**editor.at(PROJECT, text, "shop:", 1), "context": {"includeDeclaration": False}}
    found = _words(editor, shop, editor.ask("textDocument/references", asked))
    files = [file for file, _ in found]
    assert {DROP, TEST, "flows/goes-with-it.yaml"} <= set(files) and PROJECT not in files
    assert files.count(DROP) == 4
    assert {words.strip("'\"") for _, words in found} == {"shop"}


def test_a_step_of_the_same_name_in_another_flow_is_another_step(editor: Editor, shop: Path) -> None:
    other = "flow: other\nlanguage: 1\ntrigger: manual\nsteps:\n  - id: hero\n    delay: 1d\n"
    (shop / "flows/other.yaml").write_text(other)
    text = editor.open("flows/other.yaml")
    asked = {**editor.at("flows/other.yaml", text, "hero", 1), "context": {"includeDeclaration": True}}
    assert _words(editor, shop, editor.ask("textDocument/references", asked)) == [("flows/other.yaml", "hero")]


def test_where_there_is_no_name_there_is_no_place(editor: Editor, shop: Path) -> None:
    text = editor.open(DROP)
    assert _defined(editor, shop, DROP, text, "language: 1") == []
