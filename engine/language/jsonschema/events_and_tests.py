"""JSON Schema of what no model of the language reads: the test of a flow, and an event as it is sent to POST /v1/events."""

from __future__ import annotations

from typing import Any

from engine.language.jsonschema.types import Schema, Types
from engine.language.values.fields import BUILT_IN_FIELDS
from engine.language.values.scalars import EventName, FlowId, LinkName, PhoneText, StepId

_types = Types()
_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


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
_LOCAL = _said({"type": "string", "pattern": _MOMENT}, "The contact's local time.", "2027-04-01 20:30")
_DATA = _said(
    {"type": "object", "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": {"type": "string"}}]}},
    "What the event carries.",
    {"order_id": "A-17", "total": 59.9},
)
_STATUS: Schema = {"enum": ["subscribed", "unsubscribed"], "description": "What the contact said."}


def _contact(consent: Schema) -> Schema:
    """Built-in fields by name; declared ones are each project's own."""
    said: dict[str, Schema] = {
        "phone": _said(PhoneText, "The number, E.164.", "+12025550143"),
        "key": _said(_TEXT, "Your own id of the contact; the phone where it is not written.", "C-1001"),
        "timezone": _said(_TEXT, "Where the contact's own zone is known.", "America/New_York"),
        "tags": _said({"type": "array", "items": {"type": "string"}}, "All of them.", ["vip"]),
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
        "Gives consent; it never lifts an opt-out.",
        "subscribed",
    )
    who = _said(_contact(consent), "Who it is about; the fields that it carries are stored.", {"phone": "+12025550143"})
    one = _closed(
        {
            "id": _said(
                {"type": "string", "minLength": 1, "maxLength": 200},
                "The same id of one contact is taken once in 30 days.",
                "order-A-17",
            ),
            "event": _said(EventName, "Its name."),
            "contact": who | {"anyOf": [{"required": ["phone"]}, {"required": ["key"]}]},
            "occurred_at": _said(
                {"type": "string", "format": "date-time"},
                "When it happened, with its zone; now where it is not written.",
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


def flow_test_schema() -> Schema:
    test = _closed(
        {
            "name": _said(_TEXT, "What the test shows.", "a click ends it, no reminder"),
            "contact": _said(
                _contact(_said(_STATUS, "`subscribed` where it is not written.", "subscribed")), "Who it happens to."
            ),
            "start": _LOCAL,
            "happens": _said({"type": "array", "items": {"$ref": "#/$defs/happens"}}, "What happens, in order."),
            "expect": _said(
                {"type": "array", "items": {"$ref": "#/$defs/expect"}},
                "All messages and exits, in order: what is not here must not happen.",
            ),
            "cost_at_most": _said({"type": "number", "minimum": 0}, "In the project's currency.", 0.05),
        },
        "name",
        "start",
        "expect",
    )
    return {
        "description": "Tests of one flow, on a virtual clock.",
        **_closed(
            {
                "flow": _said(FlowId, "The flow that is tested."),
                "tests": _said({"type": "array", "items": {"$ref": "#/$defs/test"}, "minItems": 1}, "One by one."),
            },
            "flow",
            "tests",
        ),
        "$defs": {"test": test, "happens": _happens(), "expect": _expect()},
    }


def _happens() -> Schema:
    after = {"after": _said({"type": "string"}, "How long after the start.", "0m", "1d")}
    said = {
        "event": _said(EventName, "An event comes."),
        "clicked": _said(LinkName, "The contact opens a link.", "shop"),
        "replied": _said(_TEXT, "The contact texts this.", "yes"),
        "delivered": _said(StepId, "The provider reports this step's message delivered."),
        "failed": _said(StepId, "The provider reports this step's message failed."),
    }
    one = [
        _closed(after | {name: schema} | ({"data": _DATA} if name == "event" else {}), "after", name)
        for name, schema in said.items()
    ]
    return {"anyOf": one}


def _expect() -> Schema:
    message = {
        "at": _LOCAL,
        "text": _said(_TEXT, "The whole text.", "Hi Ada"),
        "text_has": _said(_TEXT, "A part of the text.", "Hi Ada"),
    }
    said = {
        "sms": _said(StepId, "An SMS of this step."),
        "mms": _said(StepId, "An MMS of this step."),
        "skipped": _said(StepId, "This step's message was not sent."),
        "exit": _said(_TEXT, "The run ended for this reason.", "engaged"),
    }
    more: dict[str, dict[str, Schema]] = {
        "skipped": {"at": _LOCAL, "reason": _said(_TEXT, "A part of the reason.", "no consent")},
        "exit": {"at": _LOCAL},
    }
    return {"anyOf": [_closed({name: schema} | more.get(name, message), name) for name, schema in said.items()]}
