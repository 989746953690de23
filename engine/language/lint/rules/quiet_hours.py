"""LO532: quiet hours that never end. LO533: no quiet hours at all."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import OFF, Finding, LintContext, Severity, finding, value_at
from engine.messaging.quiet_hours import Quiet, closed_states


def quiet_hours(world: LintContext) -> Iterator[Finding]:
    """Of the project, and of each flow that has its own."""
    if "quiet_hours" not in world.unknown and value_at(world.document.data, ("quiet_hours",)) is not None:
        for code, message, help, severity in _said(world.project.quiet_hours, world.project.countries):
            yield finding(world.document, code, message, ("quiet_hours",), help, at="key", severity=severity)
    for draft in world.drafts:
        if draft.flow.quiet_hours is not None and draft.flow.category == "marketing":
            for code, message, help, severity in _said(draft.flow.quiet_hours, world.project.countries):
                yield draft.finding(code, message, ("quiet_hours",), help, at="key", severity=severity)


def _said(quiet: Quiet, countries: tuple[str, ...]) -> Iterator[tuple[str, str, str, Severity]]:
    if quiet == OFF:
        help = "it wakes people up, and most states forbid it; urgent messages are `category: transactional`"
        yield "LO533", "without quiet hours, marketing goes out at any hour of the night", help, "warning"
    elif quiet.closed is not None and quiet.closed[0] == quiet.closed[1]:
        help = 'from and until, in the contact\'s local time: between: ["20:00", "09:00"]'
        yield "LO532", "these quiet hours never end: no marketing message could ever be sent", help, "error"
    elif quiet.state_rules and (closed := closed_states(quiet, countries)):
        help = "leave some hours open that the law there also allows"
        yield "LO532", f"together with the legal hours, no time is left to send to {', '.join(closed)}", help, "warning"
