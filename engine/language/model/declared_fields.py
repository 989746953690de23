"""The fields that leadoff.yaml declares: of contacts, and of events, which may have lists.

Invariants: a list has rows, whose fields are declared; a row holds no list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from engine.language.diagnostics.wording import kind_of, one_of, problem
from engine.language.values import scalars
from engine.language.values.fields import WRITABLE_TYPES, FieldSpec, FieldType
from engine.language.values.strict import Strict

LONGEST_URL_COUNTED = 100
"""The characters of a web address that `check` assumes."""
_ROWS = "write {type: list, of: {title: text, price: money}}"


def _field_type(value: object) -> str:
    if value not in WRITABLE_TYPES:
        raise one_of(value, WRITABLE_TYPES)
    return str(value)


FieldTypeText = Annotated[str, scalars.validated(_field_type, enum=list(WRITABLE_TYPES))]


class _Field(Strict):
    type: FieldTypeText
    """The type its values are converted to; a value that does not convert is rejected."""
    max: scalars.Whole | None = None
    """For text: the longest value that `check` assumes, 20 by default (a `url`: 100). A message shows at most this many characters if you
    write it; without `max` a value is never cut, except first_name and last_name (20). A `url` is never cut."""
    required: scalars.Flag = False
    """It is never missing, so a text needs no `default`. An event without it is rejected."""


def _field(value: Any, info: ValidationInfo) -> FieldSpec:
    """`integer`, or `{type: text, max: 10, required: true}`."""
    _no_list(value, "only an event can have a list", "declare it under `events`")
    return _plain_field(value, info)


def _row_field(value: Any, info: ValidationInfo) -> FieldSpec:
    _no_list(value, "a list cannot be in a list", f"a field of a row is one of {', '.join(WRITABLE_TYPES)}")
    return _plain_field(value, info)


def _event_field(value: Any, info: ValidationInfo) -> FieldSpec:
    """The same, or `{type: list, of: {title: text}}`."""
    if value == "list":
        raise problem("LO205", '"of" is missing: the fields of a row', _ROWS)
    if not isinstance(value, dict) or not (value.get("type") == "list" or "of" in value):
        return _plain_field(value, info)
    made = _ListField.model_validate(value, context=info.context)
    return FieldSpec("list", required=made.required, of=made.of)


def _no_list(value: object, message: str, help: str) -> None:
    if value == "list" or (isinstance(value, dict) and (value.get("type") == "list" or "of" in value)):
        raise problem("LO207", message, help)


def _plain_field(value: Any, info: ValidationInfo) -> FieldSpec:
    if isinstance(value, str):
        return _spec(cast(FieldType, _field_type(value)))
    if not isinstance(value, dict):
        raise problem("LO206", f"expected a field's type, got {kind_of(value)}", f"one of {', '.join(WRITABLE_TYPES)}")
    made = _Field.model_validate(value, context=info.context)
    if made.max is not None and not 1 <= made.max <= 1_600:
        raise problem("LO208", "max must be from 1 to 1600")
    return _spec(cast(FieldType, made.type), made.max, made.required)


def _spec(type: FieldType, most: int | None = None, required: bool = False) -> FieldSpec:
    usual = LONGEST_URL_COUNTED if type == "url" else FieldSpec().max
    return FieldSpec(type, most or usual, required, most if type == "text" else None)


def _rows(value: Any) -> Any:
    if value == {}:
        raise problem("LO208", "a row needs at least one field", _ROWS, at="key")
    return value


Field = Annotated[FieldSpec, PlainValidator(_field, json_schema_input_type=FieldTypeText | _Field)]
RowField = Annotated[FieldSpec, PlainValidator(_row_field, json_schema_input_type=FieldTypeText | _Field)]


class _ListField(Strict):
    """A list, of at most 50 rows."""

    type: Literal["list"]
    """`list`: at most 50 rows; an event with a longer one is rejected."""
    of: Annotated[Mapping[scalars.FieldName, RowField], BeforeValidator(_rows)]
    """The fields of a row, with their types. A row holds no list. A row with another field is rejected, and its event with it."""
    required: scalars.Flag = False
    """It is never missing. It may still be empty, so `names` and rows need a `default` all the same."""


EventField = Annotated[
    FieldSpec, PlainValidator(_event_field, json_schema_input_type=FieldTypeText | _Field | _ListField)
]
