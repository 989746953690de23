"""The model of a file of flow tests: the contact, what happens, and what is expected.

Invariants: an inner value replaces an outer one (flow_test_cases.py). A happening and an expectation is about exactly one thing, and has no
key that does not go with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails

from engine.core.calendar import Duration
from engine.language.diagnostics.wording import problem, raised
from engine.language.model.flow import FilledText
from engine.language.model.media_path import MediaPath
from engine.language.model.safeguards import ClockWindow
from engine.language.model.validation_context import lenient
from engine.language.templates.text import Text
from engine.language.values import scalars
from engine.language.values.moments import MomentText
from engine.language.values.strict import Strict, written_names

_SCALAR = ["string", "number", "boolean", "null"]
_DATA = WithJsonSchema(
    {
        "type": "object",
        "additionalProperties": {"type": [*_SCALAR, "array", "object"]},
        "examples": [{"order_id": "A-17", "total": 59.9}],
    }
)
Values = Annotated[Mapping[scalars.FieldName, Any], _DATA]
CONSENTS = ("subscribed", "unsubscribed", "unknown")
"""What `consent` of a test's contact may be."""
ZERO = Duration(0, 0)


def _lapse(value: Any) -> Duration:
    return ZERO if value in ("0s", "0m", "0h", "0d", "0w") else scalars.parse_duration(value)


Lapse = Annotated[Duration, scalars.validated(_lapse, type="string", minLength=1, examples=["0m", "1d"])]


def _project_path(value: Any) -> str:
    path = scalars.parse_text(value).strip()
    if not path:
        raise problem("LO208", "this text is empty")
    if MediaPath(path).leaves_the_project:
        raise problem("LO603", "this path is outside the project", "name a file of the project: contacts.csv")
    return path


ProjectPath = Annotated[str, scalars.validated(_project_path, type="string", minLength=1, examples=["contacts.csv"])]


class _When(Strict):
    at: MomentText | None = None
    """When, in the contact's local time."""
    after: Lapse | None = None
    """When: this long after the start, or after `since`. Without it: at once."""
    since: scalars.StepId | None = None
    """`after` counts from the moment the run left this step. `delivered` and `failed` count from their own step."""

    verbs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What it may be about -> the keys that go with it; all as they are written."""

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        written = written_names(type(self))
        given = [key for key, name in written.items() if getattr(self, name) is not None]
        said = [key for key in given if key in self.verbs]
        if len(said) != 1:
            what = f"not of {' and '.join(said)}" if said else f"one of {', '.join(self.verbs)}"
            raise problem("LO203", f"this needs exactly one key, {what}", at="key")
        if "at" in given and ("after" in given or "since" in given):
            other = "after" if "after" in given else "since"
            raise problem("LO203", f"`at` and `{other}` cannot be used together", "remove one of them", at="key")
        stray = [key for key in given if key not in (said[0], *self.verbs[said[0]])]
        if stray:
            raise raised([InitErrorDetails(type=self._stray(key, said[0]), loc=(key,), input=None) for key in stray])
        return self

    def _stray(self, key: str, verb: str) -> Any:
        goes = [each for each, keys in self.verbs.items() if key in keys]
        return problem("LO201", f'"{key}" does not go with "{verb}"', f"it goes with: {', '.join(goes)}", at="key")


_WHEN = ("at", "after", "since")


class Happening(_When):
    """Something that happens to the contact."""

    event: scalars.EventName | None = None
    """An event comes."""
    data: Values | None = None
    """The event's data, or the answer's."""
    started: scalars.FlowId | None = None
    """Somebody starts this flow for the contact by hand."""
    clicked: scalars.Clicked | None = None
    """The contact opens a link: that of the newest message which has it."""
    replied: FilledText | None = Field(default=None, examples=["yes"])
    """The contact sends this text."""
    delivered: scalars.StepId | None = None
    """The provider reports the message of this step as delivered. Without this, all are delivered as soon as they leave."""
    failed: scalars.StepId | None = None
    """The provider reports the message of this step as failed; of a web call: it has failed for good."""
    answered: scalars.StepId | None = None
    """The web call of this step is answered, with `data` as its JSON. Without this: with `{}`."""
    consent: Literal["subscribed", "unsubscribed"] | None = None
    """The contact's consent changes to this."""
    values: Values | None = Field(default=None, alias="set")
    """Fields of the contact that change."""

    verbs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "event": ("data", *_WHEN),
        "answered": ("data",),
        **dict.fromkeys(("started", "clicked", "replied", "delivered", "failed", "consent", "set"), _WHEN),
    }


