"""LO708: every country that may be texted has a price; without one it would count as if it were the US."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, finding
from engine.messaging.prices import ANYWHERE


def unpriced_country(world: LintContext) -> Iterator[Finding]:
    if world.unknown & {"countries", "prices"}:
        return
    prices = world.project.price_table
    for index, country in enumerate(world.project.countries):
        if (country, "sms") not in prices and (ANYWHERE, "sms") not in prices:
            message = f"the price of a text to {country} is unknown: the US price is used"
            help = f"write what your provider charges: prices: {{{country}: {{sms: 0.05}}}}"
            yield finding(world.document, "LO708", message, ("countries", index), help, severity="warning")
