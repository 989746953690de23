"""LO510: a field is compared with what its declared type can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.lint.rules.unknown_field import event_fields
from engine.language.rule_api import (
    Draft,
    FieldSpec,
    Finding,
    LintContext,
    PlacedValue,
    Reference,
    SegmentDraft,
    is_number,
    kind_of,
    value_at,
)

NUMBERS = ("integer", "number", "money")


def field_type_mismatch(world: LintContext) -> Iterator[Finding]:
    for draft in world.asking:
        for placed, reference, loc in draft.references("field", "event_field"):
            spec = _known(world, draft, placed, reference)
            raw = value_at(draft.document.data, loc)
            for operator, operand in raw.items() if isinstance(raw, dict) else [("is", raw)]:
                wrong = _wrong(spec, operator, operand) if spec else None
                if spec and wrong:
                    message = f'"{reference.name}" is {_named(spec)}: it is never {wrong}'
                    place = (*loc, operator) if isinstance(raw, dict) else loc
                    yield draft.finding("LO510", message, place, _WAY_OUT.get(spec.type), severity="warning")


def _known(
    world: LintContext, draft: Draft | SegmentDraft, placed: PlacedValue, reference: Reference
) -> FieldSpec | None:
    if reference.kind == "event_field":
        return (event_fields(world, draft, reference.of or placed.event) or {}).get(reference.name)
    return None if "fields" in world.unknown else world.project.contact_fields.get(reference.name)


_WAY_OUT = {
    "tags": "test for one item: {tags: {has: vip}}",
    "integer": "write the number without quotes",
    "number": "write the number without quotes",
    "money": "write the amount without quotes",
    "boolean": "write true or false, without quotes",
    "text": "put it in quotes",
}


def _named(spec: FieldSpec) -> str:
    return {"tags": "a list", "integer": "a whole number", "boolean": "true or false", "money": "an amount"}.get(
        spec.type, f"a {spec.type}"
    )


def _wrong(spec: FieldSpec, operator: str, operand: Any) -> str | None:
    """What such a field can't be; None where it can."""
    if operator == "exists":
        return None
    if (operator == "has") != (spec.type == "tags"):
        return "a list" if operator == "has" else kind_of(operand)
    given = operand if isinstance(operand, list) else [operand]
    return next((kind_of(each) for each in given if not _may_be(spec, each)), None)


def _may_be(spec: FieldSpec, value: Any) -> bool:
    if spec.type in NUMBERS:
        return is_number(value)
    if spec.type == "boolean":
        return isinstance(value, bool)
    return isinstance(value, str)
