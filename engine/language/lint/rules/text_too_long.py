"""LO411: no text is longer than 1,600 characters, with every field at its longest."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.unknown_field import event_fields
from engine.language.rule_api import Draft, Finding, LintContext, Pricing, first_sends, message_of
from engine.messaging.parts import LONGEST


def text_too_long(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        pricing = pricing_of(world, draft)
        for placed in draft.texts():
            step = placed.step
            message = message_of(step.block) if step is not None else None
            if step is not None and message is not None and any(text is placed.value for text in message.text.each):
                length = max(map(len, pricing.sent_texts(message, placed.value, step.path in pricing.first)))
            else:
                length = len(pricing.lengths(placed.value).longest)
            if length > LONGEST:
                said = f"this text can have up to {length:,} characters, more than {LONGEST:,}"
                yield draft.finding("LO411", said, placed.loc, "shorten it, or split it into two messages", at="key")


def pricing_of(world: LintContext, draft: Draft) -> Pricing:
    """Of a flow that may have mistakes."""
    specs = {f"contact.{name}": spec for name, spec in world.project.contact_fields.items()}
    specs |= {f"event.{name}": spec for name, spec in (event_fields(world, draft, None) or {}).items()}
    return Pricing(draft.flow, world.project, specs, first_sends(draft.flow.steps))
