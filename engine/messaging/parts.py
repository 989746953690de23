"""How many parts (SMS segments) a text takes, and why: GSM-7 160/153 septets, UCS-2 70/67 code units (promise MM6).

Invariants: a text of characters in the tables of 3GPP TS 23.038 is GSM-7; any other character makes the whole text UCS-2. Each of several
parts loses 6 octets to the header that joins them. An extension character costs two septets, which are not split; a surrogate pair and a
grapheme cluster (an emoji with its modifiers, a letter with its accent) stay in one part if they fit. An empty text is one empty part. An
MMS is never split; callers do not count its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import regex

from engine.messaging.tables import table

_TABLE = table("gsm7")
_EXTENSION = frozenset(_TABLE["extension"])
_GSM = frozenset(_TABLE["basic"]) | _EXTENSION
_BASIC_CLASS, _EXTENSION_CLASS = re.escape(_TABLE["basic"]), re.escape(_TABLE["extension"])
# The hot path: `re` runs over a class of characters ten times as fast as `regex`, which is needed for \X alone.
_ALL_BASIC = re.compile(f"[{_BASIC_CLASS}]*").fullmatch
_IN_EXTENSION = re.compile(f"[{_EXTENSION_CLASS}]").findall
all_gsm = re.compile(f"[{_BASIC_CLASS}{_EXTENSION_CLASS}]*").fullmatch
"""Truthy where every character of a text is GSM-7."""
_CLUSTERS = regex.compile(r"[\r\n]|\X").findall  # CR LF is two characters here and may be parted
# Below U+0300 every character is a cluster of its own, unless a later one joins it: stretches where that is possible, with neighbours.
_BEYOND = re.compile("([\x00-\u02ff]?[^\x00-\u02ff]+(?:[\x00-\u02ff][^\x00-\u02ff]+)*[\x00-\u02ff]?)")


class Parts(NamedTuple):
    encoding: Literal["GSM-7", "UCS-2"]
    parts: int
    units: int  # septets or UTF-16 code units, without headers
    per_part: tuple[int, ...]
    forcing: tuple[str, ...]  # what a person sees as the characters that make it UCS-2, each once


def count(text: str) -> Parts:
    """The parts of one SMS text, as it is: it should be NFC already."""
    if _ALL_BASIC(text):
        units = len(text)
        if units <= 160:
            return Parts("GSM-7", 1, units, (units,), ())
        full, rest = divmod(units, 153)
        per_part = (153,) * full + ((rest,) if rest else ())
        return Parts("GSM-7", len(per_part), units, per_part, ())
    if _GSM.issuperset(text):
        per_part = tuple(_septets(part) for part in split(text))
        return Parts("GSM-7", len(per_part), sum(per_part), per_part, ())
    per_part = tuple(_code_units(part) for part in split(text))
    forcing = tuple(seen for seen in dict.fromkeys(_seen(text)) if seen not in _GSM and not _GSM.issuperset(seen))
    return Parts("UCS-2", len(per_part), sum(per_part), per_part, forcing)


def split(text: str) -> tuple[str, ...]:
    """The text of each part; joined, they are the text."""
    if _GSM.issuperset(text):
        return (text,) if _septets(text) <= 160 else tuple(_pack(((c, 2 if c in _EXTENSION else 1) for c in text), 153))
    return (text,) if _code_units(text) <= 70 else tuple(_pack(_pieces(text), 67))


def _septets(text: str) -> int:
    return len(text) + len(_IN_EXTENSION(text))


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _seen(text: str) -> list[str]:
    """What a person sees as one character, each. The clusters are looked for where there can be any: that takes ten times as long."""
    seen: list[str] = []
    for index, stretch in enumerate(_BEYOND.split(text)):
        seen += _CLUSTERS(stretch) if index % 2 else stretch
    return seen


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """What may not be parted, with its code units."""
    for seen in _seen(text):
        units = 1 if len(seen) == 1 and seen <= "\uffff" else _code_units(seen)
        if units <= 67:
            yield seen, units
        else:  # more marks on one letter than a part can take: only the pairs hold together
            yield from ((character, _code_units(character)) for character in seen)


def _pack(pieces: Iterable[tuple[str, int]], room: int) -> Iterator[str]:
    held: list[str] = []
    used = 0
    for piece, units in pieces:
        if used + units > room:
            yield "".join(held)
            held, used = [], 0
        held.append(piece)
        used += units
    yield "".join(held)


LONGEST = 1_600
