"""What `update` and `emit` give away: LO304 for the event, LO305 for its fields and the contact's, LO313 where a value does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.rules.undeclared_event import no_event
from engine.language.rule_api import (
    OWN_EVENTS,
    BadValue,
    Draft,
    FieldSpec,
    Finding,
    LintContext,
    Loc,
    Step,
    Text,
    convert,
    did_you_mean,
    place_of,
    value_at,
)


def payload_mismatch(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for step in draft.steps():
            values = step.block.sets_fields()
            if values and "fields" not in world.unknown:
                yield from _values(draft, _place(draft, step, "set"), values, world.project.contact_fields)
            if world.project.events and "events" not in world.unknown:
                for event, data in step.block.emits_events().items():
                    yield from _emitted(world, draft, step, event, data)


def _emitted(world: LintContext, draft: Draft, step: Step, event: str, data: Mapping[str, object]) -> Iterator[Finding]:
    declared = world.project.events
    if event in OWN_EVENTS:
        return  # LO324 has said it
    if event not in declared:
        yield no_event(draft.document, event, declared, _place(draft, step, "event"))
        return
    yield from _values(draft, _place(draft, step, "data"), data, declared[event])
    for name, spec in declared[event].items():
        if spec.required and data.get(name) is None:
            message = f'"{event}" is rejected without "{name}", which is required'
            yield draft.finding("LO313", message, (*step.path, step.block.verb), f"add `{name}` to its data", at="key")


def _values(draft: Draft, loc: Loc, values: Mapping[str, object], specs: Mapping[str, FieldSpec]) -> Iterator[Finding]:
    for name, value in values.items():
        if name not in specs:
            help = did_you_mean(name, specs, "declare it in leadoff.yaml")
            yield draft.finding("LO305", f'there is no field "{name}"', (*loc, name), help, at="key")
        elif (why := _misfit(specs[name], value)) is not None:
            yield draft.finding("LO313", f'invalid value for "{name}": {why}', (*loc, name), _HELP)


_HELP = "the field's type is declared in leadoff.yaml"


def _misfit(spec: FieldSpec, value: object) -> str | None:
    """Why a value that is known beforehand is not of the field's type."""
    if isinstance(value, Text):
        if "{{" in value.source:
            return None
        value = value.source.strip()
    try:
        convert(spec, value)
    except BadValue as error:
        return error.reason
    return None


def _place(draft: Draft, step: Step, field: str) -> Loc:
    return place_of(step, field, value_at(draft.document.data, step.path))
