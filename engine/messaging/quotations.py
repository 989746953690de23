"""Which part of an inbound text is quoted: a reaction to a message (Liked “…”), a quotation, lines that begin with `>`.

Invariants: nested quotation marks are counted. A quotation that is not closed is no quotation, so that a stray mark hides nothing; the
quotation after the words of a reaction is the exception, because it may be truncated. Single marks are apostrophes too, and quote only in a
reaction. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_CLOSED_BY = {
    "“": "”",
    "„": "“”",
    "”": "”",
    "«": "»",
    "»": "«",
    "‹": "›",
    "「": "」",
    "『": "』",
    '"': '"',
    "‘": "’",
    "'": "'",
}
_EITHER_WAY = frozenset("\"”'")  # open and close a quotation; which, says the place
_MARKS = re.compile('[“”„«»‹›「」『』"]')
_WITH_SINGLE_ONES = re.compile("[“”„«»‹›「」『』\"'‘’]")
_QUOTED_LINE = re.compile(r"^[^\S\n]*>.*$", re.MULTILINE)


class Split(NamedTuple):
    own: str  # the text outside of quotations
    quoted: str
    reaction: str = ""  # the words before a quotation, if they are those of a reaction; else they are in `own`


def split(text: str, is_reaction: Callable[[str], bool]) -> Split:
    """`is_reaction`: whether the words before a quotation are those of a reaction, as in Liked “…”."""
    opening = _WITH_SINGLE_ONES.search(text)
    if opening is not None and is_reaction(text[: opening.start()]):
        before, behind = text[: opening.start()], text[opening.start() :]
        own, spans = _spans(behind, _MARKS if _MARKS.match(opening[0]) else _WITH_SINGLE_ONES)
        return Split(own, spans[0], before) if spans else Split("", behind, before)
    lines = _QUOTED_LINE.findall(text)
    own, spans = _spans(_QUOTED_LINE.sub("\n", text), _MARKS)
    return Split(own, " ".join([*lines, *spans]))


def _spans(text: str, marks: re.Pattern[str]) -> tuple[str, list[str]]:
    """What is outside of quotation marks, and what is between them."""
    outside: list[str] = []
    spans: list[str] = []
    at = start = depth = 0
    opener = ""
    for found in marks.finditer(text):
        mark, place = found[0], found.start()
        if depth == 0:
            if mark in _CLOSED_BY and (mark not in _EITHER_WAY or _before_a_word(text, place)):
                opener, start, depth = mark, place, 1
        elif mark in _CLOSED_BY[opener] and not _opens_or_joins(text, place, mark):
            depth -= 1
            if depth == 0:
                outside.append(text[at:start])
                spans.append(text[start + 1 : place])
                at = place + 1
        elif mark == opener or (opener in "„”" and mark == "“"):
            depth += 1
    return " ".join([*outside, text[at:]]), spans


def _opens_or_joins(text: str, place: int, mark: str) -> bool:
    """Whether a mark that may close does not: it opens another quotation, or is the apostrophe within a word."""
    return (mark in _CLOSED_BY and _before_a_word(text, place)) or (
        mark in "'’" and text[place + 1 : place + 2].isalnum()
    )


def _before_a_word(text: str, place: int) -> bool:
    """Whether a mark opens a quotation: nothing before it, and text right after it."""
    before, behind = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    return not before.strip().strip("([{-–—:/") and bool(behind.strip())
