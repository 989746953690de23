"""Smart encoding: replaces typographic characters by GSM-7 ones, as Twilio's Smart Encoding does (promise MM6).

Invariants: the replacements are in data/smart_encoding.json. They are always GSM-7 and never replace a GSM-7 character, so a GSM-7 text
comes back unchanged after one check. Accents and emoji stay, and with them UCS-2.
"""

from __future__ import annotations

import re

from engine.messaging.parts import all_gsm
from engine.messaging.tables import table

_TABLE = table("smart_encoding")["becomes"]
_BECOMES: dict[str, str] = {chr(int(code.removeprefix("U+"), 16)): plain for code, plain in _TABLE.items()}
# A third of the time of str.translate, which looks at every character.
_LOOK_ALIKE = re.compile(f"[{re.escape(''.join(_BECOMES))}]")


def smart(text: str) -> str:
    """The text with its look-alikes replaced; itself where there are none."""
    if all_gsm(text):
        return text
    return _LOOK_ALIKE.sub(lambda found: _BECOMES[found[0]], text)


def encoded(text: str) -> tuple[str, list[int]]:
    """As every look-alike would be replaced, and where each of its characters came from."""
    pieces = [_BECOMES.get(character, character) for character in text]
    return "".join(pieces), [at for at, piece in enumerate(pieces) for _ in piece]


def replaced(text: str) -> tuple[tuple[str, str], ...]:
    """Every character that `smart` replaces, once and in order, with what it becomes: "" where it goes."""
    return tuple((found, _BECOMES[found]) for found in dict.fromkeys(_LOOK_ALIKE.findall(text)))


def look_alikes(character: str) -> str:
    """The characters that become this one."""
    return "".join(found for found, plain in _BECOMES.items() if plain == character)
