"""A flow as it is written, read into frozen models.

Rules kept here: what the language has and this version has not is an error that says so; nothing is silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo, WithJsonSchema

from engine.core.calendar import Duration
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.wording import problem
from engine.language.model.safeguards import QuietText
from engine.language.model.steps import Steps
from engine.language.model.triggers import Trigger, read_trigger
from engine.language.model.validation_context import lenient
from engine.language.values.scalars import (
    DurationText,
    FlowId,
    SenderName,
    StrictText,
    parse_duration,
    parse_text,
    parse_whole,
)
from engine.language.values.strict import Strict

Category = Literal["marketing", "transactional"]


def _filled(value: Any) -> str:
    if not parse_text(value).strip():
        raise problem("LO208", "this text is empty")
    return str(value).strip()


FilledText = Annotated[str, PlainValidator(_filled), WithJsonSchema({"type": "string", "minLength": 1})]


def _version(value: Any) -> int:
    if parse_whole(value) != 1:
        raise problem("LO207", f"this version reads the language 1, not {value}", "write `language: 1`")
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
    return parse_duration(value)


AgainText = Annotated[Again, PlainValidator(_again, json_schema_input_type=Literal["always", "never"] | DurationText)]


class Entry(Strict):
    """Who may enter, and what becomes of somebody who is in the flow already or was before."""

    require: Condition | None = None
    """Looked at once; who fails is not entered, and `explain` says so."""
    while_active: Literal["ignore", "restart", "parallel"] = "ignore"
    """A contact who is in the flow already: is left there, begins anew, or is in it a second time."""
    again_after: AgainText = "always"
    """A contact who was in the flow before: may enter again at once, never, or so long after the last entry. A restart before the
    first message is always free."""


class ExitRule(Strict):
    """Ends the run as soon as `when` holds."""

    when: Condition
    """Ends the run as soon as it holds; what it has not sent yet is cancelled."""
    reason: FilledText = Field(examples=["converted"])
    """Shown by `runs` and `explain`."""


class Flow(Strict):
    """One file of flows/."""

    flow: FlowId
    """The flow's id, and the file's name without `.yaml`."""
    language: Annotated[Literal[1], PlainValidator(_version)]
    """The version of this language."""
    description: StrictText = Field(default="", examples=["A picture, then one reminder for those who did nothing."])
    """What it does, for people."""
    category: Category = "marketing"
    """Marketing goes to subscribed contacts only and expires after 12 h. Transactional frees from that, never from a STOP."""
    trigger: Annotated[tuple[Trigger, ...], PlainValidator(_triggers, json_schema_input_type=Trigger | list[Trigger])]
    """What starts a contact on it: one, or any of a list."""
    entry: Annotated[Entry, lenient(Entry)] = Entry()
    """Who may enter, and how often."""
    exit_when: tuple[Annotated[ExitRule, lenient(ExitRule)], ...] = ()
    """Any of them ends the run; looked at when a fact arrives, before each step and before each request."""
    sender: SenderName | None = None
    """The sender that its messages go by, where a step names none. Without one: the first whose countries fit."""
    quiet_hours: QuietText | None = None
    """In place of the project's, for this flow."""
    steps: Steps
    """What happens, from top to bottom."""
    later: ClassVar[frozenset[str]] = frozenset(("on_change", "moved", "removed"))
