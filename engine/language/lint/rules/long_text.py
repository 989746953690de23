"""LO415: an SMS has at most `parts_note` parts, and one of many parts is expensive."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.costly_text import texts_of_sms
from engine.language.lint.rules.text_too_long import pricing_of
from engine.language.rule_api import Finding, LintContext, Severity
from engine.messaging.parts import LONGEST, count

MANY = 4


def long_text(world: LintContext) -> Iterator[Finding]:
    if "parts_note" in world.unknown:
        return
    for draft in world.drafts:
        pricing = pricing_of(world, draft)
        for placed, sent in texts_of_sms(draft):
            may_be_first = placed.step is not None and placed.step.path in pricing.first
            longest = pricing.sent_texts(sent, placed.value, may_be_first)[1]
            parts = count(longest).parts if len(longest) <= LONGEST else 0  # LO411 has said it
            if parts > min(world.project.parts_note, MANY):
                severity: Severity = "warning" if parts > MANY else "note"
                help = "shorten it; the price of an MMS does not depend on the length of its text"
                message = f"this text takes up to {parts} parts, and each part is charged"
                yield draft.finding("LO415", message, placed.loc, help, at="key", severity=severity)
