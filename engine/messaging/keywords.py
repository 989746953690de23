"""What a person's text asks of us: stop, start, help, or nothing of the kind (promise C1).

Rules kept here: for START and HELP the whole text must be the keyword. STOP is heard twice: as a whole text, which is sure, and in
other words that a reasonable person would read so (47 CFR 64.1200(a)(10)), which count at once and are looked at by a person. What
only may be meant so ("cancel my order", "don't stop, I love it") opts nobody out, and a person looks at it too. Case, width,
punctuation, quotes and white space around and between words and characters that nobody sees make no difference. The words are data
(data/keywords.json) with their sources; YES is not among them, it is also an ordinary answer. All of it is linear in the text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, cast

import regex

Keyword = Literal["stop", "start", "help"]

_UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
_BETWEEN_WORDS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_TOO_MANY_MARKS = regex.compile(r"(\p{M}{8})\p{M}+")  # on one letter; sorting them costs their number squared


class KeywordMatch(NamedTuple):
    kind: Keyword | None
    review: bool = False  # a person should look at it


def classify(text: str) -> Keyword | None:
    """The keyword that the whole text is, if it is one."""
    return _KEYWORDS.get(plain(text))


def heard(text: str) -> KeywordMatch:
    """The same, with reasonable wording: "STOP PLEASE" is a stop that a person looks at, "end of season?" is looked at alone."""
    said = plain(text)
    whole = _KEYWORDS.get(said)
    if whole is not None:
        return KeywordMatch(whole)
    if _KEYWORDS.get(_POLITE.sub("", said).strip()) == "stop" or _opens(said):
        return KeywordMatch("stop", True)
    if any(match["not"] is None for match in _PHRASES.finditer(f" {said}")):
        return KeywordMatch("stop", True)
    return KeywordMatch(None, _DOUBTFUL.search(f" {said}") is not None)


def _opens(said: str) -> bool:
    opening = _OPENING.match(said)
    return opening is not None and _ORDINARY.match(said, opening.start("word")) is None


def plain(text: str) -> str:
    """What is compared: two texts are the same keyword where this is the same."""
    # Twice through NFKC: taking the unseen out can bring together what composes.
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", _TOO_MANY_MARKS.sub(r"\1", text)))
    folded = unicodedata.normalize("NFKC", seen).casefold()
    return cast(str, _BETWEEN_WORDS.sub(" ", folded)).strip()


def _any(phrases: Iterable[str]) -> str:
    """One of them, the longest that fits."""
    return "|".join(sorted({re.escape(plain(phrase)) for phrase in phrases}, key=len, reverse=True))


_DATA = json.loads((Path(__file__).parent / "data" / "keywords.json").read_bytes())
_WORDING = _DATA["wording"]
_KEYWORDS: dict[str, Keyword] = {plain(word): kind for kind, words in _DATA["words"].items() for word in words}
_STOPS = [word for word, kind in _KEYWORDS.items() if kind == "stop"]

# Over plain texts: words with one blank between. The alternatives are literal and few, so each place costs the same.
_POLITE = re.compile(rf"(?<![^ ])(?:{_any(_WORDING['polite'])})(?: |$)")
_OPENING = re.compile(rf"(?:(?:{_any(_WORDING['polite'])}) ){{0,4}}(?P<word>{_any(_WORDING['openings'])})(?: |$)")
_ORDINARY = re.compile(rf"(?:{_any(_WORDING['ordinary_openings'])})(?: |$)")
_PHRASES = re.compile(rf" (?P<not>(?:{_any(_WORDING['negations'])}) )?(?:{_any(_WORDING['phrases'])})(?= |$)")
_DOUBTFUL = re.compile(rf" (?:{_any([*_STOPS, *_WORDING['doubtful']])})(?= |$)")
