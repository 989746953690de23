"""What the bodies of a source become, against what is declared: LO304, LO305, LO313; LO205 where no number is named; LO714 for consent that
is not consent to texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.language.lint.rules.undeclared_event import no_event
from engine.language.rule_api import (
    OWN_EVENTS,
    UNREADABLE,
    FieldSpec,
    Finding,
    LintContext,
    Loc,
    SourceModel,
    did_you_mean,
    finding,
    value_at,
)

BESIDE_FIELDS: Mapping[str, tuple[str, ...]] = {
    "phone": ("text",),
    "key": ("text", "integer"),
    "consent": ("text", "boolean"),
    "consent_at": ("time", "text", "integer"),
    "consent_expires": ("time", "text", "integer"),
}
"""What a mapping of a contact names beside its fields -> the shapes of values it can be made of."""
FITTING: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "integer", "money", "time"),
    "integer": ("integer", "text"),
    "number": ("integer", "money", "text"),
    "money": ("integer", "money", "text"),
    "boolean": ("boolean", "text"),
    "time": ("time", "text"),
    "date": ("text",),
    "url": ("text",),
    "list": ("list",),
    "tags": ("text",),
    "zone": ("text",),
    "language": ("text",),
}
"""The same by the type of a declared field."""


def source_mapping(world: LintContext) -> Iterator[Finding]:
    if "sources" in world.unknown:
        return
    declared = bool(world.project.events) and "events" not in world.unknown
    for name, source in world.project.sources.items():
        if source.kind is UNREADABLE or source.events is UNREADABLE:
            continue
        for topic, written in source.events.items():
            place: Loc = ("sources", name, "events", topic)
            if written.contact is not UNREADABLE and "fields" not in world.unknown:
                yield from _contact(world, source, place, written.contact)
            if written.event is not UNREADABLE and written.data is not UNREADABLE and declared:
                yield from _event(world, source, place, written.event, written.data)
        if declared:
            yield from _brought(world, source, name)


def _contact(
    world: LintContext, source: SourceModel, place: Loc, contact: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    specs = {name: spec for name, spec in world.project.contact_fields.items() if name != "country"}
    names = {**specs, **BESIDE_FIELDS}
    for field, paths in contact.items():
        at = (*place, "contact", field)
        if field not in names:
            help = did_you_mean(field, names, "declare it under `fields` in leadoff.yaml")
            yield finding(world.document, "LO305", f'there is no field "{field}"', at, help, at="key")
            continue
        shapes = BESIDE_FIELDS.get(field) or FITTING[specs[field].type]
        yield from _misfits(world, source, at, field, shapes, paths)
        if field == "consent":
            yield from _other_consent(world, source, at, paths)
    if not source.bodies.phone and not {"phone", "key"} & set(contact):
        help = "name where the number is: contact: {phone: customer.phone}"
        yield finding(
            world.document, "LO205", '"phone" is missing', _nearest_key(world, place, "contact"), help, at="key"
        )


def _event(
    world: LintContext, source: SourceModel, place: Loc, event: str, data: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    declared = world.project.events
    if event in OWN_EVENTS:
        return  # LO324 has said it
    if event not in declared:
        yield no_event(world.document, event, declared, (*place, "event"))
        return
    specs = declared[event]
    for field, paths in data.items():
        at = (*place, "data", field)
        if field not in specs:
            help = did_you_mean(field, specs, f'declare it under "{event}" in leadoff.yaml')
            yield finding(world.document, "LO305", f'"{event}" has no field "{field}"', at, help, at="key")
        else:
            yield from _misfits(world, source, at, field, FITTING[specs[field].type], paths)
    for field in _required(specs, data):
        message = f'"{event}" is rejected without "{field}", which is required'
        at = _nearest_key(world, place, "data")
        yield finding(world.document, "LO313", message, at, f"say where it is: data: {{{field}: …}}", at="key")


def _brought(world: LintContext, source: SourceModel, name: str) -> Iterator[Finding]:
    """What the kind maps by itself, where an event of that name is declared."""
    for topic, brought in source.bodies.topics.items():
        specs = world.project.events.get(brought.event or "")
        if specs is None or topic in source.events:
            continue
        for field in _required(specs, brought.data):
            message = f'{topic} makes no "{brought.event}": it brings no "{field}", which is required'
            help = f"map the topic under `events` of this source, or declare {field} without `required`"
            yield finding(world.document, "LO313", message, ("sources", name), help, at="key", severity="warning")


def _required(specs: Mapping[str, FieldSpec], data: Mapping[str, object]) -> list[str]:
    return [field for field, spec in specs.items() if spec.required and field not in data]


def _misfits(
    world: LintContext, source: SourceModel, at: Loc, field: str, shapes: tuple[str, ...], paths: tuple[str, ...]
) -> Iterator[Finding]:
    for index, path in enumerate(paths):
        shape = source.bodies.shapes.get(re.sub(r"\[[0-9]+\]", "[]", path))
        if shape is not None and shape not in shapes:
            message = f'"{path}" can never be "{field}": it is {_IS[shape]}'
            yield finding(world.document, "LO313", message, _each(world, at, index), _HELP)


_HELP = "the field's type is declared in leadoff.yaml"
_IS = {
    "text": "text",
    "integer": "a whole number",
    "money": "an amount of money",
    "boolean": "true or false",
    "time": "a timestamp",
    "list": "a list",
    "object": "an object",
}


def _other_consent(world: LintContext, source: SourceModel, at: Loc, paths: tuple[str, ...]) -> Iterator[Finding]:
    for index, path in enumerate(paths):
        if (what := source.bodies.other_consent.get(path)) is not None:
            message = f'"{path}" {what}, not to texts'
            help = "a text needs consent of its own: buyer_accepts_sms_marketing, sms_marketing_consent.state"
            yield finding(world.document, "LO714", message, _each(world, at, index), help)


def _each(world: LintContext, at: Loc, index: int) -> Loc:
    return (*at, index) if isinstance(value_at(world.document.data, at), list) else at


def _nearest_key(world: LintContext, place: Loc, key: str) -> Loc:
    """The key of a mapping, or where there is none the mapping around it."""
    return (*place, key) if value_at(world.document.data, (*place, key)) is not None else place
