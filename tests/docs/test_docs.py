"""The documents tell the truth: every YAML block is checked, every command is run, every piece of code is executed, every link leads
somewhere. What cannot be run is listed here, by hand."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from engine.cli import run
from engine.cli.root import COMMANDS
from engine.cli.shared.bundled import described
from engine.language.check import check
from engine.language.diagnostics.rendering import render
from engine.registry import registry
from tests.docs.pages import (
    PAGES,
    ROOT,
    Fenced,
    all_fenced,
    fenced,
    files_of,
    findings,
    indented,
    name_of,
    project_of,
)
from tests.docs.shell import Shell, said

NOT_RUN = {
    "leadoff token create ada --scope operator",
    "npm install\nnpx @vscode/vsce package --allow-missing-repository\ncode --install-extension leadoff-0.1.0.vsix",
    'export PATH="$PWD/.venv/bin:$PATH"',
    "python3 -m venv /opt/leadoff && /opt/leadoff/bin/pip install ./leadoff",
    "docker compose stop\ndocker compose cp leadoff:/data ./leadoff-data-before\ndocker compose build\n"
    "docker compose run --rm leadoff db upgrade\ndocker compose up -d",
    "$ leadoff doctor\nretention\n  kept                events 400d, messages 400d, runs 400d\n"
    "  deleted             412,500 messages, 398,211 runs\n  since               2027-06-01T04:00:00.000Z\n  ended               –\n"
    "  now_at              runs, 38%",
    "createuser leadoff --pwprompt\ncreatedb leadoff --owner leadoff --encoding UTF8 --template template0\n"
    'pip install "./leadoff[postgres]"\n'
    'export LEADOFF_DATABASE_URL="postgresql://leadoff:secret@db.internal:5432/leadoff"\nleadoff apply\nleadoff doctor',
    "# stop the daemon, then:\nleadoff db backup before-postgresql.db\nleadoff db move postgresql://leadoff@db.internal:5432/leadoff\n"
    'export LEADOFF_DATABASE_URL="postgresql://leadoff@db.internal:5432/leadoff"\nleadoff doctor\nleadoff release\nleadoff run',
    'pg_dump --format custom --file leadoff.dump "$LEADOFF_DATABASE_URL"',
}
MAKE = re.compile(r" {4}make (demo|check|test|deep|format|bench|docs|lock)\b")
SHELL_KINDS = ("console", "sh")
KINDS = {"yaml", "python", "text", "ini", "dockerfile", "markdown", "json", "lua", "toml", *SHELL_KINDS}


def places(blocks: list[Fenced]) -> list[str]:
    return [block.place for block in blocks]


# --- YAML ----------------------------------------------------------------------------------------------------------

YAML = [block for block in all_fenced("yaml") if not block.marks.get("file", "").startswith("tests/blocks/")]


@pytest.mark.parametrize("block", YAML, ids=places(YAML))
def test_every_yaml_block_is_what_it_is_said_to_be(block: Fenced) -> None:
    files = files_of(block)
    checked = check(project_of(files), registry())
    expected = block.marks.get("bad", "").split()
    meant = findings(files) if "fragment" in block.marks else checked.findings
    assert sorted(found.code for found in meant) == expected, render(meant, checked.sources)
    if expected:
        following = next(each for each in fenced(ROOT / block.page) if each.line > block.line)
        assert (following.kind, following.text) == ("text", render(checked.findings, checked.sources) + "\n")


def test_a_fragment_with_a_mistake_would_be_seen() -> None:
    block = Fenced("page.md", 1, "yaml", "- id: think\n  delya: 2d\n", {"fragment": "steps"})
    assert [found.code for found in findings(files_of(block))] == ["LO202"]


# --- commands ------------------------------------------------------------------------------------------------------


def commands(block: Fenced) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and what it is shown to print."""
    if block.kind == "sh":
        yield from ((line, []) for line in block.text.splitlines() if line and not line.startswith("#"))
        return
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    assert starts[:1] == [0], f"{block.place}: a console block begins with `$ `"
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start].removeprefix("$ "), lines[start + 1 : end]


