"""LO304: once leadoff.yaml declares events, every event's name is one of them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import OWN_EVENTS, Finding, LintContext, did_you_mean


def undeclared_event(world: LintContext) -> Iterator[Finding]:
    declared = world.project.events
    if not declared or "events" in world.unknown:
        return
    for draft in world.asking:
        named = [((*loc, "event"), trigger.event) for loc, trigger in draft.event_triggers()]
        named += [(loc, reference.name) for _, reference, loc in draft.references("event")]
        for loc, name in named:
            if name not in declared and name not in OWN_EVENTS:
                help = did_you_mean(name, {**declared, **OWN_EVENTS}, "declare it under `events` in leadoff.yaml")
                yield draft.finding("LO304", f'the event "{name}" is not declared', loc, help)
