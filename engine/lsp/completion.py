"""What may stand at the cursor: keys and words of the schema, and the names of the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lsprotocol import types

from engine.language.lint.context import TEST_ENDING, Draft, LintContext, value_at
from engine.language.lint.rules.flow_test_references import STEPS
from engine.language.lint.rules.unknown_field import event_fields
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.unreadable import UNREADABLE
from engine.language.templates.filter_calls import FILTERS
from engine.language.values.fields import BUILT_IN_FIELDS, FieldSpec, kind_words
from engine.lsp import choices
from engine.lsp.cursor import MARK, Cursor, cursor
from engine.lsp.documents import Document
from engine.lsp.names import EVENT, FLOW, LINK, SEGMENT, SENDER, STEP, ids_in
from engine.registry import registry

PICTURE = "picture"
_NAMED = {
    "since": STEP, "step": STEP, "moved": STEP, "removed": STEP, "clicked": LINK, "link": LINK, "segment": SEGMENT, "happened": EVENT,
    "event": EVENT, "emit": EVENT, "sender": SENDER, "beside": FLOW, "started": FLOW, "image": PICTURE, "collage": PICTURE,
    "picture": PICTURE, "fallback": PICTURE,
}  # fmt: skip
"""By key: what the value behind it names."""
_FIELDS = ("contact", "set", "save")
_ROW = re.compile(r"event\.([A-Za-z][A-Za-z0-9_]*)\[[0-9]+\]\.\Z")
_KINDS = types.CompletionItemKind


def completion(world: LintContext, path: str, document: Document, index: int) -> list[types.CompletionItem]:
    """`path`: the file's, in the project."""
    at = cursor(path, document.source, index)
    if at.expression is not None:
        return _items(document, at, _in_text(world, path, at.expression), _KINDS.Variable)
    if at.data is None:
        return []
    if at.is_key:
        return _keys(world, path, document, at)
    named = _names(world, path, at)
    listed = choices.words(choices.at(path, at.data, at.loc, MARK))
    return [
        *_items(document, at, named, _KINDS.Reference),
        *_items(document, at, {each: "" for each in listed}, _KINDS.EnumMember),
    ]


def _keys(world: LintContext, path: str, document: Document, at: Cursor) -> list[types.CompletionItem]:
    around = at.loc[:-1]
    written = value_at(at.data, around)
    behind = "" if at.has_colon else ": "
    schema = choices.keys(path, at.data, around, MARK)
    keys = {key: inner.get("description", "") for key, inner in schema.items()} or _field_keys(world, path, at)
    if not keys:  # a list of words, whose item begins like a key
        return _items(
            document, at, dict.fromkeys(choices.words(choices.at(path, at.data, around, MARK)), ""), _KINDS.EnumMember
        )
    taken = written.keys() if isinstance(written, dict) else ()
    if keys.keys() >= registry().keys():  # a step without its verb yet
        beside = {key for block in registry().values() for key in block.sibling_keys}
        keys = {key: told for key, told in keys.items() if key not in beside}
    return _items(document, at, {key: told for key, told in keys.items() if key not in taken}, _KINDS.Property, behind)


def _field_keys(world: LintContext, path: str, at: Cursor) -> dict[str, str]:
    """The fields of contacts, or of an event, where a mapping has them for keys."""
    around = [part for part in at.loc[:-1] if isinstance(part, str)]
    key = around[-1] if around else ""
    if key in _FIELDS:
        return _told(world.project.contact_fields)
    if key == "event":
        return _told(_asked_of(world, path, at))
    if key == "has" and around[-3:-2] == ["event"]:
        return _told(_rows_of(_asked_of(world, path, at), around[-2]))
    if key in ("data", "where"):
        return _told(_declared(world, value_at(at.data, (*at.loc[:-2], "event"))))
    return {}


def _asked_of(world: LintContext, path: str, at: Cursor) -> Mapping[str, FieldSpec]:
    """The fields of the event that a condition looks at: inside of `where` that beside it, else that of the flow."""
    if "where" not in at.loc:
        return _of_flow(world, path) or {}
    where = len(at.loc) - 1 - at.loc[::-1].index("where")
    return _declared(world, value_at(at.data, (*at.loc[:where], "event")))


def _declared(world: LintContext, event: object) -> Mapping[str, FieldSpec]:
    declared = {} if world.project.events is UNREADABLE else world.project.events
    return {**declared, **OWN_EVENTS}.get(event, {}) if isinstance(event, str) else {}


def _names(world: LintContext, path: str, at: Cursor) -> dict[str, str]:
    words = [part for part in at.loc if isinstance(part, str)]
    key = words[-1] if words else ""
    if len(words) > 1 and words[-2] in ("moved", "removed"):
        key = words[-2]
    kind = _NAMED.get(key)
    if path.endswith(TEST_ENDING) and key in STEPS:
        kind = STEP
    if path.startswith("segments/") and at.loc == ("segment",):
        return {path.rpartition("/")[2].removesuffix(".yaml"): "the name of this file"}
    if kind == STEP and not path.endswith(TEST_ENDING):
        return dict.fromkeys(ids_in(at.data), "") | _of_kind(world, path, STEP)
    if kind == LINK:
        return _of_kind(world, path, LINK) | _linked_values(world, path)
    return _of_kind(world, path, kind) if kind else {}


