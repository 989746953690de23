"""The model of a flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo

from engine.core.calendar import Duration
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.wording import problem
from engine.language.model.safeguards import HoldoutText, QuietText, StopText
from engine.language.model.steps import Steps
from engine.language.model.triggers import Trigger, read_trigger
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.strict import Strict

Category = Literal["marketing", "transactional"]


def _filled(value: Any) -> str:
    if not scalars.parse_text(value).strip():
        raise problem("LO208", "this text is empty")
    return str(value).strip()


FilledText = Annotated[str, scalars.validated(_filled, type="string", minLength=1)]


def _version(value: Any) -> int:
    if scalars.parse_whole(value) != 1:
        raise problem("LO207", f"this version supports language 1, not {value}", "write `language: 1`")
    return 1


_trigger_list = TypeAdapter(tuple[Annotated[Trigger, PlainValidator(read_trigger)], ...])


def _triggers(value: Any, info: ValidationInfo) -> tuple[Trigger, ...]:
    """One, or a list of them."""
    if not isinstance(value, list):
        return (read_trigger(value, info),)
    if not value:
        raise problem("LO208", "this list is empty: a flow needs a trigger")
    return _trigger_list.validate_python(value, context=info.context)


Again = Literal["always", "never"] | Duration


def _again(value: Any) -> Again:
    if value == "always" or value == "never":  # noqa: PLR1714 (one by one, the type checker follows)
        return "always" if value == "always" else "never"
    return scalars.parse_duration(value)


AgainText = Annotated[
    Again, PlainValidator(_again, json_schema_input_type=Literal["always", "never"] | scalars.DurationText)
]


class Entry(Strict):
    """Who may enter, and what happens to a contact who is or was in the flow already."""

    require: Condition | None = None
    """Tested once; a contact for whom it does not hold does not enter, and `explain` says so."""
    while_active: Literal["ignore", "restart", "parallel"] = "ignore"
    """For a contact who is already in the flow: ignore the new entry, restart the run, or start a second run."""
    again_after: AgainText = "always"
    """For a contact who was in the flow before: may enter again `always`, `never`, or this long after the last entry. A restart before the
    first message is always allowed."""


class ExitRule(Strict):
    """Ends the run as soon as `when` holds."""

    when: Condition
    """Ends the run as soon as it holds; messages not sent yet are cancelled."""
    reason: FilledText = Field(examples=["converted"])
    """Shown by `runs` and `explain`."""


class Flow(Strict):
    """One file of flows/."""

    flow: scalars.FlowId
    """The flow's id; the same as the file name without `.yaml`."""
    language: Annotated[Literal[1], PlainValidator(_version)]
    """The version of the flow language."""
    description: scalars.StrictText = Field(
        default="", examples=["A picture, then one reminder for contacts who did nothing."]
    )
    """What it does, for people."""
    category: Category = "marketing"
    """Marketing goes only to subscribed contacts and expires after 12 h. Transactional has neither limit, but an opt-out still holds."""
    trigger: Annotated[tuple[Trigger, ...], PlainValidator(_triggers, json_schema_input_type=Trigger | list[Trigger])]
    """What makes a contact enter: one trigger, or a list of which any does."""
    entry: Annotated[Entry, lenient(Entry)] = Entry()
    """Who may enter, and how often."""
    exit_when: tuple[Annotated[ExitRule, lenient(ExitRule)], ...] = ()
    """Any of these ends the run; tested when a fact arrives, before each step and before each request to a provider."""
    sender: scalars.SenderName | None = None
    """The sender of its messages, unless a step names one. Without it: the first sender that serves the contact's country."""
    quiet_hours: QuietText | None = None
    """For this flow, instead of the project's."""
    stop_if: StopText | None = None
    """For this flow, instead of the project's; `off`: it is never paused by itself."""
    holdout: HoldoutText | None = None
    """The share of contacts who get nothing of this flow, always the same ones, so that `stats` can say what it adds; at most 50%."""
    on_change: Literal["follow", "pin"] = "follow"
    """When the flow is changed while contacts are in it: `follow`, they continue in the new version, at the step with the same id; `pin`,
    they finish in the version that they are in. Quiet hours, caps, budget, countries, senders and links are the newest ones for both."""
    moved: Mapping[scalars.StepId, scalars.StepId] = Field(default={}, examples=[{"promo": "offer"}])
    """Steps that were renamed, `old: new`: contacts who wait at the old one wait at the new one, until the same time."""
    removed: Mapping[scalars.StepId, scalars.StepId] = Field(default={}, examples=[{"promo": "exit"}])
    """Steps that were taken out: contacts who wait there exit, or continue at another step at the time at which their wait ends."""
    steps: Steps
    """The steps, from top to bottom."""
    edits: ClassVar[frozenset[str]] = frozenset(("on_change", "moved", "removed"))
    later: ClassVar[frozenset[str]] = frozenset(("stop_if", "holdout"))

    @property
    def without_edits(self) -> Self:
        """What it does, without what becomes of those who wait in it while it is changed."""
        return self.model_copy(update={"on_change": "follow", "moved": {}, "removed": {}})
