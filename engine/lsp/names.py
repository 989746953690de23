"""Every name in a project that something else can refer to: where it is declared, and where it is used.

A step belongs to its flow, all other names to the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from engine.language.diagnostics.findings import Loc, Span
from engine.language.lint.context import PROJECT_FILE, Draft, FlowTestDraft, LintContext, SegmentDraft
from engine.language.lint.rules.flow_test_references import STEPS
from engine.language.model.flow_test_cases import expectations, happenings
from engine.language.model.message import message_of
from engine.language.model.unreadable import UNREADABLE, CannotSay
from engine.language.source.strict_yaml import Document
from engine.language.templates.text import Text
from engine.language.values.scalars import names_value

STEP, LINK, SEGMENT, EVENT, FIELD, SENDER, FLOW = "step", "link", "segment", "event", "field", "sender", "flow"
_OF_REFERENCE = {
    "step": STEP, "message_step": STEP, "link": LINK, "segment": SEGMENT, "event": EVENT, "field": FIELD,
}  # fmt: skip
_DECLARED = {"links": LINK, "segments": SEGMENT, "events": EVENT, "fields": FIELD, "senders": SENDER}


class Name(NamedTuple):
    kind: str
    name: str
    flow: str | None = None  # of a step: the path of its flow


class Mention(NamedTuple):
    """`span` is that of the value, with its quotes, or of the key."""

    name: Name
    file: str
    loc: Loc
    span: Span
    declares: bool = False


def ids_in(data: Any) -> Iterator[str]:
    """Every `id` that is written in a file, of steps and perhaps of others."""
    if isinstance(data, dict) and isinstance(data.get("id"), str):
        yield data["id"]
    for child in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from ids_in(child)


def in_file(world: LintContext, mentioned: Iterable[Mention], path: str) -> list[Mention]:
    """Those of one file; none where it cannot be read as it is, and its places are those of what it was before."""
    read = world.documents.get(path)
    before = any(draft.path == path and not is_now(world, draft) for draft in world.drafts)
    return [] if read is None or before else [each for each in mentioned if each.file == path]


def is_now(world: LintContext, draft: Draft) -> bool:
    """Whether a draft is what its file says now, and not the last form of it that could be read."""
    return draft.path in world.documents and world.documents[draft.path].source == draft.document.source


def mentions(world: LintContext) -> Iterator[Mention]:
    """All of them, as far as the files can be read."""
    yield from _of_project(world.document)
    for segment in world.segments:
        if segment.file is not None:
            yield _at(segment.document, Name(SEGMENT, segment.name), segment.name_loc, declares=True)
        yield from _of_conditions(segment)
    for draft in world.drafts:
        yield from _of_steps(draft)
        yield from _of_conditions(draft)
        yield from _of_texts(draft)
        for loc, trigger in draft.event_triggers() if draft.flow.trigger is not UNREADABLE else ():
            yield _at(draft.document, Name(EVENT, trigger.event), (*loc, "event"))
    for test in world.tests:
        yield from _of_test(test)


def _of_project(document: Document) -> Iterator[Mention]:
    for key, kind in _DECLARED.items():
        declared = document.data.get(key) if isinstance(document.data, dict) else None
        for name in declared if isinstance(declared, dict) else ():
            yield Mention(Name(kind, name), PROJECT_FILE, (key, name), document.marks.key((key, name)), declares=True)


def _of_steps(draft: Draft) -> Iterator[Mention]:
    flow, document = draft.path, draft.document
    for step in draft.steps():
        if step.id is not None:
            yield _at(document, Name(STEP, step.id, flow), (*step.path, "id"), declares=True)
        with suppress(CannotSay, AttributeError):  # of a step that is read in part
            message = message_of(step.block)
            if message is not None and message.sender is not None:
                yield _at(document, Name(SENDER, message.sender), (*step.path, step.block.verb, "sender"))
            for event in step.block.emits_events():
                short = (*step.path, step.block.verb)
                loc = (*short, "event") if (*short, "event") in document.marks.values else short
                yield _at(document, Name(EVENT, event), loc)
    if isinstance(draft.flow.sender, str):
        yield _at(document, Name(SENDER, draft.flow.sender), ("sender",))
    for key in ("moved", "removed"):
        led = draft.document.data.get(key)
        for old, new in led.items() if isinstance(led, dict) else ():
            if isinstance(new, str) and not (key == "removed" and new == "exit"):
                yield _at(document, Name(STEP, new, flow), (key, old))


def _of_conditions(draft: Draft | SegmentDraft) -> Iterator[Mention]:
    with suppress(CannotSay):
        for _, reference, loc in draft.references(*_OF_REFERENCE):
            kind = _OF_REFERENCE[reference.kind]
            if kind == LINK and names_value(reference.name):
                continue
            name = Name(kind, reference.name, draft.path if kind == STEP else None)
            if kind == FIELD:
                yield Mention(name, draft.path, loc, draft.document.marks.key(loc))
            else:
                yield _at(draft.document, name, loc)


def _of_texts(draft: Draft) -> Iterator[Mention]:
    marks = draft.document.marks
    with suppress(CannotSay):
        for placed in (*draft.texts(), *draft.half_read):
            for link in placed.value.links:
                if link.is_declared:
                    span = marks.inside(placed.loc, link.offset, len(link.name))
                    yield Mention(Name(LINK, link.name), draft.path, placed.loc, span)
            for shown in placed.value.paths:
                root, _, field = shown.field.partition(".")
                if root == "contact":
                    span = marks.inside(placed.loc, shown.offset, len(shown.path))
                    yield Mention(Name(FIELD, field), draft.path, placed.loc, span)


def _of_test(test: FlowTestDraft) -> Iterator[Mention]:
    for value, loc in (*happenings(test.tests), *expectations(test.tests)):
        for key in (*STEPS, "clicked", "event"):
            named = getattr(value, key, None)
            if isinstance(named, str) and not (key == "clicked" and names_value(named)):
                kind = {"clicked": LINK, "event": EVENT}.get(key, STEP)
                yield _at(test.document, Name(kind, named, test.tested if kind == STEP else None), (*loc, key))
        for key in ("text", "text_has"):
            said = getattr(value, key, None)
            for link in said.links if isinstance(said, Text) else ():
                if link.is_declared:
                    span = test.document.marks.inside((*loc, key), link.offset, len(link.name))
                    yield Mention(Name(LINK, link.name), test.document.path, (*loc, key), span)


def _at(document: Document, name: Name, loc: Loc, declares: bool = False) -> Mention:
    while loc and loc not in document.marks.values:  # a short form: the value stands further up
        loc = loc[:-1]
    return Mention(name, document.path, loc, document.marks.value(loc), declares)
