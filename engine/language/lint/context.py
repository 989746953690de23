"""What rules read: every file as far as it could be read, with the places of everything that can refer to something else.

Invariants: a rule never sees raw YAML, and never works out a place by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from pydantic import BaseModel

from engine.core.block import Step
from engine.language.conditions.condition import Condition, Reference
from engine.language.diagnostics.findings import Finding, Loc, Severity, Span, dotted, nearest
from engine.language.model.flow import Flow
from engine.language.model.flow_test import FlowTests
from engine.language.model.media_path import MediaPath
from engine.language.model.message import Message, message_of
from engine.language.model.project import Project
from engine.language.model.steps import place_of, walk
from engine.language.model.triggers import EventTrigger, ScheduleTrigger, SegmentTrigger, Trigger
from engine.language.model.unreadable import UNREADABLE, CannotSay, known
from engine.language.model.validation_context import BrokenStep
from engine.language.source.strict_yaml import Document
from engine.language.templates.text import Text
from engine.language.values.strict import written_names
from engine.messaging.media.contact_card import OWN
from engine.messaging.media.picture import BadMedia, MediaInfo

PROJECT_FILE = "leadoff.yaml"
TEST_ENDING = ".test.yaml"


class PlacedValue(NamedTuple):
    """A value of a flow and its place. `role`: step | exit | where | require | audience | segment; `step`: where role is step."""

    value: Any
    loc: Loc
    role: str
    step: Step | None = None
    event: str | None = None  # of the trigger whose `where` it is


@dataclass(frozen=True, eq=False)
class Draft:
    """One flow file. `whole`: nothing is wrong with its structure."""

    document: Document
    flow: Flow
    whole: bool
    name: str  # of the file, without its ending
    half_read: tuple[PlacedValue, ...] = ()  # texts that were read in part: what they show is known

    @property
    def path(self) -> str:
        return self.document.path

    def steps(self) -> Iterator[Step]:
        """Every step, outer ones before those inside them."""
        return walk(self.flow.steps)

    def values(self) -> Iterator[PlacedValue]:
        """Every field of every step with what is inside it, and the conditions outside of the steps; without what could not be read."""
        return (placed for placed in self._written() if placed.value is not UNREADABLE)

    def _written(self) -> Iterator[PlacedValue]:
        """Raises CannotSay behind the last one that can be read, so that each rule goes as far as that."""
        found, whole = self._kept
        yield from found
        if not whole:
            raise CannotSay

    @cached_property
    def _kept(self) -> tuple[list[PlacedValue], bool]:
        found: list[PlacedValue] = []
        try:
            found.extend(self._found())
        except CannotSay:
            return found, False
        return found, True

    def _found(self) -> Iterator[PlacedValue]:
        return chain(self._of_exits(), self._of_entry(), chain.from_iterable(map(self._of_step, self.steps())))

    def _of_exits(self) -> Iterator[PlacedValue]:
        if self.flow.exit_when is not UNREADABLE:
            for index, rule in enumerate(self.flow.exit_when):
                yield PlacedValue(rule.when, ("exit_when", index, "when"), "exit")

    def _of_entry(self) -> Iterator[PlacedValue]:
        if self.flow.entry is not UNREADABLE and self.flow.entry.require is not None:
            yield PlacedValue(self.flow.entry.require, ("entry", "require"), "require")
        for loc, trigger in self.triggers() if self.flow.trigger is not UNREADABLE else ():
            if isinstance(trigger, EventTrigger) and trigger.where is not None:
                yield PlacedValue(trigger.where, (*loc, "where"), "where", None, trigger.event)
            elif isinstance(trigger, ScheduleTrigger) and trigger.schedule is not UNREADABLE:
                yield PlacedValue(trigger.schedule.audience, (*loc, "schedule", "audience"), "audience")
            elif isinstance(trigger, SegmentTrigger):
                yield PlacedValue(trigger.segment, (*loc, "segment"), "audience")

    def triggers(self) -> Iterator[tuple[Loc, Trigger]]:
        listed = isinstance(self.document.data.get("trigger"), list)
        for index, trigger in enumerate(self.flow.trigger):
            yield ("trigger", index) if listed else ("trigger",), trigger

    def event_triggers(self) -> Iterator[tuple[Loc, EventTrigger]]:
        return ((loc, trigger) for loc, trigger in self.triggers() if isinstance(trigger, EventTrigger))

    def _of_step(self, step: Step) -> Iterator[PlacedValue]:
        if isinstance(step.block, BrokenStep):
            yield PlacedValue(UNREADABLE, step.path, "step", step)
            return
        raw = value_at(self.document.data, step.path)
        for written, name in written_names(type(step.block)).items():
            for value, loc in _nested(getattr(step.block, name), place_of(step, written, raw)):
                yield PlacedValue(value, loc, "step", step)

    def conditions(self) -> Iterator[PlacedValue]:
        return (placed for placed in self.values() if isinstance(placed.value, Condition))

    def texts(self) -> Iterator[PlacedValue]:
        return (placed for placed in self.values() if isinstance(placed.value, Text))

    def messages(self) -> Iterator[tuple[PlacedValue, Message]]:
        """The text of each message in each of its languages, and the message."""
        for placed in self.texts():
            message = message_of(placed.step.block) if placed.step is not None else None
            if message is not None and any(text is placed.value for text in message.text.each):
                yield placed, message

    def every_text(self) -> Iterator[PlacedValue]:
        """The texts of the steps. Raises CannotSay where one of them may not have been read."""
        for placed in self._written():
            if placed.step is not None and (placed.value is UNREADABLE or isinstance(placed.value, Text)):
                yield placed._replace(value=known(placed.value))

    def images(self) -> Iterator[PlacedValue]:
        """Every path of a picture, those inside a collage too; without those of a collage that is only read in part."""
        return (
            placed
            for placed in self.values()
            if isinstance(placed.value, MediaPath) and _collage(placed) is not UNREADABLE
        )

    def cards(self) -> Iterator[Loc]:
        """Where a message has the card that is made of leadoff.yaml."""
        for step in self.steps():
            message = message_of(step.block)
            if message is not None and message.picture is not UNREADABLE and message.picture == OWN:
                yield (*step.path, step.block.verb, "card")

    def picture_of(self, placed: PlacedValue) -> str:
        """The name of the picture that a path goes into: its own, but for a path in a list that makes one picture together."""
        return _collage(placed) or str(placed.value)

    def references(self, *kinds: str) -> Iterator[tuple[PlacedValue, Reference, Loc]]:
        """What conditions point at, with the exact place of each."""
        for placed in self.conditions():
            for reference in placed.value.references:
                if reference.kind in kinds:
                    yield placed, reference, placed.loc + reference.loc

    def called(self, step: Step) -> str:
        """A step as messages name it."""
        return f'"{step.id}"' if step.id else f"`{step.block.verb}` in line {self.document.marks.key(step.path).line}"

    def written_ids(self) -> frozenset[str]:
        """All step ids in the file, also those of steps that could not be read."""
        return frozenset(_ids(self.document.data))

    def lacks_an_id(self) -> bool:
        """Whether there is a step whose id is wrong or missing."""
        return any(step.id is None and _may_be_named(self, step) for step in self.steps())

    def finding(self, code: str, message: str, loc: Loc, help: str | None = None, **place: Any) -> Finding:
        return finding(self.document, code, message, loc, help, **place)


def _collage(placed: PlacedValue) -> str | None:
    """The name of the picture that a path in a list goes into."""
    message = message_of(placed.step.block) if placed.step and isinstance(placed.loc[-1], int) else None
    return None if message is None else message.picture


def _may_be_named(draft: Draft, step: Step) -> bool:
    raw = value_at(draft.document.data, step.path)
    if not isinstance(raw, dict):
        return True
    needs_one = step.block.needs_id and not isinstance(step.block, BrokenStep)
    return needs_one or any(nearest(str(key), ["id"]) for key in raw)


class SegmentDraft(NamedTuple):
    """One segment, of leadoff.yaml or of a file of its own."""

    document: Document
    name: str
    condition: Condition
    loc: Loc  # of the condition
    file: str | None = None  # the name of its own file, without its ending

    @property
    def path(self) -> str:
        return self.document.path

    @property
    def name_loc(self) -> Loc:
        """The place of its name."""
        return self.loc if self.file is None else ("segment",)

    def conditions(self) -> Iterator[PlacedValue]:
        if self.condition is not UNREADABLE:
            yield PlacedValue(self.condition, self.loc, "segment")

    def references(self, *kinds: str) -> Iterator[tuple[PlacedValue, Reference, Loc]]:
        """What its condition points at, with the exact place of each."""
        for placed in self.conditions():
            for reference in placed.value.references:
                if reference.kind in kinds:
                    yield placed, reference, self.loc + reference.loc

    def triggers(self) -> Iterator[tuple[Loc, Trigger]]:
        return iter(())

    def event_triggers(self) -> Iterator[tuple[Loc, EventTrigger]]:
        return iter(())

    def finding(self, code: str, message: str, loc: Loc, help: str | None = None, **place: Any) -> Finding:
        return finding(self.document, code, message, loc, help, **place)


class FlowTestDraft(NamedTuple):
    """One file of flow tests. `whole`: nothing is wrong with its structure."""

    document: Document
    tests: FlowTests
    whole: bool

    @property
    def path(self) -> str:
        return self.document.path

    @property
    def tested(self) -> str:
        """The path of the flow beside it."""
        return f"{self.path.removesuffix(TEST_ENDING)}.yaml"

    def finding(self, code: str, message: str, loc: Loc, help: str | None = None, **place: Any) -> Finding:
        return finding(self.document, code, message, loc, help, **place)


class LintContext(NamedTuple):
    """A whole project as the rules see it."""

    project: Project
    unknown: frozenset[str]  # keys of leadoff.yaml that could not be read: nothing can be said of what points there
    document: Document  # of leadoff.yaml
    drafts: tuple[Draft, ...]
    media: Mapping[str, MediaInfo | BadMedia | None]  # by path as written
    documents: Mapping[str, Document] = {}  # every file, by path
    unread: tuple[str, ...] = ()  # files that look as if they were part of the project, and are not
    now: int | None = None  # None: unknown; then nothing is past
    segments: tuple[SegmentDraft, ...] = ()
    pictures: tuple[str, ...] = ()  # the files in media/, as they are called
    tests: tuple[FlowTestDraft, ...] = ()

    @property
    def asking(self) -> tuple[Draft | SegmentDraft, ...]:
        """Flows and segments: all that holds conditions."""
        return (*self.drafts, *self.segments)

    def tested(self, test: FlowTestDraft) -> Draft | None:
        """The flow that these tests are of, as far as it could be read."""
        return next((draft for draft in self.drafts if draft.path == test.tested), None)


def _nested(value: Any, loc: Loc) -> Iterator[tuple[Any, Loc]]:
    """A field's value and all values inside it, without those of steps inside it."""
    if value is None or (value is not UNREADABLE and isinstance(value, Step)):
        return
    yield value, loc
    if value is UNREADABLE:
        return
    if isinstance(value, Mapping):
        inner: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, BaseModel):
        inner = ((written, getattr(value, name)) for written, name in written_names(type(value)).items())
    else:
        inner = enumerate(value) if type(value) is tuple else ()
    for key, child in inner:
        yield from _nested(child, (*loc, key))


def value_at(data: Any, loc: Loc) -> Any:
    """The raw value at a place; None where there is none."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def finding(
    document: Document,
    code: str,
    message: str,
    loc: Loc,
    help: str | None = None,
    *,
    at: str = "value",
    offset: int | None = None,
    length: int = 1,
    severity: Severity = "error",
    instead: str | None = None,
) -> Finding:
    """A finding at the key or value of `loc`, or at a character of the text there."""
    span = _span(document, loc, at, offset, length)
    return Finding(code, severity, message, help, document.path, span, dotted(loc), instead)


def _span(document: Document, loc: Loc, at: str, offset: int | None, length: int) -> Span:
    marks = document.marks
    if offset is not None:
        return marks.inside(loc, offset, length)
    # A mapping or list may be long: its key is what the eye looks for.
    if at != "value" or isinstance(value_at(document.data, loc), dict | list):
        return marks.key(loc)
    return marks.value(loc)


def _ids(data: Any) -> Iterator[str]:
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    if isinstance(data, dict) and isinstance(data.get("id"), str):
        yield data["id"]
    for child in children:
        yield from _ids(child)
