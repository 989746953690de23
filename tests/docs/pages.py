"""The documents as a reader meets them: fenced blocks, in order, each with the marks that stand before it.

A mark is a comment right before a block:  <!-- fragment: steps -->   part of a file, wrapped before it is checked
                                           <!-- tests of: spring-drop -->      tests of that flow of the shop, which pass
                                           <!-- failure: lacking -->      a failed test, as tests/preview/flow_tests/failures has it
                                           <!-- template: welcome -->      lines of that ready-made flow, word for word
                                           <!-- bad: LO202 -->        a file with exactly these findings, shown in the next block
                                           <!-- exit: 1 -->           commands that end so
                                           <!-- not run: why -->      commands that the test cannot run
                                           <!-- output of: leadoff demo -->   what a command prints
                                           <!-- file: blocks/note.py -->      a file of the checkout, copied and tested there
                                           <!-- append to: docs/a.md -->      the end of such a file
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from engine.deploy.media_cache import Pictures
from engine.deploy.project_files import read_regular
from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.findings import Finding
from engine.registry import registry

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(
    sorted(
        [
            *(
                ROOT / name
                for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "examples/shop/README.md")
            ),
            *(ROOT / "docs").rglob("*.md"),
        ]
    )
)
SHOP_FOLDER = ROOT / "examples/shop"
_ITEMS = "image: url, items: {type: list, of: {title: text, image: url}}"
SHOP = (SHOP_FOLDER / "leadoff.yaml").read_text("utf-8").replace("{list: text}", f"{{list: text, {_ITEMS}}}")
SHOP += "segments: {vip: {contact: {tags: {has: vip}}}}\n"
FLOWS = ROOT / "flows"
SAMPLES_FOLDER = ROOT / "tests/problems/base"
SAMPLES = (SAMPLES_FOLDER / "leadoff.yaml").read_text("utf-8")
TEMPLATES = (FLOWS / "leadoff.yaml").read_text("utf-8")

_FENCE = re.compile(r"(?P<marks>(?:^<!--[^\n]*-->\n)*)^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- ([a-z ]+): (.*?) -->")
_INDENTED = re.compile(r"(?:\A|\n)\n((?: {4}[^\n]*\n)+)")
_HERO = "  - id: hero\n    sms: \"Hello {{ link('shop') }}\"\n"


class Fenced(NamedTuple):
    page: str
    line: int
    kind: str
    text: str
    marks: dict[str, str]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fenced(page: Path) -> list[Fenced]:
    text = page.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start("kind")) + 1
        found.append(Fenced(name_of(page), line, match["kind"], match["text"], dict(_MARK.findall(match["marks"]))))
    return found


def all_fenced(*kinds: str) -> list[Fenced]:
    return [block for page in PAGES for block in fenced(page) if block.kind in kinds]


def indented(page: Path) -> Iterator[str]:
    """Blocks by indentation, outside of fences."""
    for match in _INDENTED.finditer(_FENCE.sub("", page.read_text("utf-8"))):
        yield match[1]


def flow_with(fragment: str, text: str) -> dict[str, str]:
    """A project around a part of one of its files."""
    if fragment == "project":
        own = (
            text if "goals:" in text or "events:" not in text else f"goals: {{}}\n{text}"
        )  # those of the shop are of its events
        return {"leadoff.yaml": _merged(SHOP, own)}
    if fragment == "condition":
        text = f"- if:\n{_shifted(text, 4)}\n  then: []\n"
    flow = "flow: page\nlanguage: 1\ntrigger: {event: list.joined}\nsteps:\n"
    if fragment == "flow":
        return {"leadoff.yaml": SHOP, "flows/page.yaml": _merged(f"{flow}{_HERO}", text)}
    assert fragment in ("steps", "condition"), fragment
    before = "" if "id: hero\n" in text else _HERO
    return {"leadoff.yaml": SHOP, "flows/page.yaml": f"{flow}{before}{_shifted(text, 2)}\n"}


def files_of(block: Fenced) -> dict[str, str]:
    """The project that a YAML block stands for."""
    if "template" in block.marks:
        path = f"flows/{block.marks['template']}.yaml"
        flow = (ROOT / path).read_text("utf-8")
        assert block.text in flow, f"{block.place}: these lines do not stand in the template"
        return {"leadoff.yaml": TEMPLATES, path: flow}
    if "tests of" in block.marks:
        path = f"flows/{block.marks['tests of']}"
        flow = (SHOP_FOLDER / f"{path}.yaml").read_text("utf-8")
        return {"leadoff.yaml": SHOP, f"{path}.yaml": flow, f"{path}.test.yaml": block.text}
    if "fragment" in block.marks:
        return flow_with(block.marks["fragment"], block.text)
    if block.marks.get("file", "").startswith("tests/problems/"):
        return {"leadoff.yaml": SAMPLES, f"flows/{block.marks['file'].rpartition('/')[2]}": block.text}
    if block.text.startswith("project:"):
        return {"leadoff.yaml": block.text}
    name = re.match(r"(?:#[^\n]*\n|\n)*(flow|segment): ([a-z0-9_-]+)\n", block.text)
    assert name, f"{block.place}: neither a flow, a segment nor a project; mark it: <!-- fragment: steps -->"
    return {"leadoff.yaml": SHOP, f"{name[1]}s/{name[2]}.yaml": block.text}


def project_of(files: dict[str, str]) -> ProjectFiles:
    """With the pictures of the shop, or of the templates."""
    folder = {TEMPLATES: FLOWS, SAMPLES: SAMPLES_FOLDER}.get(files["leadoff.yaml"], SHOP_FOLDER)
    return ProjectFiles({name: text.encode() for name, text in files.items()}, _pictures(folder))


@cache
def _pictures(folder: Path) -> Pictures:
    return Pictures(lambda path: read_regular(folder, path, 1_000_000))


def findings(files: dict[str, str]) -> list[Finding]:
    """The errors: what warnings say of a fragment is no matter."""
    return [found for found in check(project_of(files), registry()).findings if found.severity == "error"]


def _shifted(text: str, by: int) -> str:
    return "\n".join(f"{' ' * by}{line}" if line else line for line in text.rstrip("\n").split("\n"))


def _merged(base: str, part: str) -> str:
    """The base without the top-level keys that the part has, and the part."""
    for key in re.findall(r"^([a-z_]+):", part, re.MULTILINE):
        base = re.sub(rf"^{key}:[^\n]*\n(?:[ #][^\n]*\n|\n)*", "", base, flags=re.MULTILINE)
    return f"{base}{part}"
