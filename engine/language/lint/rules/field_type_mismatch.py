"""LO510: a field is compared with what its declared type can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.lint.rules.unknown_field import event_fields
from engine.language.rule_api import (
    MOST_ROWS,
    Draft,
    FieldSpec,
    Finding,
    LintContext,
    Loc,
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
            for message, place, help in _mismatches(spec, reference.name, raw, loc) if spec else ():
                yield draft.finding("LO510", message, place, help, severity="warning")


def _mismatches(spec: FieldSpec, name: str, raw: Any, loc: Loc) -> Iterator[tuple[str, Loc, str | None]]:
    """Message, place and way out; of a row's fields, too."""
    for operator, operand in raw.items() if isinstance(raw, dict) else [("is", raw)]:
        place = (*loc, operator) if isinstance(raw, dict) else loc
        if spec.type == "list" and operator == "has" and isinstance(operand, dict):
            for inner in operand.keys() & spec.of.keys():
                yield from _mismatches(spec.of[inner], f"{name}[].{inner}", operand[inner], (*place, inner))
        elif operator == "count" and spec.type in ("list", "tags"):
            if spec.type == "list" and _too_many(operand):
                yield f'"{name}" has at most {MOST_ROWS} rows', place, None
        elif wrong := _wrong(spec, operator, operand):
            yield f'"{name}" is {named(spec)}: {wrong}', place, None if wrong == _NO_LIST else _WAY_OUT.get(spec.type)


def _too_many(count: Any) -> bool:
    least = count if not isinstance(count, dict) else max(count.get("is", 0), count.get("at_least", 0))
    above = count.get("above", 0) if isinstance(count, dict) else 0
    return is_number(least) and is_number(above) and (least > MOST_ROWS or above >= MOST_ROWS)


def _known(
    world: LintContext, draft: Draft | SegmentDraft, placed: PlacedValue, reference: Reference
) -> FieldSpec | None:
    if reference.kind == "event_field":
        return (event_fields(world, draft, reference.of or placed.event) or {}).get(reference.name)
    return None if "fields" in world.unknown else world.project.contact_fields.get(reference.name)


_WAY_OUT = {
    "tags": "test for one item: {tags: {has: vip}}",
    "list": "test for one row, {has: {sku: X}}, or for their number, {count: {at_least: 2}}",
    "integer": "write the number without quotes",
    "number": "write the number without quotes",
    "money": "write the amount without quotes",
    "boolean": "write true or false, without quotes",
    "text": "put it in quotes",
}


_NO_LIST = "it is never a list"
_NAMES = {
    "tags": "a list", "list": "a list of rows", "integer": "a whole number", "boolean": "true or false", "money": "an amount",
    "url": "a web address",
}  # fmt: skip


def named(spec: FieldSpec) -> str:
    return _NAMES.get(spec.type, f"a {spec.type}")


def _wrong(spec: FieldSpec, operator: str, operand: Any) -> str | None:
    """What such a field can't be, in words; None where it can."""
    if operator == "exists":
        return None
    if operator == "has" and spec.type in ("tags", "list"):
        return None if spec.type == "tags" and isinstance(operand, str) else f"none of it is {kind_of(operand)}"
    if operator in ("has", "count"):
        return _NO_LIST
    given = operand if isinstance(operand, list) and spec.type not in ("tags", "list") else [operand]
    wrong = (kind_of(each) for each in given if spec.type in ("tags", "list") or not _may_be(spec, each))
    return next((f"it is never {each}" for each in wrong), None)


def _may_be(spec: FieldSpec, value: Any) -> bool:
    if spec.type in NUMBERS:
        return is_number(value)
    if spec.type == "boolean":
        return isinstance(value, bool)
    return isinstance(value, str)
