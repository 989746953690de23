"""What a person's text asks of us by a keyword: stop, start, help, or nothing of the kind (promise C1).

Rules kept here: the whole text must be the keyword: "STOP" is one, "don't stop, I love it" is not. Case, width, punctuation, quotes and
white space around and between its words and characters that nobody sees make no difference. The words are data (data/keywords.json)
with their sources; YES is not among them, it is also an ordinary answer.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Literal, cast

import regex

Keyword = Literal["stop", "start", "help"]

_UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
_BETWEEN_WORDS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def classify(text: str) -> Keyword | None:
    """The keyword that the whole text is, if it is one."""
    return _KEYWORDS.get(plain(text))


def plain(text: str) -> str:
    """What is compared: two texts are the same keyword where this is the same."""
    # Twice through NFKC: taking the unseen out can bring together what composes.
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return cast(str, _BETWEEN_WORDS.sub(" ", folded)).strip()


def _load() -> dict[str, Keyword]:
    table = json.loads((Path(__file__).parent / "data" / "keywords.json").read_bytes())["words"]
    return {plain(word): kind for kind, words in table.items() for word in words}


_KEYWORDS = _load()
