"""`fmt`: one layout for every way of writing a file; comments, quotes and meaning stay."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.registry import REGISTRY
from engine.language.check import ProjectFiles, check
from engine.language.compiler import canonical_hash
from engine.language.formatter.layout import NotLaidOut, laid_out
from engine.language.jsonschema.schemas import schema_of, schemas
from engine.language.source import strict_yaml
from engine.messaging.media.picture import MediaInfo
from tests.exploration import examples

ROOT = Path(__file__).parents[3]
SCHEMAS = schemas(REGISTRY)
HEAD = "flow: f\nlanguage: 1\ntrigger: manual\n"
TEMPLATES = sorted((ROOT / "flows").glob("*.yaml")) + sorted((ROOT / "examples/shop").rglob("*.yaml"))


def formatted(text: str, path: str = "flows/f.yaml") -> str:
    document = strict_yaml.read(path, text.encode())
    assert [found.message for found in document.findings if found.severity == "error"] == []
    return laid_out(document, SCHEMAS[schema_of(path)])


def steps(text: str) -> str:
    return HEAD + dedent(text)


def read(text: str, path: str = "flows/f.yaml") -> Any:
    return strict_yaml.read(path, text.encode()).data


def path_of(file: Path) -> str:
    return "leadoff.yaml" if file.name == "leadoff.yaml" else f"flows/{file.name}"


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: "/".join(file.parts[-2:]))
def test_templates_and_examples_are_in_canonical_layout(file: Path) -> None:
    text = file.read_text("utf-8")
    assert formatted(text, path_of(file)) == text


CASES = {
    "keys in the order of the models, on every level": (
        """\
        steps:
          - sms: {image: a.png, text: hi, otherwise: skip}
            id: a
          - up_to: 2d
            on_timeout: [{exit: no}]
            wait_for: {clicked: {since: a, link: shop}}
            id: w
        language: 1
        trigger: manual
        flow: f
        """,
        """\
        flow: f
        language: 1
        trigger: manual
        steps:
          - id: a
            sms: {text: hi, image: a.png, otherwise: skip}
          - id: w
            wait_for: {clicked: {link: shop, since: a}}
            up_to: 2d
            on_timeout: [{exit: no}]
        """,
    ),
    "indentation and spaces": (
        """\
        flow:   f
        language:  1
        trigger:
              {event:   a.b,where: { event: {list:    vip} } }
        steps:
        -   id:  a
            delay: 2d
        -
            exit:   done
        """,
        None,
    ),
    "a condition keeps the order of its author": (
        HEAD + "steps:\n  - if: {not: {clicked: shop}, contact: {state: NY}}\n    then: [{exit: a}]\n",
        HEAD + "steps:\n  - if: {not: {clicked: shop}, contact: {state: NY}}\n    then: [{exit: a}]\n",
    ),
    "a comment goes with its key": (
        """\
        # of the file

        # of the steps
        steps:
          # of the first step
          - delay: 2d  # how long
            # of the id
            id: a
          # of the second
          - # of the reason
            exit: x
              # hanging
          # at the end of the steps
        # of the flow
        flow: f
        language: 1
        trigger: manual
        # at the end
        """,
        """\
        # of the file

        # of the flow
        flow: f
        language: 1
        trigger: manual
        # of the steps
        steps:
          # of the first step
          # of the id
          - id: a
            delay: 2d  # how long
          # of the second
          # of the reason
          - exit: x
              # hanging
          # at the end of the steps
        # at the end
        """,
    ),
    "texts of several lines keep their lines": (
        HEAD
        + """\
steps:
    - id: a
      sms:
           text: |2-
               two spaces more
             and none
           otherwise: text
           image: a.png
    - id: b
      sms: "one
              two \\
        three"
    - id: c
      sms: >+
         folded
           more

    - exit:
        later
""",
        HEAD
        + """\
steps:
  - id: a
    sms:
      text: |2-
          two spaces more
        and none
      image: a.png
      otherwise: text
  - id: b
    sms: "one
      two \\
      three"
  - id: c
    sms: >+
      folded
        more

  - exit: later
