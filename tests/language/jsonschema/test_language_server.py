"""yaml-language-server with our schemas, driven as an editor drives it: completion, hover, and one complaint a mistake.

`.ci/run` installs the server and sets LEADOFF_REQUIRE_NODE=1; elsewhere these tests are skipped where there is none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from engine.language.jsonschema.schemas import files, modeline
from engine.registry import registry
from tests.language.jsonschema.editor import Editor

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadoff" / "language_server"
SERVER = "node_modules/yaml-language-server/bin/yaml-language-server"
HEAD = f"{modeline('flows/f.yaml')}flow: f\nlanguage: 1\ntrigger: manual\nsteps:\n"
LINES = HEAD.count("\n")
NUMBERS = count()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    node, server = shutil.which("node"), CACHE / SERVER
    if node is None or not server.exists():
        missing = "node" if node is None else f"yaml-language-server in {CACHE}"
        assert os.environ.get("LEADOFF_REQUIRE_NODE") != "1", f"there is no {missing}"
        pytest.skip(f"there is no {missing}: `npm ci` in a copy of tests/language/jsonschema/language_server there")
    folder = tmp_path_factory.mktemp("project")
    for path, content in files(registry()).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "flows").mkdir()
    with Editor([node, str(server), "--stdio"], folder) as opened:
        yield opened


def complaints(editor: Editor, text: str, path: str | None = None) -> list[str]:
    return [each["message"] for each in editor.open(path or new_flow(), text)]


def labels(editor: Editor, text: str) -> set[str]:
    """What is offered at the end of the text."""
    path, lines = new_flow(), text.split("\n")
    editor.open(path, text)
    return {item["label"] for item in editor.complete(path, len(lines) - 1, len(lines[-1]))}


def new_flow() -> str:
    """A name that was not used yet: the server speaks late, and may still speak of what a file was before."""
    return f"flows/f{next(NUMBERS)}.yaml"


@pytest.mark.parametrize(
    "begun", ["  - id: a\n    d", "  - d", "  - ", "  - id: a\n    ", "  - exit: a\n  - id: b\n    wa"]
)
def test_every_verb_is_offered_after_a_part_of_one(editor: Editor, begun: str) -> None:
    assert labels(editor, HEAD + begun) >= set(registry())


def test_inside_an_arm_as_well(editor: Editor) -> None:
    assert labels(editor, f"{HEAD}  - if: {{clicked: shop}}\n    then:\n      - e") >= set(registry())


def test_keys_of_a_block_and_conditions_are_offered(editor: Editor) -> None:
    assert labels(editor, f"{HEAD}  - id: a\n    sms:\n      text: hi\n      i") >= {"image", "otherwise"}
    assert labels(editor, f"{HEAD}  - if:\n      c") >= {"clicked", "contact", "happened"}
    assert labels(editor, f"{HEAD}  - if:\n      contact:\n        orders:\n          a") >= {"at_least", "above"}


def test_hover_says_what_a_key_is(editor: Editor) -> None:
    path = new_flow()
    editor.open(path, f"{HEAD}  - id: a\n    sms:\n      text: hi\n      image: a.png\n  - exit: b\n")
    assert "SMS block; an image or a collage makes it an MMS" in editor.hover(path, LINES + 1, 5)
    assert "Makes it an MMS" in editor.hover(path, LINES + 3, 8)
    assert "the run ends here" in editor.hover(path, LINES + 4, 5)
    assert "The version of the flow language" in editor.hover(path, 2, 2)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{id: a, delya: 2d}", "Property delya is not allowed."),
        ("{delya: 2d}", "Property delya is not allowed."),
        ("{id: a, wait_fr: {clicked: shop}, up_to: 2d}", "Property wait_fr is not allowed."),
        ("{id: a, delay: 2d, thn: []}", "Property thn is not allowed."),
        ("{id: a, sms: {text: hi, imge: a.png}}", "Property imge is not allowed."),
        ("{if: {clickd: shop}}", "Property clickd is not allowed."),
        ("{if: {clicked: {lnk: shop}}}", "Property lnk is not allowed."),
        ("{if: {contact: {orders: {atleast: 3}}}}", "Property atleast is not allowed."),
        ("{id: a, wait_for: {clicked: shop}}", "Object is missing property up_to required by property wait_for."),
    ],
)
def test_a_mistake_is_reported_once(editor: Editor, step: str, message: str) -> None:
    assert complaints(editor, f"{HEAD}  - {step}\n") == [message]


def test_a_right_file_has_no_complaint(editor: Editor) -> None:
    flow = Path(__file__).parents[3] / "flows/mms-first.yaml"
    assert complaints(editor, modeline("flows/f.yaml") + flow.read_text("utf-8")) == []
    project = Path(__file__).parents[3] / "flows/leadoff.yaml"
    assert complaints(editor, modeline("leadoff.yaml") + project.read_text("utf-8"), "leadoff.yaml") == []
