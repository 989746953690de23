"""LO412: the character that makes a text cost more parts. LO413: the fields that make it cost another, at their longest.

An MMS is paid whole: of a text with an image nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.text_too_long import pricing_of
from engine.language.rule_api import Draft, Finding, LintContext, Message, PlacedValue, visible
from engine.messaging.parts import LONGEST, all_gsm, count
from engine.messaging.smart_encoding import smart


def costly_text(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        pricing = pricing_of(world, draft)
        for placed, message in texts_of_sms(draft):
            assert placed.step is not None
            may_be_first = placed.step.path in pricing.first
            shortest, longest = pricing.sent_texts(message, placed.value, may_be_first)
            if len(longest) > LONGEST:
                continue  # LO411 has said it
            worst, least = count(longest), count(shortest)
            if worst.forcing:
                yield from _forced(draft, placed, longest, worst.parts)
            if worst.parts > least.parts:
                known = pricing.sent_texts(message, placed.value, False)[1]
                said = f"{_parts(least.parts)} at least, {worst.parts} where {_reasons(known, longest, least.parts)}"
                growing = pricing.lengths(placed.value).growing
                grown = ", ".join(f"{path} {size}" for path, size in growing.items())
                sizes = f"characters at most: {grown}; declare a smaller `max`, use `truncate`, or " if grown else ""
                yield draft.finding("LO413", said, placed.loc, f"{sizes}shorten the text", at="key", severity="warning")


def _reasons(known: str, longest: str, least: int) -> str:
    """What makes it cost more than at the least; `known`: the longest text of a contact who has been texted before."""
    if count(known).parts == least:
        return "it is the contact's first message, so the brand and the opt-out text are added"
    return "its fields have their longest values" + (
        " and it is the contact's first message" if known != longest else ""
    )


def texts_of_sms(draft: Draft) -> Iterator[tuple[PlacedValue, Message]]:
    """The texts of messages without a picture."""
    return ((placed, message) for placed, message in draft.messages() if message.picture is None)


def _forced(draft: Draft, placed: PlacedValue, longest: str, worst: int) -> Iterator[Finding]:
    forcing, plain = count(longest).forcing, longest
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
        return "leave it out, or accept the cost"
    return f"write {other.strip() or 'an ordinary space'} instead" if other else "leave it out"


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"
