"""JSON Schema of conditions: every key, every operator, and their short forms.

Rules kept here: the reader (condition_reading, operators) says which keys there are, this table what an editor is told of them; a test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.language.conditions.fact_tests import STATES
from engine.language.conditions.operators import _OPERATORS
from engine.language.conditions.reading import KEYS
from engine.language.conditions.time_window import DAYS
from engine.language.jsonschema.types import Schema, Types, either
from engine.language.values.moments import ClockText
from engine.language.values.scalars import DurationText, EventName, LinkName, SegmentName, StepId

_types = Types()
_VALUE: Schema = {"type": ["string", "number", "boolean"]}
_VALUES: Schema = {"type": "array", "items": _VALUE, "minItems": 1}
_ORDERED: Schema = {"type": ["number", "string"]}
_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_FIELDS: Schema = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": r"^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*$"},
    "additionalProperties": {"$ref": "#/$defs/operand"},
}
_STEP: Schema = _types.of(StepId)
_CLOCK: Schema = _types.of(ClockText)
_SINCE: Schema = {
    "description": "Count from: `entry`, `ever`, or a step's id (the moment the run left that step).",
    "type": "string",
    "examples": ["entry", "ever", "hero"],
}


def _mapping(properties: Mapping[str, Schema], *required: str) -> Schema:
    closed: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return closed | ({"required": list(required)} if required else {})


def _said(schema: Schema, description: str, *examples: Any) -> Schema:
    return {"description": description, **schema} | ({"examples": list(examples)} if examples else {})


_EVENT = _said(_types.of(EventName), "The event's name.")
_LINK = _said(_types.of(LinkName), "A link declared in leadoff.yaml.")
_HAPPENED = _mapping(
    {
        "event": _EVENT,
        "since": _SINCE,
        "within": _said(_types.of(DurationText), "Only the last days or hours."),
        "at_least": _said({"type": "integer", "minimum": 1, "maximum": 10_000}, "At least this many times.", 2),
        "where": _said(_CONDITION, "A condition on the event's data.", {"event": {"total": {"above": 50}}}),
        "same": _said(
            {"type": "string"}, "This field has the same value as in the event that started the run.", "order_id"
        ),
    },
    "event",
)
_CLICKED = _mapping({"link": _LINK, "since": _SINCE})
_MATCHES = _said(
    {"type": "string"}, "Matches the whole text; `*` stands for any characters; ASCII case is ignored.", "yes*"
)
_MESSAGE = _mapping(
    {
        "step": _said(_STEP, "The step that sends it."),
        "is": _said({"enum": list(STATES)}, "The state the message has reached."),
    },
    "step",
    "is",
)
_DAYS: Schema = {"type": "array", "items": {"enum": list(DAYS)}, "minItems": 1}
_TIME = _mapping(
    {
        "between": _said(
            {"type": "array", "items": _CLOCK, "minItems": 2, "maxItems": 2},
            "From the first time up to, but not including, the second; may cross midnight.",
            ["09:00", "17:00"],
        ),
        "days": _said(_DAYS, "On these weekdays.", ["mon", "tue"]),
    }
) | {"minProperties": 1}
_LIST: Schema = {"type": "array", "items": _CONDITION, "minItems": 1}

CONDITIONS: Mapping[str, Schema] = {
    "contact": _said(
        _FIELDS,
        "Conditions on the contact's fields; all must hold.",
        {"country": ["US", "CA"]},
        {"orders": {"at_least": 3}},
    ),
    "event": _said(
        _FIELDS,
        "The data of the event that started the run; inside `happened.where`, of the event that is tested.",
        {"list": "vip"},
    ),
    "happened": _said(
        either([_EVENT, _HAPPENED]),
        "The contact had this event: its name, or a mapping.",
        "order.placed",
        {"event": "order.placed", "within": "7d"},
    ),
    "clicked": _said(
        either([_LINK, _CLICKED]),
        "A link of this run's messages was clicked: its name, or a mapping.",
        "shop",
        {"link": "shop", "since": "hero"},
    ),
    "replied": _said(
        {"anyOf": [_mapping({"since": _SINCE, "matches": _MATCHES}), {"const": True}]},
        "The contact replied: `true`, or a mapping.",
        True,
        {"matches": "yes*"},
    ),
    "message": _said(
        _MESSAGE, "This run's message from that step has reached a state.", {"step": "hero", "is": "sent"}
    ),
    "delivered": _said(_STEP, "This run's message from that step was delivered.", "hero"),
    "failed": _said(_STEP, "This run's message from that step failed or could not be delivered.", "hero"),
    "segment": _said(_types.of(SegmentName), "The contact is in this segment.", "vip"),
    "time": _said(_TIME, "The time of day and the weekday in the contact's zone.", {"between": ["09:00", "17:00"]}),
    "any": _said(_LIST, "One of the list holds.", [{"clicked": "shop"}, {"happened": "order.placed"}]),
    "all": _said(_CONDITION, "All of them hold.", [{"clicked": "shop"}, {"contact": {"tags": {"has": "vip"}}}]),
    "not": _said(_CONDITION, "The condition does not hold.", {"happened": "order.placed"}),
}

OPERATORS: Mapping[str, Schema] = {
    "is": _said(_VALUE, 'Equal, and of the same type: "3" is not 3. A value alone means the same.', "NY"),
    "not": _said(either([_VALUE, _VALUES]), "Not equal, or not in the list.", ["NY", "NJ"]),
    "in": _said(_VALUES, "One of these. A list alone means the same.", ["NY", "NJ"]),
    "above": _said(_ORDERED, "More than: numbers, dates and timestamps.", 50),
    "at_least": _said(_ORDERED, "This or more.", 3),
    "below": _said(_ORDERED, "Less than.", 3),
    "at_most": _said(_ORDERED, "This or less.", 2),
    "has": _said(_VALUE, "The list, such as the tags, contains this item.", "vip"),
    "matches": _MATCHES,
    "exists": _said({"type": "boolean"}, "Whether the field has a value.", False),
}


def condition_defs() -> dict[str, Schema]:
    """`condition` and `operand`, for a schema's $defs."""
    keys = {key: CONDITIONS[key] for key in CONDITIONS if key in KEYS}
    operators = {name: OPERATORS[name] for name in OPERATORS if name in _OPERATORS}
    return {
        "condition": {
            "description": "A condition: a mapping means all of its keys, a list all of its items.",
            **either([{**_mapping(keys), "minProperties": 1}, _LIST]),
        },
        "operand": {
            "description": "A value, a list of values of which one must be it, or a mapping of operators.",
            **either([_VALUE, _VALUES, {**_mapping(operators), "minProperties": 1}]),
        },
    }
