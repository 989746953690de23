"""LO412: the character that makes a text cost more parts. LO413: the fields that make it cost another, at their longest.

An MMS is paid whole: of a text with an image nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

from engine.language.drafts import Draft, Placed, World
from engine.language.lengths import lengths
from engine.language.problems import Finding, visible
from engine.language.rules.text_length import LONGEST, specs_of
from engine.messaging.parts import all_gsm, count
from engine.messaging.smart import smart


def parts(world: World) -> Iterator[Finding]:
    for draft in world.drafts:
        specs = specs_of(world, draft)
        for placed in _of_sms(draft):
            extremes = lengths(placed.value, specs, world.project.public_url)
            if len(extremes.longest) > LONGEST:
                continue  # LO411 has said it
            worst, least = count(normalize("NFC", extremes.longest)), count(normalize("NFC", extremes.shortest))
            if worst.forcing:
                yield from _forced(draft, placed, extremes.longest, worst.parts)
            if worst.parts > least.parts:
                grown = ", ".join(f"{path} {size}" for path, size in extremes.growing.items())
                message = f"{_parts(least.parts)} at the least, {worst.parts} where its fields are at their longest"
                help = (
                    f"characters at the longest: {grown}; declare a smaller `max`, use `truncate`, or shorten the text"
                )
                yield draft.finding("LO413", message, placed.loc, help, at="key", severity="note")


def _of_sms(draft: Draft) -> Iterator[Placed]:
    for placed in draft.texts():
        block = placed.step.block if placed.step else None
        has_picture = getattr(block, "image", None) or getattr(block, "collage", None)
        if block is not None and block.sends and getattr(block, "text", None) is placed.value and not has_picture:
            yield placed


def _forced(draft: Draft, placed: Placed, longest: str, worst: int) -> Iterator[Finding]:
    forcing = count(normalize("NFC", longest)).forcing
    plain = normalize("NFC", longest)
    for character in forcing:
        plain = plain.replace(character, "?")
    without = count(plain).parts
    if without >= worst:
        return
    character = forcing[0]
    message = f"\u201c{visible(character)}\u201d makes this text UCS-2: up to {_parts(worst)} instead of {without}"
    rest = f" (so do: {' '.join(forcing[1:6])})" if forcing[1:] else ""
    help = _way_out(character) + rest
    source = placed.value.source
    at = source.find(character)
    place = {"offset": at, "length": len(character)} if at >= 0 else {"at": "key"}
    yield draft.finding("LO412", message, placed.loc, help, severity="warning", **place)


def _way_out(character: str) -> str:
    other = smart(character.replace("\u00d7", "x"))  # of sizes, 2×4; smart encoding leaves it
    if not all_gsm(other):
        return "leave it out, or pay for it"
    return f"write {other.strip() or 'an ordinary space'} instead" if other else "leave it out"


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"
