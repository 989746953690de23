"""What a goal names is declared, and of a fitting type: LO304, LO305, LO313. LO323: no event is an order and its own refund.
LO325: orders of two sources are told apart by their id alone."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.undeclared_event import no_event
from engine.language.rule_api import UNREADABLE, Finding, LintContext, Loc, SourceModel, did_you_mean, finding

_FITTING = {
    "id": ("text", "integer"),
    "value": ("money", "number", "integer"),
    "currency": ("text",),
}
_EXPECTED = {
    "id": "the id of an order is a text or an integer",
    "value": "an amount is money",
    "currency": "it is a text",
}


def goals(world: LintContext) -> Iterator[Finding]:
    if "goals" in world.unknown:
        return
    declared = bool(world.project.events) and "events" not in world.unknown
    for name, goal in world.project.goals.items():
        place: Loc = ("goals", name)
        if declared:
            yield from _event(world, place, goal.event, {key: getattr(goal, key) for key in _FITTING})
        refund = goal.refund
        if refund is None or refund is UNREADABLE:
            continue
        if declared:
            yield from _event(world, (*place, "refund"), refund.event, {"id": refund.id, "value": refund.value})
        if goal.event is not UNREADABLE and refund.event is not UNREADABLE and refund.event == goal.event:
            help = "a refund is an event of its own: event: order.refunded"
            message = f'"{goal.event}" is the order itself: each would be taken off again'
            yield finding(world.document, "LO323", message, (*place, "refund", "event"), help)
    if "sources" not in world.unknown:
        yield from _of_two_sources(world)


def _of_two_sources(world: LintContext) -> Iterator[Finding]:
    for name, goal in world.project.goals.items():
        told: list[tuple[Loc, str]] = [(("goals", name, "event"), goal.event)]
        if goal.refund is not None and goal.refund is not UNREADABLE:
            told.append((("goals", name, "refund", "event"), goal.refund.event))
        for place, event in told:
            if event is UNREADABLE:
                continue
            makers = [each for each, source in world.project.sources.items() if event in _events(source)]
            if len(makers) > 1:
                message = f'"{event}" comes from {" and ".join(makers)}: an id that both have is taken for one order'
                help = "map what each source tells to an event of its own, with a goal of its own"
                yield finding(world.document, "LO325", message, place, help, severity="warning")


def _events(source: SourceModel) -> set[str | None]:
    """What its webhooks may become, as far as it could be read."""
    if source.kind is UNREADABLE or source.events is UNREADABLE:
        return set()
    own = {topic: brought.event for topic, brought in source.bodies.topics.items()}
    every = own | {topic: written.event for topic, written in source.events.items()}
    return {event for event in every.values() if event is not UNREADABLE}


def _event(world: LintContext, place: Loc, event: str, fields: dict[str, str | None]) -> Iterator[Finding]:
    if event is UNREADABLE:
        return
    declared = world.project.events
    if event not in declared:
        yield no_event(world.document, event, declared, (*place, "event"))
        return
    for key, field in fields.items():
        if field is None or field is UNREADABLE:
            continue
        spec = declared[event].get(field)
        if spec is None:
            help = did_you_mean(field, declared[event], f'declare it under "{event}" in leadoff.yaml')
            yield finding(world.document, "LO305", f'"{event}" has no field "{field}"', (*place, key), help)
        elif spec.type not in _FITTING[key]:
            message = f'"{field}" of "{event}" is declared as {spec.type}, and {_EXPECTED[key]}'
            help = f"declare it as {_FITTING[key][0]}, or name another field"
            yield finding(world.document, "LO313", message, (*place, key), help)
