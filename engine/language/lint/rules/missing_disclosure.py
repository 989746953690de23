"""LO414: the first marketing text of a flow names the brand and says how to opt out (promise C3)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, PlacedValue, first_sends
from engine.messaging.compliance_texts import says_how_to_stop


def missing_disclosure(world: LintContext) -> Iterator[Finding]:
    if "brand" in world.unknown:
        return
    brand = world.project.brand
    for draft in world.drafts:
        for placed in _first_ones(draft):
            text = placed.value.source
            missing = [] if brand.casefold() in text.casefold() else [f'who writes ("{brand}")']
            missing += [] if says_how_to_stop(text) else ["how to opt out"]
            if missing:
                message = f"the first marketing text does not say {' nor '.join(missing)}"
                words = world.project.own_texts_in(placed.value.language).first
                help = (
                    f'begin with "{brand}:" and end with "{words}"; otherwise Leadoff adds them, which costs characters'
                )
                yield draft.finding("LO414", message, placed.loc, help, at="key", severity="note")


def _first_ones(draft: Draft) -> Iterator[PlacedValue]:
    first = first_sends(draft.flow.steps)
    for placed, message in draft.messages():
        category = message.category or draft.flow.category
        if placed.step is not None and placed.step.path in first and category == "marketing":
            yield placed
