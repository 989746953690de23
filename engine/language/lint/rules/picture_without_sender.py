"""LO614: a picture can go to some country of the project, by some sender."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.mms_fallback import PICTURES
from engine.language.rule_api import Finding, LintContext, Pricing, message_of, value_at
from engine.messaging.media_limits import MMS_REGIONS


def picture_without_sender(world: LintContext) -> Iterator[Finding]:
    if world.unknown & {"senders", "countries"} or not world.project.senders:
        return
    for draft in world.drafts:
        pricing = Pricing(draft.flow, world.project, {}, frozenset())
        for step in draft.steps():
            sent = message_of(step.block)
            if sent is None or sent.picture is None:
                continue
            if pricing.mms_price(sent) is None:
                message = "no contact can get this picture: no country of the project has a sender that sends MMS there"
                help = f"MMS goes to {' and '.join(MMS_REGIONS)}, through a sender without `mms: false`; otherwise remove the picture"
                loc = (*step.path, step.block.verb)
                fields = value_at(draft.document.data, loc) or {}
                place = next((key for key in PICTURES if key in fields), PICTURES[0])
                yield draft.finding("LO614", message, (*loc, place), help, at="key", severity="warning")
