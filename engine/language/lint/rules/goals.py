"""What a goal names is declared, and of a fitting type: LO304, LO305, LO313. LO323: no event is an order and its own refund."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import UNREADABLE, Finding, LintContext, Loc, did_you_mean, finding

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
        if refund.event == goal.event and goal.event is not UNREADABLE:
            help = "a refund is an event of its own: event: order.refunded"
            message = f'"{goal.event}" is the order itself: each would be taken off again'
            yield finding(world.document, "LO323", message, (*place, "refund", "event"), help)


def _event(world: LintContext, place: Loc, event: str, fields: dict[str, str | None]) -> Iterator[Finding]:
    if event is UNREADABLE:
        return
    declared = world.project.events
    if event not in declared:
        help = did_you_mean(event, declared, "declare it under `events` in leadoff.yaml")
        yield finding(world.document, "LO304", f'the event "{event}" is not declared', (*place, "event"), help)
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