def runnable(page: Path) -> list[Fenced]:
    return [block for block in fenced(page) if block.kind in SHELL_KINDS and "not run" not in block.marks]


WITH_COMMANDS = [page for page in PAGES if runnable(page)]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_every_command_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    if shutil.which("curl") is None and any("curl " in block.text for block in runnable(page)):
        pytest.skip("there is no curl on this machine")
    with Shell(tmp_path) as shell:
        if page.parent.name == "shop":
            shell.do("cd shop", [], 0)
        for block in runnable(page):
            for command, shown in commands(block):
                shell.do(command, shown, int(block.marks.get("exit", 0)))


def test_what_is_not_run_is_known() -> None:
    blocks = [block for block in all_fenced(*SHELL_KINDS) if "not run" in block.marks]
    assert {block.text.strip() for block in blocks} == NOT_RUN


def test_commands_stand_in_fences_where_they_are_run() -> None:
    """By indentation stand only pictures of folders, diagrams, and `make`, which sets up and runs all of this."""
    for page in PAGES:
        for block in indented(page):
            assert MAKE.match(block) or "leadoff " not in block, f"{name_of(page)}: {block}"


OUTPUTS = [block for block in all_fenced("text") if "output of" in block.marks]


@pytest.mark.parametrize("block", OUTPUTS, ids=places(OUTPUTS))
def test_what_a_command_is_shown_to_print_is_what_it_prints(block: Fenced, tmp_path: Path) -> None:
    with Shell(tmp_path) as shell:
        shell.do("cd shop", [], 0)
        shell.do(block.marks["output of"], block.text.splitlines(), 0)


def test_what_is_shown_is_compared_in_order() -> None:
    printed = "one  1\ntwo 2\nthree 3\n"
    assert said(["one…", "three 3"], printed) is None
    assert said(["three…", "one…"], printed) == "one…"
    assert said(["four"], printed) == "four"


def test_the_operating_guide_knows_every_command() -> None:
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    assert {name for name in COMMANDS if f"`leadoff {name}" not in page} == set()
    named = set(re.findall(r"`leadoff ([a-z-]+)", page))
    assert named <= set(COMMANDS)


def test_the_operating_guide_knows_every_variable() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "engine").rglob("*.py"))
    read = {name.rstrip("_") for name in re.findall(r'"(LEADOFF_[A-Z_]+)"', sources)}
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    assert len(read) > 5
    assert {name for name in read if f"`{name}`" not in page} == set()


# --- the rest ------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name_of(page)}: {target}"
        assert not anchor or anchor in anchors(there), f"{name_of(page)}: {target}"


def test_every_block_says_what_it_is() -> None:
    assert {block.kind for page in PAGES for block in fenced(page)} <= KINDS


def test_the_picture_is_there_and_small() -> None:
    path = ROOT / "docs/demo.png"
    assert path.stat().st_size < 400_000
    with Image.open(path) as picture:
        assert picture.width >= 2 * 360


def test_the_drawing_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("graph", "spring-drop", "--project", str(ROOT / "examples/shop"))) == 0
    without_pictures = re.compile(r"base64,[^\"]*")
    drawn, kept = capsys.readouterr().out, (ROOT / "docs/spring-drop.svg").read_text("utf-8")
    assert without_pictures.sub("", drawn) == without_pictures.sub("", kept), "make docs"


def test_the_cookbook_names_every_template_as_it_names_itself() -> None:
    rows = re.findall(
        r"^\| \[`([a-z-]+)`\]\(\S+\) \| [^|]+ \| (.*) \|$", (ROOT / "docs/cookbook.md").read_text("utf-8"), re.MULTILINE
    )
    assert dict(rows) == described()
    used = {block.marks["template"] for block in all_fenced("yaml") if "template" in block.marks}
    assert used <= set(dict(rows))