""",
    ),
    "a comment behind a block text does not slip into it": (
        HEAD + "steps:\n  - id: a\n    sms: |\n        hi\n       # about the text\n  - exit: a\n",
        HEAD + "steps:\n  - id: a\n    sms: |\n      hi\n    # about the text\n  - exit: a\n",
    ),
    "brackets over several lines become one, if that is no loss": (
        HEAD + "steps:\n  - if: {any: [\n      {clicked: shop},\n      {clicked: sale} ]}  # why\n"
        "    then: [\n      {exit: a}, # kept\n    ]\n",
        HEAD + "steps:\n  - if: {any: [{clicked: shop}, {clicked: sale}]}  # why\n"
        "    then: [\n      {exit: a}, # kept\n      ]\n",
    ),
    "blank lines: one at most, none at the ends": (
        f"\n\n{HEAD}\n\n\nsteps:\n\n\n  - exit: a\n\n\n\n",
        f"{HEAD}\nsteps:\n  - exit: a\n",
    ),
    "quotes and comments stay as they are": (
        HEAD + "steps:\n  - 'exit': \"a\"   # it's: {so}\n",
        HEAD + "steps:\n  - 'exit': \"a\"   # it's: {so}\n",
    ),
    "a step without its id gets one, after its verb": (
        HEAD
        + "steps:\n  - delay: 1d\n  - delay: 2d\n  - {sms: hi}\n  - id: delay_2\n    delay: 3d\n  - if: {clicked: shop}\n"
        "    then:\n      - # wait\n        delay: 4d\n",
        HEAD + "steps:\n  - id: delay\n    delay: 1d\n  - id: delay_3\n    delay: 2d\n  - {id: sms, sms: hi}\n"
        "  - id: delay_2\n    delay: 3d\n  - if: {clicked: shop}\n    then:\n      # wait\n      - id: delay_4\n"
        "        delay: 4d\n",
    ),
    "a modeline stays on top": (
        "# yaml-language-server: $schema=x\nlanguage: 1\nflow: f\ntrigger: manual\nsteps: [{exit: a}]\n",
        "# yaml-language-server: $schema=x\nflow: f\nlanguage: 1\ntrigger: manual\nsteps: [{exit: a}]\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    before, after = (None if text is None else dedent(text) for text in CASES[name])
    assert before is not None
    if after is not None:
        assert formatted(before) == after
    assert formatted(formatted(before)) == formatted(before)


def test_a_mapping_of_names_keeps_its_order() -> None:
    """A message goes by the first sender that fits: their order means something."""
    text = (
        "project: p\nbrand: B\ntimezone: UTC\nsenders:\n"
        '  second: {number: "+18445550100", provider: simulator}\n  first: {provider: simulator, number: "+18445550101"}\n'
    )
    assert re.findall(r"second|first", formatted(text, "leadoff.yaml")) == ["second", "first"]


def test_windows_line_ends_and_a_missing_last_one_become_ours() -> None:
    assert formatted(HEAD.replace("\n", "\r\n") + "steps:\r\n  - exit: a") == HEAD + "steps:\n  - exit: a\n"


def test_a_text_at_the_very_end_does_not_grow_by_a_line_break() -> None:
    text = HEAD + "steps:\n  - id: a\n    sms: |\n      hi"
    assert formatted(text) == text


@pytest.mark.parametrize(
    "text", ["{flow: f, language: 1, trigger: manual, steps: []}\n", "? flow\n: f\n", "--- {flow: f}\n"]
)
def test_what_is_written_in_an_unusual_way_is_left_alone(text: str) -> None:
    with pytest.raises(NotLaidOut):
        formatted(text)


# ------------------------------------------------------------------- for every way of writing a template


def comments(text: str) -> Counter[str]:
    """All comments, and what looks like one in a text: neither may change."""
    return Counter(line.partition("#")[2].strip() for line in text.splitlines() if "#" in line)


def well_laid_out(text: str, path: str) -> str:
    made = formatted(text, path)
    assert read(made, path) == read(text, path), "the templates miss no id: not even one is added"
    assert comments(made) == comments(text)
    assert formatted(made, path) == made
    return made


@given(file=st.sampled_from(TEMPLATES), seed=st.integers(0, 2**32))
@settings(max_examples=examples(60))
def test_a_template_written_anew_in_any_style_keeps_its_meaning(file: Path, seed: int) -> None:
    path, random = path_of(file), Random(seed)
    data = read(file.read_text("utf-8"), path)
    text = "".join(f"{line}\n" for line in Scribe(random).block(data, random.choice([0, 0, 1, 3])))
    assert read(text, path) == data
    made = well_laid_out(text, path)
    assert hash_of(path, made) == hash_of(path, text)


@given(file=st.sampled_from(TEMPLATES), cuts=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5)), max_size=12))
@settings(max_examples=examples(60))
def test_a_template_with_strewn_comments_and_spaces_keeps_them(file: Path, cuts: list[tuple[int, int]]) -> None:
    path = path_of(file)
    lines = file.read_text("utf-8").splitlines()
    for at, kind in cuts:
        place = at % (len(lines) + 1)
        margin = " " * (at % 9)
        added = ["", f"{margin}# strewn {at}", "   ", "# at the margin", f"{margin}#", ""][kind]
        if kind == 5 and place < len(lines) and not lines[place].lstrip().startswith("#"):
            lines[place] += "  "
        else:
            lines.insert(place, added)
    text = "\n".join(lines) + "\n"
    document = strict_yaml.read(path, text.encode())
    if document.data is not None and not any(found.severity == "error" for found in document.findings):
        well_laid_out(text, path)


def hash_of(path: str, text: str) -> str:
    """Of a project with this file in it."""
    own = path == "leadoff.yaml"
    files = {"leadoff.yaml": text.encode() if own else (ROOT / "flows/leadoff.yaml").read_bytes()}
    if not own:
        files[path] = text.encode()
    image = MediaInfo("0" * 64 + ".png", "png", 100, 10, 10)
    checked = check(ProjectFiles(files, lambda name: image), REGISTRY)
    assert checked.project is not None, checked.findings
    return canonical_hash(checked)


class Scribe:
    """Writes plain data as YAML in a style that nobody would choose."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def block(self, value: Any, indent: int) -> Iterator[str]:
        parts = list(value.items()) if isinstance(value, dict) else [(None, each) for each in value]
        if isinstance(value, dict) and not self._order_matters(value):
            self.random.shuffle(parts)
        for key, child in parts:
            if self.random.random() < 0.3:
                yield from self.random.choice([[""], ["", ""], [f"{' ' * indent}# about {key}"]])
            lead = " " * indent + ("-" if key is None else f"{self._text(key)}:")
            yield from self._entry(lead, child, indent)

    def _entry(self, lead: str, child: Any, indent: int) -> Iterator[str]:
        note = self.random.choice(["", "", "   # a note", " # another one"])
        if isinstance(child, dict | list) and child and self.random.random() < 0.7:
            inner = list(self.block(child, indent + self.random.choice([1, 2, 4])))
            if lead.endswith("-") and not inner[0].lstrip().startswith("#") and inner[0] and self.random.random() < 0.7:
                gap = len(inner[0]) - len(inner[0].lstrip()) - len(lead)
                yield lead + " " * gap + inner[0].lstrip() if gap > 0 else lead
                yield from inner[1:] if gap > 0 else inner
            else:
                yield lead + note
                yield from inner
        else:
            yield f"{lead}{self.random.choice([' ', '  '])}{self._flow(child)}{note}"

    def _flow(self, value: Any) -> str:
        space = self.random.choice(["", " "])
        if isinstance(value, dict):
            pairs = list(value.items())
            return (
                "{" + space + ", ".join(f"{self._text(key)}:  {self._flow(each)}" for key, each in pairs) + space + "}"
            )
        if isinstance(value, list):
            return "[" + space + ",".join(f"{space}{self._flow(each)}" for each in value) + "]"
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _text(self, value: str) -> str:
        if (
            re.fullmatch(r"[a-z][a-z_.]*", value)
            and value not in ("true", "false", "null")
            and self.random.random() < 0.7
        ):
            return value
        single = "'" + value.replace("'", "''") + "'"
        return single if "\n" not in value and self.random.random() < 0.5 else json.dumps(value, ensure_ascii=False)

    def _order_matters(self, value: dict[str, Any]) -> bool:
        """Names of senders, links …: in these files their values are no steps and no known keys."""
        return not value.keys() & {
            "flow",
            "project",
            "id",
            "text",
            "provider",
            "when",
            "wait_for",
            "if",
            "type",
            "exit",
        }
