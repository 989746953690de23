"""What no good client sends, and files that are no flows: each gets an answer, nothing a traceback, and the server goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.client import Editor
from tests.lsp.conftest import DROP


@pytest.fixture(scope="module")
def lasting(shop_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """One server for many bad things, one after the other."""
    folder = tmp_path_factory.mktemp("bad") / "shop"
    shutil.copytree(shop_files, folder)
    with Editor(folder) as editor:
        yield editor


QUESTIONS = ("completion", "hover", "definition")


def _still_works(editor: Editor, text: str) -> None:
    editor.type(DROP, text.replace("delay: 2d", "delya: 2d"), version=90)
    editor.findings(DROP, "LO202", version=90)
    editor.type(DROP, text, version=91)
    editor.findings(DROP, version=91)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\x00\x01\x02",
        "[[[[[",
        "flow: 'x",
        "- - -\n\t: {",
        "{{{{{{{{{{",
        "\ud7ff\u2028\u0085",
        "a: &b *b",
        "x: " + "[" * 5000,
        "steps:\n  - ",
    ],
)
def test_a_file_that_is_no_yaml_is_answered_everywhere(lasting: Editor, content: str) -> None:
    text = lasting.open(DROP)
    lasting.type(DROP, content)
    for line, character in ((0, 0), (0, 10_000), (10_000, 3)):
        place = {"textDocument": {"uri": lasting.uri(DROP)}, "position": {"line": line, "character": character}}
        for question in QUESTIONS:
            lasting.ask(f"textDocument/{question}", place)
        lasting.ask("textDocument/references", {**place, "context": {"includeDeclaration": True}})
    _still_works(lasting, text)


def test_a_flow_cut_off_at_any_line_is_completed(lasting: Editor) -> None:
    text = lasting.open(DROP)
    for end in range(0, len(text), 97):
        lasting.type(DROP, text[:end])
        place = {"line": text[:end].count("\n"), "character": end - text.rfind("\n", 0, end) - 1}
        lasting.ask("textDocument/completion", {"textDocument": {"uri": lasting.uri(DROP)}, "position": place})
    _still_works(lasting, text)


def test_ten_megabytes_are_one_finding(editor: Editor) -> None:
    text = editor.open(DROP)
    huge = text + "# much\n" * 1_500_000
    editor.type(DROP, huge)
    [found] = editor.findings(DROP, "LO103", version=2)
    assert found["range"]["start"] == {"line": 0, "character": 0}
    assert editor.hovered(DROP, text, "hero") == ""
    editor.type(DROP, text, 3)
    editor.findings(DROP, version=3)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_columns_are_those_of_utf_16_whatever_ends_a_line_or_begins_the_file(
    editor: Editor, end: str, mark: str
) -> None:
    flow = "flow: faces\nlanguage: 1\ntrigger: manual\nsteps: [{id: a, sms: \"😀😀 {{ link('shopp') }} Reply STOP to opt out\"}]\n"
    editor.open("flows/faces.yaml", mark + flow.replace("\n", end))
    found = _published(editor, "flows/faces.yaml", "LO303")
    line = flow.split("\n")[3]
    column = len(line[: line.index("shopp")].encode("utf-16-le")) // 2
    assert found["range"] == {"start": {"line": 3, "character": column}, "end": {"line": 3, "character": column + 5}}
    first = mark + flow.replace("\n", end)
    editor.type("flows/faces.yaml", first)
    place = {
        "textDocument": {"uri": editor.uri("flows/faces.yaml")},
        "position": {"line": 0, "character": len(mark) + 2},
    }
    assert "flow's id" in editor.ask("textDocument/hover", place)["contents"]["value"]


def _published(editor: Editor, file: str, code: str) -> dict[str, dict[str, object]]:
    told = editor._until(
        lambda message: (
            message.get("params", {}).get("uri") == editor.uri(file)
            and code in [each["code"] for each in message["params"]["diagnostics"]]
        )
    )
    found: dict[str, dict[str, object]] = next(each for each in told["params"]["diagnostics"] if each["code"] == code)
    return found


def test_a_client_that_counts_in_code_points_gets_code_points(shop: Path) -> None:
    flow = "flow: faces\nlanguage: 1\ntrigger: manual\nsteps: [{id: a, sms: \"😀😀 {{ link('shopp') }} Reply STOP to opt out\"}]\n"
    with Editor(shop, encodings=["utf-32"]) as editor:
        assert editor.server["capabilities"]["positionEncoding"] == "utf-32"
        editor.open("flows/faces.yaml", flow)
        found = _published(editor, "flows/faces.yaml", "LO303")
        start = found["range"]["start"]
        assert start == {"line": 3, "character": flow.split("\n")[3].index("shopp")}


def test_a_file_that_is_in_no_project_is_left_alone(tmp_path: Path) -> None:
    with Editor(tmp_path) as editor:
        text = editor.open("notes.yaml", "flow: x\n")
        for question in QUESTIONS:
            assert not editor.ask(f"textDocument/{question}", editor.at("notes.yaml", text, "flow"))
        assert [message["method"] for message in editor.heard] == ["client/registerCapability"]


def test_flows_without_a_leadoff_yaml_say_so_until_there_is_one(tmp_path: Path) -> None:
    flow = "flow: x\nlanguage: 1\ntrigger: manual\nsteps: [{exit: done}]\n"
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/x.yaml").write_text(flow)
    with Editor(tmp_path) as editor:
        editor.open("flows/x.yaml")
        [found] = editor.findings("flows/x.yaml", "LO311")
        assert "leadoff init" in found["message"]
        (tmp_path / "leadoff.yaml").write_text("project: x\nbrand: X\ntimezone: UTC\n")
        editor.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": editor.uri("leadoff.yaml"), "type": 1}]})
        editor.findings("flows/x.yaml")


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/flows/x.yaml?HEAD",
        "http://elsewhere/x.yaml",
        "file://host/x.yaml",
        "file:",
        "::",
        "file:///%ff%00.yaml",
    ],
)
def test_what_is_no_file_is_left_alone(lasting: Editor, uri: str) -> None:
    text = lasting.open(DROP)
    lasting.open(uri, "flow: x")
    lasting.type(uri, "flow: y")
    place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}}
    for question in QUESTIONS:
        assert not lasting.ask(f"textDocument/{question}", place)
    assert "no step" in lasting.refused("textDocument/rename", {**place, "newName": "x"})
    lasting.tell("textDocument/didClose", {"textDocument": {"uri": uri}})
    _still_works(lasting, text)


def test_messages_that_make_no_sense_are_refused_and_the_next_is_answered(lasting: Editor) -> None:
    text = lasting.open(DROP)
    lasting.refused("leadoff/nothing", {})
    lasting.refused("textDocument/hover", {"textDocument": 7})
    for body in (b"{", b"[]", b"7", b'{"jsonrpc": "1.0"}', b'{"jsonrpc": "2.0", "method": "$/none"}', b"\xff\xfe"):
        lasting.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    lasting.tell(
        "textDocument/didChange", {"textDocument": {"uri": lasting.uri(DROP), "version": 3}, "contentChanges": []}
    )
    lasting.tell("textDocument/didClose", {"textDocument": {"uri": "file:///never/opened.yaml"}})
    _still_works(lasting, text)
    assert "Traceback" not in json.dumps(lasting.heard)


def test_a_cancelled_request_is_answered_once(lasting: Editor) -> None:
    text = lasting.open(DROP)
    request = lasting.begin("textDocument/completion", lasting.at(DROP, text, "hero"))
    lasting.tell("$/cancelRequest", {"id": request})
    assert lasting.answer(request)["id"] == request
    lasting.tell("$/cancelRequest", {"id": 4711})
    _still_works(lasting, text)
    assert [message for message in lasting.heard if message.get("id") == request] == []


def test_a_client_that_dies_takes_the_server_with_it(editor: Editor) -> None:
    editor.open(DROP)
    code, log = editor.end()
    assert code == 0 and "Traceback" not in log


def test_a_client_that_says_goodbye_is_let_go(editor: Editor) -> None:
    assert editor.ask("shutdown", None) is None
    editor.tell("exit", None)
    assert editor.end() == (0, "")


def test_two_editors_on_one_project_do_not_see_what_the_other_has_not_saved(editor: Editor, shop: Path) -> None:
    text = editor.open(DROP)
    with Editor(shop) as other:
        other.open(DROP)
        editor.type(DROP, text.replace("delay: 2d", "delya: 2d"))
        editor.findings(DROP, "LO202")
        other.type(DROP, text + "\n")
        other.findings(DROP, version=2)
