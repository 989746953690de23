"""Values that a step writes to a contact or an event: texts with `{{ }}`, numbers, true and false.

Invariants: a template produces text, which is converted to the type of its field like any input. A tracked link and a coupon
belong to a message and are errors here. A value may end up in a message, so a contact's value becomes no link here either; data for another
system is not changed.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator

from engine.core.context import Context
from engine.language.diagnostics.wording import kind_of, problem
from engine.language.templates.text import Text
from engine.language.values.fields import LONGEST_TEXT
from engine.language.values.scalars import FieldName, parse_field_name, parse_text, validated

Payload = Text | int | float | bool | None

UNTOUCHABLE = ("phone", "key", "country")
"""Contact fields that say who it is."""


def _payload(value: Any) -> Payload:
    return _read(value, for_people=True)


def _data(value: Any) -> Payload:
    return _read(value, for_people=False)


def _read(value: Any, for_people: bool) -> Payload:
    if isinstance(value, str):
        text = Text(value, for_people)
        if text.links:
            raise problem("LO402", "a tracked link can only be in a message", "write the whole URL instead")
        if text.coupons:
            raise problem("LO402", "a coupon can only be in a message", "show it in the text of an `sms` step")
        return text
    if value is None or isinstance(value, bool | int | float):
        return value
    raise problem("LO206", f"expected text, a number, true or false, got {kind_of(value)}")


def _tag(value: Any) -> str:
    tag = parse_text(value).strip()
    if "{{" in tag:
        raise problem("LO401", "a tag cannot contain {{ }}", "write a fixed tag; to store a value, use a field: `set`")
    if not tag or len(tag) > LONGEST_TEXT:
        raise problem("LO208", "this text is empty" if not tag else "this tag is too long")
    return tag


def _settable(value: Any) -> str:
    name = parse_field_name(value)
    if name in UNTOUCHABLE:
        raise problem("LO208", f'a flow cannot set "{name}": it identifies the contact', at="key")
    if name == "tags":
        raise problem(
            "LO208", "tags cannot be set, only added and removed", "use `add_tags` and `remove_tags`", at="key"
        )
    return name


_SCHEMA = {"type": ["string", "number", "boolean", "null"], "examples": ["{{ contact.first_name }}", 3, True]}
PayloadText = Annotated[Payload, validated(_payload, **_SCHEMA)]
DataText = Annotated[Payload, validated(_data, **_SCHEMA)]
"""The same for another machine."""
SettableField = Annotated[str, PlainValidator(_settable, json_schema_input_type=FieldName)]
Tag = Annotated[str, validated(_tag, type="string", minLength=1, examples=["vip"])]


def filled(value: Payload, ctx: Context) -> Any:
    """The value for this run, not converted yet. Raises MissingValue."""
    return value.render(ctx) if isinstance(value, Text) else value
