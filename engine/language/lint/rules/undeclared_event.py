"""LO304: once leadoff.yaml declares events, every event's name is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.language.rule_api import OWN_EVENTS, Document, Finding, LintContext, Loc, did_you_mean, finding


def undeclared_event(world: LintContext) -> Iterator[Finding]:
    declared = world.project.events
    if not declared or "events" in world.unknown:
        return
    for draft in world.asking:
        named = [((*loc, "event"), trigger.event) for loc, trigger in draft.event_triggers()]
        named += [(loc, reference.name) for _, reference, loc in draft.references("event")]
        for loc, name in named:
            if name not in declared and name not in OWN_EVENTS:
                yield no_event(draft.document, name, {**declared, **OWN_EVENTS}, loc)


def no_event(document: Document, name: str, known: Iterable[str], loc: Loc) -> Finding:
    help = did_you_mean(name, known, "declare it under `events` in leadoff.yaml")
    return finding(document, "LO304", f'the event "{name}" is not declared', loc, help)