_TEXTS = ("text", "text_has", "text_lacks", "parts", "price")


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
    answer: Literal["opt_out", "opt_in", "help", "away"] | None = None
    """Leadoff's automatic reply."""
    not_entered: FilledText | None = Field(default=None, examples=["require"])
    """The contact did not enter, and part of the reason."""
    waits: scalars.StepId | None = None
    """At the end the run still waits at this step."""
    exit: FilledText | None = Field(default=None, examples=["engaged"])
    """The run ended for this reason."""
    text: Text | None = Field(default=None, examples=["Acme: Hi Ada: {{ link('shop') }}"])
    """The whole text. `link()` and `short()` in it are the message's own links."""
    text_has: Text | None = Field(default=None, examples=["Hi Ada"])
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
    """It was held before it left, and part of the reason."""
    reason: FilledText | None = Field(default=None, examples=["no consent"])
    """A part of the reason."""
    picture: MediaPath | None = None
    """The picture of the message."""

    verbs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "sms": (*_TEXTS, "zone", "held", *_WHEN),
        "mms": (*_TEXTS, "zone", "held", "picture", *_WHEN),
        "skipped": ("reason", "zone", *_WHEN),
        "cancelled": ("reason", "text", "text_has", "text_lacks", "zone", *_WHEN),
        "answer": (*_TEXTS, *_WHEN),
        "not_entered": _WHEN,
        "waits": (),
        "exit": _WHEN,
    }
    written_first = tuple(verbs)


class Bounds(Strict):
    """Limits that hold for every contact."""

    none_between: ClockWindow | None = None
    """No message between these times, in the contact's local time."""
    messages_at_most: scalars.Whole | None = None
    """This many messages."""
    cost_at_most: scalars.BudgetText | None = None
    """This amount, in the project's currency."""


class Given(Strict):
    """What may be said once for the file, and again for a test or a row."""

    beside: tuple[scalars.FlowId, ...] | None = None
    """Other flows that the contact may enter as well, such as one whose texts count for the same cap. By default the flow runs alone."""
    start: MomentText | None = None
    """When the test begins, in the contact's local time."""
    contact: Values | None = Field(default=None, examples=[{"first_name": "Ada", "phone": "+12025550143"}])
    """The contact; subscribed unless `consent` says otherwise: `unsubscribed`, or `unknown` if it was never asked."""
    happens: tuple[Annotated[Happening, lenient(Happening)], ...] | None = None
    """What happens, by time."""


class Expected(Given):
    """What a test or a row says."""

    written_first = (
        "name",
        "beside",
        "start",
        "contact",
        "contacts",
        "happens",
        "each",
        "draws",
        "held_out",
        "spread",
        "until",
    )

    contacts: ProjectPath | None = None
    """Instead of `contact`: a CSV file of the project, with one test per row."""
    expect: tuple[Annotated[Expectation, lenient(Expectation)], ...] | None = None
    """All messages and exits, in order; anything else fails the test."""
    holds: Annotated[Bounds, lenient(Bounds)] | None = None
    """Instead of `expect`: what holds for each contact."""
    cost_at_most: scalars.BudgetText | None = None
    """In the project's currency."""
    draws: Mapping[scalars.StepId, scalars.StepId] | None = Field(default=None, examples=[{"subject": "long"}])
    """Which branch a `split` gives, by the step's id."""
    spread: Lapse | None = None
    """Where the flow's schedule is spread: how long into that the contact starts; at once by default."""
    held_out: scalars.Flag | None = None
    """Where the flow has a `holdout`: whether the contact is among those who get nothing; not by default."""
    until: scalars.DurationText | None = None
    """How long the test runs; 14d by default."""


class Row(Expected):
    """One of `each`: a test of its own."""

    name: FilledText | None = Field(default=None, examples=["from Canada"])
    """The name of the test."""


class FlowTest(Expected):
    """One test."""

    name: FilledText = Field(examples=["a click ends it, no reminder"])
    """What the test shows."""
    each: tuple[Annotated[Row, lenient(Row)], ...] | None = None
    """A test for each row."""


class FlowTests(Given):
    """Tests of one flow, on a virtual clock."""

    written_first = ("flow", "beside")

    flow: scalars.FlowId
    """The flow that is tested."""
    tests: tuple[Annotated[FlowTest, lenient(FlowTest)], ...]
    """The tests."""