def _of_kind(world: LintContext, path: str, kind: str) -> dict[str, str]:
    """Names with a few words about each."""
    project = world.project
    if kind == STEP:
        return _steps(world, path)
    if kind == PICTURE:
        return dict.fromkeys(world.pictures, "")
    if kind == FLOW:
        return {draft.name: _text(draft.flow.description) for draft in world.drafts}
    if kind == SEGMENT:
        return {each.name: each.path for each in world.segments}
    declared: object = {LINK: project.links, EVENT: project.events, SENDER: project.senders}[kind]
    if kind == EVENT:
        own = dict.fromkeys(OWN_EVENTS, "an event of Leadoff's own")
        return own | ({name: _text(told) for name, told in declared.items()} if isinstance(declared, Mapping) else {})
    return {name: _text(told) for name, told in declared.items()} if isinstance(declared, Mapping) else {}


def _flow_of(path: str) -> str:
    """A test is of the flow beside it."""
    return f"{path.removesuffix(TEST_ENDING)}.yaml" if path.endswith(TEST_ENDING) else path


def _steps(world: LintContext, path: str) -> dict[str, str]:
    draft = _draft(world, _flow_of(path))
    return {step.id: step.block.verb for step in draft.steps() if step.id} if draft else {}


def _in_text(world: LintContext, path: str, expression: str) -> dict[str, str]:
    """Between {{ and }}: links, fields, filters, or what an expression begins with."""
    before = expression.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    if before.endswith(("link('", 'link("')):
        return _of_kind(world, path, LINK)
    linkable = _linkable if "short(" in before else lambda fields: fields
    if before.endswith("contact."):
        fields = linkable(world.project.contact_fields)
        return {f"contact.{name}": told for name, told in _told(fields).items()}
    if before.endswith("event."):
        return {f"event.{name}": told for name, told in _told(linkable(_of_flow(world, path) or {})).items()}
    if row := _ROW.search(before):
        fields = linkable(_rows_of(_of_flow(world, path) or {}, row[1]))
        return {f".{name}": told for name, told in _told(fields).items()}
    if before.endswith("short("):
        urls = {f"event.{name}": told for name, told in _told(_linkable(_of_flow(world, path) or {})).items()}
        return urls | {"contact.": "a field of the contact", "event.": "a field of the event"}
    if before.rstrip().endswith("|"):
        return dict.fromkeys(FILTERS, "filter")
    if before.strip():
        return {}
    links = {f"link('{name}')": told for name, told in _of_kind(world, path, LINK).items()}
    of_event = (_of_flow(world, path) or {}).items()
    links |= {f"short(event.{name})": "a tracked link to it" for name, spec in of_event if spec.type == "url"}
    return {"contact.": "a field of the contact", "event.": "a field of the event", **links}


def _linkable(fields: Mapping[str, FieldSpec]) -> Mapping[str, FieldSpec]:
    """Those that `short` can make a link of, or whose rows have one."""
    known = {} if fields is UNREADABLE else fields
    can = {name: spec for name, spec in known.items() if spec.type in ("url", "text") or _linkable(spec.of)}
    return {name: spec for name, spec in can.items() if spec is not BUILT_IN_FIELDS.get(name)}


def _linked_values(world: LintContext, path: str) -> dict[str, str]:
    """What the texts of the flow make links of."""
    draft = _draft(world, _flow_of(path))
    texts = draft.texts() if draft else ()
    return {link.name: "" for placed in texts for link in placed.value.links if link.kind == "value"}


def _of_flow(world: LintContext, path: str) -> Mapping[str, FieldSpec] | None:
    draft = _draft(world, path)
    return event_fields(world, draft, None) if draft and draft.flow.trigger is not UNREADABLE else None


def _rows_of(fields: Mapping[str, FieldSpec], name: str) -> Mapping[str, FieldSpec]:
    """The fields of the rows of that list."""
    return fields.get(name, FieldSpec()).of


def _draft(world: LintContext, path: str) -> Draft | None:
    return next((draft for draft in world.drafts if draft.path == path), None)


def _told(fields: Mapping[str, FieldSpec]) -> dict[str, str]:
    return {} if fields is UNREADABLE else {name: kind_words(spec) for name, spec in fields.items()}


def _text(told: object) -> str:
    """A few words about what a name stands for."""
    if isinstance(told, Mapping):
        return ", ".join(f"{name}: {kind_words(spec)}" for name, spec in told.items())
    return told if isinstance(told, str) else getattr(told, "number", "")


def _items(
    document: Document,
    at: Cursor,
    labels: Mapping[str, str] | Iterable[str],
    kind: types.CompletionItemKind,
    behind: str = "",
) -> list[types.CompletionItem]:
    told = labels if isinstance(labels, Mapping) else dict.fromkeys(labels, "")
    range = document.range(at.start, at.end)
    return [
        types.CompletionItem(
            label=label, kind=kind, detail=about if len(about) <= 60 else None,
            documentation=about if len(about) > 60 else None, sort_text=f"{number:04}", filter_text=label,
            text_edit=types.TextEdit(range, label + behind),
        )
        for number, (label, about) in enumerate(told.items())
    ]  # fmt: skip
