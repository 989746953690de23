"""LO305: a field that a condition looks at is a field of contacts, or of the event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.rule_api import (
    OWN_EVENTS,
    Draft,
    FieldSpec,
    Finding,
    KeywordTrigger,
    LintContext,
    Loc,
    SegmentDraft,
    did_you_mean,
    value_at,
)

TEXTED = {"text": FieldSpec(max=160)}
"""The fields of the event of a run that a keyword started."""


def unknown_field(world: LintContext) -> Iterator[Finding]:
    for draft in world.asking:
        if "fields" not in world.unknown:
            for _, reference, loc in draft.references("field"):
                if reference.name not in world.project.contact_fields:
                    help = did_you_mean(
                        reference.name, world.project.contact_fields, "declare it under `fields` in leadoff.yaml"
                    )
                    yield draft.finding("LO305", f'contacts have no field "{reference.name}"', loc, help, at="key")
        for placed, reference, loc in draft.references("event_field", "same"):
            known = event_fields(world, draft, reference.of or placed.event)
            if known is not None and reference.name not in known:
                help = did_you_mean(reference.name, known, "declare it under `events` in leadoff.yaml")
                yield draft.finding("LO305", f'the event has no field "{reference.name}"', loc, help, at="key")
            elif known is not None and reference.kind == "event_field" and known[reference.name].type == "list":
                yield from _of_rows(draft, reference.name, known[reference.name], loc)


def _of_rows(draft: Draft | SegmentDraft, name: str, spec: FieldSpec, loc: Loc) -> Iterator[Finding]:
    wanted = value_at(draft.document.data, (*loc, "has"))
    for inner in wanted if isinstance(wanted, dict) else ():
        if inner not in spec.of:
            help = did_you_mean(inner, spec.of, f"its fields are: {', '.join(spec.of)}")
            yield draft.finding(
                "LO305", f'a row of "{name}" has no field "{inner}"', (*loc, "has", inner), help, at="key"
            )


def event_fields(world: LintContext, draft: Draft | SegmentDraft, event: str | None) -> Mapping[str, FieldSpec] | None:
    """Declared fields of that event (None: of any event that starts the flow); None where nothing can be said."""
    if event is None and isinstance(draft, SegmentDraft):
        return None  # LO322 has said it
    names = [event] if event else [trigger.event for _, trigger in draft.event_triggers()]
    known = {} if "events" in world.unknown else world.project.events
    declared = [OWN_EVENTS.get(name, known.get(name)) for name in names]
    if not (known or names) or None in declared:
        return None  # LO304 has said it
    texted = event is None and any(isinstance(trigger, KeywordTrigger) for _, trigger in draft.triggers())
    return {name: spec for fields in declared if fields for name, spec in fields.items()} | (TEXTED if texted else {})


def fields_of(world: LintContext, draft: Draft, root: str) -> Mapping[str, FieldSpec] | None:
    """What a text may show of the `contact` or the `event`; None where nothing can be said."""
    if root == "event":
        return event_fields(world, draft, None)
    return None if "fields" in world.unknown else world.project.contact_fields
