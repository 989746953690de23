"""LO508: `clicked` is only written where a message with that link can have gone out before."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, Loc, arrivals, names_value


def click_on_unsent_link(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        senders = links_by_step(draft)
        passed = {arrival.step.path: arrival.state.passed for arrival in arrivals(draft.flow.steps)}
        for placed, reference, loc in draft.references("link"):
            before = passed[placed.step.path] if placed.step else frozenset(senders)
            of_value = names_value(reference.name)
            known = of_value or reference.name in world.project.links or "links" in world.unknown
            if known and not any(reference.name in senders.get(at, ()) for at in before):
                where = "before this step" if placed.step else "of this flow"
                message = f'no contact can have clicked "{reference.name}": no message {where} contains that link'
                said = f"short({reference.name})" if of_value else f'link("{reference.name}")'
                help = f"put {{{{ {said} }}}} into an earlier text"
                yield draft.finding("LO508", message, loc, help, severity="warning")


def links_by_step(draft: Draft) -> dict[Loc, set[str]]:
    """Names of the links in the texts of each step. Raises CannotSay where one could not be read: it may have held the link."""
    found: dict[Loc, set[str]] = {}
    for placed in draft.every_text():
        assert placed.step is not None
        found.setdefault(placed.step.path, set()).update(
            link.name for link in placed.value.links if link.kind != "fixed"
        )
    return found
