"""The template library, damaged at random: `check` never falls over, and every place it names is inside the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.registry import REGISTRY
from engine.deploy.read_project import read_project
from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.rendering import Format, render
from tests.exploration import examples

FLOWS = Path(__file__).parents[2] / "flows"
PROJECT = read_project(FLOWS)
NAMES = sorted(PROJECT.files)
BITS = (
    b"{{", b"}}", b"{%", b"[", b"]", b"{", b"}", b": ", b"- ", b"\n", b"\n    ", b"\t", b"'", b'"', b"|", b">-", b"#", b"&a", b"*a",
    b"!!python/object:x", b"<<: ", b"---", b"%YAML 1.1", b"\xff\xfe", b"\x00", "\u202e".encode(), "\u2028".encode(), b"9" * 400,
    b"contact.first_name", b"steps:", b"id: hero", b"since: hero", b"null", b"true", b"0x1F", b"1e999", b"[" * 70, b"a" * 3000,
)  # fmt: skip
EDIT = st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(BITS))


def damaged(raw: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for where, length, bit in edits:
        at = int(where * len(raw))
        raw = raw[:at] + bit + raw[at + length :]
    return raw


@settings(max_examples=examples(200))
@given(st.sampled_from(NAMES), st.lists(EDIT, min_size=1, max_size=4))
def test_damaged_templates(name: str, edits: list[tuple[float, int, bytes]]) -> None:
    files = dict(PROJECT.files)
    files[name] = damaged(files[name], edits)
    beside = name.replace(".test.yaml", ".yaml")  # a file of tests needs its flow
    only = {path: raw for path, raw in files.items() if path in (name, beside, "leadoff.yaml")}
    checked = check(ProjectFiles(only, PROJECT.media), REGISTRY)
    for finding in checked.findings:
        if finding.file not in checked.sources:
            continue
        lines = re.split(r"\r\n|\r|\n", checked.sources[finding.file])  # a U+2028 ends no line of a file
        assert 1 <= finding.span.line <= len(lines) + 1, finding
        width = len(lines[finding.span.line - 1]) if finding.span.line <= len(lines) else 0
        assert 1 <= finding.span.column <= width + 1, finding


@pytest.mark.parametrize("format", get_args(Format))
def test_every_format_can_say_it(format: Format) -> None:
    files = dict(PROJECT.files)
    files["mms-first.yaml"] = damaged(files["mms-first.yaml"], [(0.5, 9, "\u202e: [".encode())])
    checked = check(ProjectFiles(files, PROJECT.media), REGISTRY)
    assert checked.findings and render(checked.findings, checked.sources, format)
