"""A flow as it is written, read into frozen models.

Rules kept here: what the language has and this version has not is an error that says so; nothing is silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator, TypeAdapter, ValidationInfo

from engine.core.calendar import Duration
from engine.language.conditions import Condition
from engine.language.reading import lenient
from engine.language.steps import Steps
from engine.language.values import EventName, FlowId, StrictText, parse_duration, parse_text, parse_whole
from engine.language.wording import Strict, kind_of, not_built, one_of, problem

Category = Literal["marketing", "transactional"]
LATER_TRIGGERS = ("keyword", "segment", "schedule", "date")


def _filled(value: Any) -> str:
    if not parse_text(value).strip():
        raise problem("LO208", "this text is empty")
    return str(value).strip()


FilledText = Annotated[str, PlainValidator(_filled)]


def _version(value: Any) -> int:
    if parse_whole(value) != 1:
        raise problem("LO207", f"this version reads the language 1, not {value}", "write `language: 1`")
    return 1


class EventTrigger(Strict):
    """An event of the contact starts the flow, where the event's own data pass `where`."""

    event: EventName
    where: Condition | None = None
    later: ClassVar[frozenset[str]] = frozenset((*LATER_TRIGGERS, "enroll_existing"))


class ManualTrigger(Strict):
    """A person, or a script through the API, starts the flow."""


Trigger = EventTrigger | ManualTrigger
_event_trigger: TypeAdapter[EventTrigger] = TypeAdapter(Annotated[EventTrigger, lenient(EventTrigger)])


def _trigger(value: Any, info: ValidationInfo) -> Trigger:
    if value == "manual":
        return ManualTrigger()
    if value in LATER_TRIGGERS or (isinstance(value, dict) and len(value) == 1 and next(iter(value)) in LATER_TRIGGERS):
        raise not_built(f'the trigger "{value if isinstance(value, str) else next(iter(value))}"')
    if isinstance(value, str):
        raise one_of(value, ("manual", "event: NAME"))
    if not isinstance(value, dict):
        raise problem("LO206", f"a trigger is `manual` or a mapping like `event: NAME`, not {kind_of(value)}")
    return _event_trigger.validate_python(value, context=info.context)


_trigger_list = TypeAdapter(tuple[Annotated[Trigger, PlainValidator(_trigger)], ...])


def _triggers(value: Any, info: ValidationInfo) -> tuple[Trigger, ...]:
    """One, or a list of them."""
    if not isinstance(value, list):
        return (_trigger(value, info),)
    if not value:
        raise problem("LO208", "this list is empty: a flow needs a trigger")
    return _trigger_list.validate_python(value, context=info.context)


Again = Literal["always", "never"] | Duration


def _again(value: Any) -> Again:
    if value == "always" or value == "never":  # noqa: PLR1714 (one by one, the type checker follows)
        return "always" if value == "always" else "never"
    return parse_duration(value)


class Entry(Strict):
    """Who may enter, and what becomes of somebody who is in the flow already or was before."""

    require: Condition | None = None
    while_active: Literal["ignore", "restart", "parallel"] = "ignore"
    again_after: Annotated[Again, PlainValidator(_again)] = "always"


class ExitRule(Strict):
    """Ends the run as soon as `when` holds."""

    when: Condition
    reason: FilledText


class Flow(Strict):
    """One file of flows/."""

    flow: FlowId
    language: Annotated[Literal[1], PlainValidator(_version)]
    description: StrictText = ""
    category: Category = "marketing"
    trigger: Annotated[tuple[Trigger, ...], PlainValidator(_triggers)]
    entry: Annotated[Entry, lenient(Entry)] = Entry()
    exit_when: tuple[Annotated[ExitRule, lenient(ExitRule)], ...] = ()
    steps: Steps
    later: ClassVar[frozenset[str]] = frozenset(("on_change", "moved", "removed", "sender", "quiet_hours"))
