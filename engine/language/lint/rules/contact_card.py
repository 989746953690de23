"""LO618: the card of `card: true` has what makes people save it: a logo and an address for help.

Its logo is a picture as any other: LO601, LO602, 603, 605 to 608, 610.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.unusable_image import FAULTS
from engine.language.rule_api import Finding, LintContext, finding
from engine.messaging.media.contact_card import OWN
from engine.messaging.media.picture import BadMedia


def contact_card(world: LintContext) -> Iterator[Finding]:
    place = next(((draft, loc) for draft in world.drafts for loc in draft.cards()), None)
    logo = None if "logo" in world.unknown else world.project.logo
    if logo is not None and logo.leaves_the_project:
        help = "write the path from the project's folder: media/logo.png"
        yield finding(world.document, "LO603", f'the path "{logo}" is outside the project', ("logo",), help)
    if place is None:
        return
    found, (draft, loc) = world.media.get(OWN), place
    if isinstance(found, BadMedia) and logo is not None and not logo.leaves_the_project:
        code, help = FAULTS[found.fault]
        said = f'there is no file "{logo}"' if found.fault == "missing" else f'"{logo}" cannot be sent: {found.reason}'
        yield finding(world.document, code, said, ("logo",), found.help or help)
    if logo is None and "logo" not in world.unknown:
        help = "name your logo in leadoff.yaml: `logo: media/logo.png`, square, at least 400×400"
        yield draft.finding("LO618", "the contact card has no photo", loc, help, severity="warning")
    if world.project.support is None and "support" not in world.unknown:
        help = "write it in leadoff.yaml: `support: help@acme.example`"
        yield draft.finding("LO618", "the contact card has no address for help", loc, help, severity="warning")
