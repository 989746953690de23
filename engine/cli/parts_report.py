"""What a text costs, for scripts and for people: its parts, its price, and the characters that make it dear.

Invariants: nothing of the text reaches a terminal raw; what is shown of hostile ones is bounded. The text is NFC already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from unicodedata import name

from engine.language.diagnostics.findings import LINE_BREAK, visible
from engine.messaging.parts import LONGEST, Parts, count, split
from engine.messaging.prices import DEFAULTS, Prices, price
from engine.messaging.smart_encoding import replaced, smart

ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}  # of a part alone, and of one of several
MOST_CHARACTERS, MOST_CODE_POINTS = 20, 8  # that are named, and of each of them


class Tariff(NamedTuple):
    prices: Prices = DEFAULTS
    currency: str = "USD"

    def of(self, parts: int) -> float:
        """The price of an SMS in the US."""
        return price(self.prices, "US", "sms", parts) / 1_000_000

    @property
    def mms(self) -> float:
        """The price of an MMS in the US."""
        return price(self.prices, "US", "mms", 1) / 1_000_000


def as_json(text: str, tariff: Tariff, mms: bool = False) -> dict[str, Any]:
    """`mms`: with what it costs as the text of an MMS."""
    found = count(text)
    return ({"mms_price": tariff.mms} if mms else {}) | {
        "encoding": found.encoding,
        "parts": found.parts,
        "units": found.units,
        "per_part": list(found.per_part),
        "price": tariff.of(found.parts),
        "forcing": list(found.forcing),
    }


def as_lines(text: str, tariff: Tariff, smartly: bool = False) -> Iterator[str]:
    """Line by line; `smartly`: the text as smart encoding makes it, and what that replaced."""
    sent = smart(text) if smartly else text
    found = count(sent)
    yield _summary(found, tariff)
    if len(sent) <= LONGEST:
        yield from _parts(sent, found)
    if smartly:
        pairs = [f"{_character(character)}: {_plainly(plain)}" for character, plain in replaced(text)]
        yield from _listed("replaced", pairs)
    forcing = [f"{_character(each)}{'' if smartly else _remedy(each)}" for each in found.forcing]
    yield from _listed("makes it UCS-2", forcing)
    other = count(smart(text))
    if other != found:
        yield f"with --smart: {_summary(other, tariff)}"


def _summary(found: Parts, tariff: Tariff) -> str:
    parts = "1 part" if found.parts == 1 else f"{found.parts:,} parts"
    units = "1 unit" if found.units == 1 else f"{found.units:,} units"
    return f"{found.encoding}, {parts}, {units}, {tariff.of(found.parts):.3f} {tariff.currency}"


def _parts(text: str, found: Parts) -> Iterator[str]:
    room = ROOM[found.encoding][found.parts > 1]
    for number, (part, units) in enumerate(zip(split(text), found.per_part, strict=True), 1):
        yield f"part {number}: {units} of {room}"
        yield from (f"  | {visible(line)}" for line in LINE_BREAK.split(part))


def _listed(heading: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{heading}:"
        yield from (f"  {line}" for line in lines[:MOST_CHARACTERS])
    if len(lines) > MOST_CHARACTERS:
        yield f"  and {len(lines) - MOST_CHARACTERS:,} more"


def _character(seen: str) -> str:
    """What a person sees as one character, with the code points that it is made of."""
    points = [f"U+{ord(each):04X} {name(each, 'without a name')}" for each in seen[:MOST_CODE_POINTS]]
    more = [f"{len(seen) - MOST_CODE_POINTS:,} more"] if len(seen) > MOST_CODE_POINTS else []
    return f"{visible(seen[:MOST_CODE_POINTS])}  {', '.join(points + more)}"


def _remedy(seen: str) -> str:
    made = smart(seen)
    return "" if made == seen else f" (--smart: {_plainly(made)})"


def _plainly(plain: str) -> str:
    """What a character becomes, in words where it could not be seen."""
    if plain.strip(" "):
        return visible(plain[:MOST_CODE_POINTS])
    return ("nothing", "1 space")[len(plain)] if len(plain) < 2 else f"{len(plain)} spaces"
