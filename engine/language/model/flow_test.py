"""The model of a file of flow tests: the contact, what happens, and what is expected.

Invariants: an inner value replaces an outer one. A happening and an expectation is about exactly one thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from engine.core.calendar import Duration
from engine.language.diagnostics.wording import problem
from engine.language.model.flow import FilledText
from engine.language.model.media_path import MediaPath
from engine.language.model.safeguards import ClockWindow
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.moments import MomentText
from engine.language.values.strict import Strict

_SCALAR = ["string", "number", "boolean", "null"]
_DATA = WithJsonSchema(
    {
        "type": "object",
        "additionalProperties": {"type": [*_SCALAR, "array"]},
        "examples": [{"order_id": "A-17", "total": 59.9}],
    }
)
Values = Annotated[Mapping[scalars.FieldName, Any], _DATA]


def _lapse(value: Any) -> Duration:
    return Duration(0, 0) if value in ("0s", "0m", "0h", "0d", "0w") else scalars.parse_duration(value)


Lapse = Annotated[Duration, scalars.validated(_lapse, type="string", minLength=1, examples=["0m", "1d"])]


class _When(Strict):
    at: MomentText | None = None
    """When, in the contact's local time."""
    after: Lapse | None = None
    """When: this long after the start, or after `since`."""
    since: scalars.StepId | None = None
    """`after` counts from the moment the run left this step."""


def _about_one(model: Strict, names: Sequence[str]) -> None:
    said = [name for name in names if getattr(model, name) is not None]
    if len(said) != 1:
        what = f"not of {' and '.join(said)}" if said else f"one of {', '.join(names)}"
        raise problem("LO203", f"this needs exactly one key, {what}", at="key")


class Happening(_When):
    """Something that happens to the contact."""

    event: scalars.EventName | None = None
    """An event comes."""
    data: Values | None = None
    """The event's data."""
    clicked: scalars.LinkName | None = None
    """The contact opens a link."""
    replied: FilledText | None = Field(default=None, examples=["yes"])
    """The contact sends this text."""
    delivered: scalars.StepId | None = None
    """The provider reports the message of this step as delivered."""
    failed: scalars.StepId | None = None
    """The provider reports the message of this step as failed."""
    consent: Literal["subscribed", "unsubscribed"] | None = None
    """The contact's consent changes to this."""
    values: Values | None = Field(default=None, alias="set")
    """Fields of the contact that change."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _about_one(self, ("event", "clicked", "replied", "delivered", "failed", "consent", "values"))
        return self


class Expectation(_When):
    """What comes of it."""

    sms: scalars.StepId | None = None
    """An SMS of this step."""
    mms: scalars.StepId | None = None
    """An MMS of this step."""
    skipped: scalars.StepId | None = None
    """The message of this step was not created."""
    cancelled: scalars.StepId | None = None
    """The message of this step was created, and not sent."""
    answer: Literal["opt_out", "opt_in", "help"] | None = None
    """Leadoff's automatic reply."""
    not_entered: FilledText | None = Field(default=None, examples=["require"])
    """The contact did not enter, and part of the reason."""
    waits: scalars.StepId | None = None
    """At the end the run still waits at this step."""
    exit: FilledText | None = Field(default=None, examples=["engaged"])
    """The run ended for this reason."""
    text: FilledText | None = Field(default=None, examples=["Hi Ada"])
    """The whole text."""
    text_has: FilledText | None = Field(default=None, examples=["Hi Ada"])
    """Part of the text."""
    text_lacks: FilledText | None = Field(default=None, examples=["null"])
    """What the text does not contain."""
    parts: scalars.Whole | None = None
    """How many parts it has."""
    price: scalars.BudgetText | None = None
    """What it costs, in the project's currency."""
    zone: scalars.ZoneName | None = None
    """The time zone used for the contact."""
    held: FilledText | None = Field(default=None, examples=["quiet hours"])
    """It was held, and part of the reason."""
    reason: FilledText | None = Field(default=None, examples=["no consent"])
    """A part of the reason."""
    picture: MediaPath | None = None
    """The picture of the message."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        _about_one(self, ("sms", "mms", "skipped", "cancelled", "answer", "not_entered", "waits", "exit"))
        return self


class Bounds(Strict):
    """Limits that hold for every contact."""

    none_between: ClockWindow | None = None
    """No message between these times, in the contact's local time."""
    messages_at_most: scalars.Whole | None = None
    """This many messages."""
    cost_at_most: scalars.BudgetText | None = None
    """This amount, in the project's currency."""


class _Given(Strict):
    start: MomentText | None = None
    """When the test begins, in the contact's local time."""
    contact: Values | None = Field(default=None, examples=[{"first_name": "Ada", "phone": "+12025550143"}])
    """The contact; subscribed unless `consent` says otherwise."""
    happens: tuple[Annotated[Happening, lenient(Happening)], ...] | None = None
    """What happens, by time."""


class _Expected(_Given):
    contacts: FilledText | None = Field(default=None, examples=["contacts.csv"])
    """Instead of `contact`: a CSV file, with one test per row."""
    expect: tuple[Annotated[Expectation, lenient(Expectation)], ...] | None = None
    """All messages and exits, in order; anything else fails the test."""
    holds: Annotated[Bounds, lenient(Bounds)] | None = None
    """Instead of `expect`: what holds for each contact."""
    cost_at_most: scalars.BudgetText | None = None
    """In the project's currency."""
    draws: Mapping[scalars.StepId, scalars.StepId] | None = Field(default=None, examples=[{"subject": "long"}])
    """Which branch a `split` gives, by the step's id."""
    until: scalars.DurationText | None = None
    """How long the test runs; 14d by default."""


class Row(_Expected):
    """One of `each`: a test of its own."""

    name: FilledText | None = Field(default=None, examples=["from Canada"])
    """The name of the test."""


class FlowTest(_Expected):
    """One test."""

    name: FilledText = Field(examples=["a click ends it, no reminder"])
    """What the test shows."""
    each: tuple[Annotated[Row, lenient(Row)], ...] | None = None
    """A test for each row."""


class FlowTests(_Given):
    """Tests of one flow, on a virtual clock."""

    flow: scalars.FlowId
    """The flow that is tested."""
    tests: tuple[Annotated[FlowTest, lenient(FlowTest)], ...]
    """The tests."""
