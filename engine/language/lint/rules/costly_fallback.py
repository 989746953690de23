"""LO416: the SMS that goes where no MMS can costs less than three times the MMS, in every country of the project.

Of a single part nothing is said: no text is shorter, so it is the country that is expensive, and its price is written in leadoff.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.text_too_long import pricing_of
from engine.language.rule_api import Finding, LintContext, message_of
from engine.messaging.parts import LONGEST

TIMES = 3


def costly_fallback(world: LintContext) -> Iterator[Finding]:
    if world.unknown & {"prices", "countries", "senders"}:
        return
    for draft in world.drafts:
        pricing = pricing_of(world, draft)
        for step in draft.steps():
            sent = message_of(step.block)
            if sent is None or sent.picture is None or sent.otherwise not in ("text", "link"):
                continue
            may_be_first = step.path in pricing.first
            if pricing.longest_text(sent, may_be_first) > LONGEST:
                continue  # LO411 has said it
            own = pricing.mms_price(sent)
            dearest = pricing.dearest_sms(sent, may_be_first)
            parts = dearest.parts[1] if dearest is not None else 0
            if own and dearest is not None and parts > 1 and dearest.price.worst >= TIMES * own:
                message = (
                    f"in {dearest.region} this goes out as an SMS of up to {parts} parts for {dearest.price.worst / 1e6:.3f}; "
                    f"the MMS costs {own / 1e6:.3f}"
                )
                help = "shorten the text, write `otherwise: skip`, or take the country out of `countries`"
                place = (*step.path, step.block.verb, "otherwise")
                yield draft.finding("LO416", message, place, help, severity="warning")
