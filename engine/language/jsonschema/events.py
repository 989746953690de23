"""JSON Schema of what no model of the language reads: an event as it is sent to POST /v1/events."""

from __future__ import annotations

from typing import Any

from engine.language.jsonschema.types import Schema, Types
from engine.language.values.fields import BUILT_IN_FIELDS
from engine.language.values.scalars import EventName, PhoneText

_types = Types()
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}


def _closed(properties: dict[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _said(of: Any, description: str, *examples: Any) -> Schema:
    schema = dict(of) if isinstance(of, dict) else _types.of(of)
    return schema | {"description": description} | ({"examples": list(examples)} if examples else {})


_TEXT: Schema = {"type": "string", "minLength": 1}
_DATA = _said(
    {"type": "object", "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": {"type": "string"}}]}},
    "The event's data.",
    {"order_id": "A-17", "total": 59.9},
)
_STATUS: Schema = {"enum": ["subscribed", "unsubscribed"], "description": "The contact's consent."}


def _contact(consent: Schema) -> Schema:
    """Built-in fields by name; declared ones are each project's own."""
    said: dict[str, Schema] = {
        "phone": _said(PhoneText, "The number, E.164.", "+12025550143"),
        "key": _said(_TEXT, "Your id for the contact; the phone number when left out.", "C-1001"),
        "timezone": _said(_TEXT, "The contact's time zone, if you know it.", "America/New_York"),
        "tags": _said(
            {"type": "array", "items": {"type": "string"}}, "All tags; they replace the current ones.", ["vip"]
        ),
        "consent": consent,
    }
    rest = {
        name: _said({"type": ["string", "null"]}, f"The contact's {name.replace('_', ' ')}.")
        for name in BUILT_IN_FIELDS
        if name not in said
    }
    return {"type": "object", "properties": said | rest, "additionalProperties": _DATA["additionalProperties"]}


def event_schema() -> Schema:
    consent = _said(
        {"anyOf": [_STATUS, {"type": "object", "required": ["status"], "properties": {"status": _STATUS}}]},
        "Records consent; it never lifts an opt-out.",
        "subscribed",
    )
    who = _said(
        _contact(consent), "The contact of the event; the fields given here are stored.", {"phone": "+12025550143"}
    )
    one = _closed(
        {
            "id": _said(
                {"type": "string", "minLength": 1, "maxLength": 200},
                "An event with the same id and contact is accepted once in 30 days.",
                "order-A-17",
            ),
            "event": _said(EventName, "Its name."),
            "contact": who | {"anyOf": [{"required": ["phone"]}, {"required": ["key"]}]},
            "occurred_at": _said(
                {"type": "string", "format": "date-time"},
                "When it happened, with a UTC offset; now when left out.",
                "2027-04-01T12:00:00Z",
            ),
            "data": _DATA,
        },
        "event",
        "contact",
    )
    return {
        "description": "One event, or a list of at most 1,000.",
        "anyOf": [{"$ref": "#/$defs/event"}, {"type": "array", "items": {"$ref": "#/$defs/event"}, "maxItems": 1_000}],
        "$defs": {"event": one},
    }
