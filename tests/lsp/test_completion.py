"""Completion: what the schema allows at the cursor, and the names of the project; also in a line that is not finished."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.registry import REGISTRY
from tests.lsp.client import Editor
from tests.lsp.conftest import DROP, SHOP

TEST = "flows/spring-drop.test.yaml"


@pytest.fixture(scope="module")
def editor(shop_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("completion") / "shop"
    shutil.copytree(shop_files, folder)
    with (folder / "leadoff.yaml").open("a") as file:
        file.write("segments: {vips: {contact: {loyalty_tier: vip}}}\n")
    project = (folder / "leadoff.yaml").read_text()
    with_list = project.replace(
        "{list: text}", "{list: text, total: money, cart: url, items: {type: list, of: {title: text, sku: text}}}"
    )
    (folder / "leadoff.yaml").write_text(with_list)
    with Editor(folder) as editor:
        for name in (DROP, TEST, "leadoff.yaml"):
            editor.open(name)
        yield editor


FLOW = (SHOP / DROP).read_text()
STEPS = ["hero", "think", "did_they_look", "reminder", "last_chance"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("  - ", ["id", *REGISTRY]),
        ("  - id: x\n    ", [*REGISTRY]),
        ('  - id: x\n    sms:\n      text:\n        en: Hi\n        es: "Hola {{ contact.', ["contact.first_name"]),
        ("  - id: x\n    sms:\n      on_", ["text", "image", "on_quiet", "on_cap"]),
        ("  - id: x\n    delay: 2d\n    i", []),
        ("  - id: x\n    if: {cl", ["clicked", "happened", "contact"]),
        ("  - id: x\n    if: {clicked: ", ["shop"]),
        ("  - id: x\n    if: {clicked: {link: shop, since: ", STEPS),
        ("  - id: x\n    if: {clicked: {link: shop, since: he", STEPS),
        ("  - id: x\n    if: {happened: ", ["list.joined", "order.placed"]),
        ('  - id: x\n    sms: "{{ ', ["short(event.cart)"]),
        ('  - id: x\n    sms: "{{ short(', ["event.cart", "contact."]),
        ('  - id: x\n    sms: "{{ short(event.', ["event.cart", "event.items"]),
        ("  - id: x\n    if: {segment: ", ["vips"]),
        ("  - id: x\n    if: {contact: {loy", ["loyalty_tier", "first_name"]),
        ("  - id: x\n    emit: ", ["list.joined", "order.placed"]),
        ("  - id: x\n    update:\n      set: {", ["loyalty_tier"]),
        ('  - id: x\n    sms: "{{ ', ["contact.", "link('shop')"]),
        ("  - id: x\n    sms: \"{{ link('", ["shop"]),
        ('  - id: x\n    sms: "{{ contact.', ["contact.first_name", "contact.loyalty_tier"]),
        ('  - id: x\n    sms: "{{ event.', ["event.list"]),
        ('  - id: x\n    sms: "{{ contact.first_name | ', ["default", "title", "date"]),
        ('  - id: x\n    sms: "{{ event.items | na', ["names", "count"]),
        ('  - id: x\n    sms: "{{ event.items[0].', [".title", ".sku"]),
        ("  - id: x\n    if: {event: {items: {has: {", ["title", "sku"]),
        ("  - id: x\n    if: {event: {items: {co", ["count", "has"]),
        ("  - id: x\n    if: {happened: {event: list.joined, where: {event: {items: {has: {s", ["sku"]),
        ("  - id: x\n    sms: {text: Hi, sender: ", ["main"]),
        ("  - id: x\n    sms: {text: Hi, image: ", ["media/spring.jpg"]),
        ("  - id: x\n    sms: {text: Hi, image: {from: event.image, fallback: ", ["media/spring.jpg"]),
        ("  - id: x\n    sms: {text: Hi, on_cap: ", ["hold", "skip"]),
    ],
)
def test_a_step_that_is_being_written(editor: Editor, typed: str, offered: list[str]) -> None:
    text = FLOW + typed
    editor.type(DROP, text)
    found = editor.completed(DROP, text, text)
    assert [each for each in offered if each not in found] == []
    assert "zzz" not in found and len(found) == len(set(found))


def test_a_click_is_on_a_link_of_leadoff_yaml_or_on_a_value(editor: Editor) -> None:
    written = FLOW + '  - id: x\n    sms: "{{ short(event.cart) }}"\n'
    editor.type(DROP, written)
    assert "event.cart" in editor.completed(DROP, written, "{{ short(")  # here the whole file is read
    text = written + "  - id: y\n    if: {clicked: "
    editor.type(DROP, text)
    assert editor.completed(DROP, text, text)[:2] == ["shop", "event.cart"]


def test_a_key_that_is_there_is_not_offered_again_and_siblings_wait_for_their_verb(editor: Editor) -> None:
    text = FLOW + "  - id: x\n    "
    editor.type(DROP, text)
    found = editor.completed(DROP, text, text)
    assert "id" not in found and "on_timeout" not in found


def test_the_top_of_a_flow(editor: Editor) -> None:
    text = FLOW.replace("steps:\n", "mo\nsteps:\n")
    editor.type(DROP, text)
    found = editor.completed(DROP, text, "\nmo")
    assert "moved" in found and "removed" in found and "sms" not in found and "steps" not in found


def test_moved_leads_to_a_step(editor: Editor) -> None:
    text = FLOW.replace("steps:\n", "moved: {old: }\nsteps:\n")
    editor.type(DROP, text)
    assert editor.completed(DROP, text, "moved: {old: ")[:5] == STEPS


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("\n  - name: x\n    expect: [{sms: ", STEPS),
        ("\n  - name: x\n    happens: [{after: 1d, clicked: ", ["shop"]),
        ("\n  - name: x\n    happens: [{event: list.joined, data: {", ["list"]),
        ("\n  - name: x\n    beside: [", ["goes-with-it"]),
        ("\n  - name: x\n    contact: {", ["first_name", "loyalty_tier"]),
        ("\n  - name: x\n    ", ["expect", "happens", "each"]),
    ],
)
def test_a_test_that_is_being_written(editor: Editor, typed: str, offered: list[str]) -> None:
    editor.type(DROP, FLOW)
    text = (SHOP / TEST).read_text() + typed
    editor.type(TEST, text)
    found = editor.completed(TEST, text, text)
    assert [each for each in offered if each not in found] == []


def test_leadoff_yaml(editor: Editor) -> None:
    text = (SHOP / "leadoff.yaml").read_text() + "\nsegments:\n  new:\n    "
    editor.type("leadoff.yaml", text)
    assert "contact" in editor.completed("leadoff.yaml", text, text)
    text = (SHOP / "leadoff.yaml").read_text().replace("    kind: toll_free", "    kind: ")
    editor.type("leadoff.yaml", text)
    assert editor.completed("leadoff.yaml", text, "    kind: ") == ["toll_free", "long_code", "short_code"]


def test_what_is_accepted_replaces_the_word_and_ends_a_key_with_its_colon(editor: Editor) -> None:
    text = FLOW.replace("    delay: 2d", "    del")
    editor.type(DROP, text)
    place = editor.at(DROP, text, "    del\n", 7)
    found = editor.ask("textDocument/completion", place)["items"]
    edit = next(item["textEdit"] for item in found if item["label"] == "delay")
    assert edit["newText"] == "delay: "
    assert (edit["range"]["start"]["character"], edit["range"]["end"]["character"]) == (4, 7)


def test_the_bundled_flows_offer_their_own_names(tmp_path: Path) -> None:
    folder = tmp_path / "flows"
    shutil.copytree(Path(__file__).parents[2] / "flows", folder, ignore=shutil.ignore_patterns(".leadoff"))
    with Editor(folder) as editor:
        text = editor.open("win-back.yaml") + "  - id: zz\n    if: {clicked: {since: "
        editor.type("win-back.yaml", text)
        assert "zz" in editor.completed("win-back.yaml", text, text)
