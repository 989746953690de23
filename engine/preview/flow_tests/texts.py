"""Texts of flow tests: what is expected and what came, and the words in which they differ.

Invariants: both are compared as an author writes them, with `{{ link('shop') }}` in place of a tracked link.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any, NamedTuple
from unicodedata import normalize

from engine.language.templates.text import Text
from engine.preview.flow_tests.outcomes import link_as_written

_WORD = re.compile(r"\{\{.*?\}\}|\s+|[^\s{]+|\{")
SPACE = "·"


class Change(NamedTuple):
    """The first stretch of words that differs: its place in the expected text, and what stands there instead."""

    offset: int
    length: int
    instead: str


def as_expected(text: Text) -> str:
    """The text of a test, its links written as `outcomes` writes them."""
    nobody: Any = None  # a quoted text needs no contact
    pieces = (
        piece if isinstance(piece, str) else link_as_written(piece.link.name) if piece.link else piece.get(nobody)
        for piece in text.pieces
    )
    return normalize("NFC", "".join(pieces)).strip()


def first_change(expected: str, actual: str) -> Change | None:
    """By words; None where both are the same."""
    left, right = _WORD.findall(expected), _WORD.findall(actual)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, low, high, begin, end in matcher.get_opcodes():
        if tag != "equal":
            offset = len("".join(left[:low]))
            words, instead = "".join(left[low:high]), "".join(right[begin:end])
            return Change(offset, len(words.rstrip()) or len(words) or 1, instead.strip() or _seen(instead))
    return None


AROUND = 40  # characters before and behind what differs


def excerpts(expected: str, actual: str) -> tuple[str, str]:
    """Both around what differs: words that are alike at the beginning and at the end are left out where there are many."""
    left, right = _WORD.findall(expected), _WORD.findall(actual)
    same = _alike(left, right)
    ends = _alike(left[same:][::-1], right[same:][::-1])
    begin, end = _skipped(left[:same]), _skipped(left[len(left) - ends :][::-1])
    return _cut(left, begin, end), _cut(right, begin, end)


def _alike(left: list[str], right: list[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(left), len(right)))


def _skipped(words: list[str]) -> int:
    """How many words are left out, from the far end of these."""
    room, count = AROUND, len(words)
    while count and room >= 0:
        count -= 1
        room -= len(words[count])
    return count if sum(map(len, words[:count])) > len("… ") else 0


def _cut(words: list[str], begin: int, end: int) -> str:
    shown = "".join(words[begin : len(words) - end])
    return f"{'…' if begin else ''}{shown}{'…' if end else ''}"


def with_visible_spaces(expected: str, actual: str) -> tuple[str, str]:
    """Both with their spaces made visible, where they differ in nothing else."""
    if expected == actual or "".join(expected.split()) != "".join(actual.split()):
        return expected, actual
    return _seen(expected), _seen(actual)


def _seen(text: str) -> str:
    return re.sub(r"[^\S\n]", SPACE, text).replace("\n", "⏎")
