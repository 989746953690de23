"""`sources` of leadoff.yaml: the shops whose webhooks become events, and what each topic becomes.

Invariants: a mapping is data: paths into the body, no expressions. A topic's own entry takes the place of the event and the data that its
kind brings; of the contact only what it names. A `phone` of its own takes no consent of the kind's, because that is of the kind's number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from engine.language.diagnostics.findings import shortened
from engine.language.diagnostics.wording import one_of, problem, wrong_kind
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.strict import Strict
from engine.sources.kind import Kind, Topic
from engine.sources.kinds import ANY_TOPIC, KINDS
from engine.sources.paths import is_path

MOST_PATHS = 10
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_PATH_HELP = "names with dots between them, and places in lists: customer.first_name, line_items[0].title"


def parse_source_name(value: object) -> str:
    """The name of a source, `my-shop`. Raises LO231."""
    text = scalars.parse_text(value)
    if not _NAME.fullmatch(text) or len(text) > 40:
        help = "lower-case words of a-z and 0-9 with - or _ between them, at most 40 characters: store, my-shop"
        raise problem("LO231", f'"{shortened(text)}" is not the name of a source', help)
    return text


def _source_kind(value: object) -> str:
    if value not in KINDS:
        raise one_of(value, KINDS)
    return str(value)


def _topic_name(value: object) -> str:
    text = scalars.parse_text(value)
    if not text or len(text) > 200 or not text.isprintable() or text != text.strip():
        raise problem("LO208", "this is not a topic", "the topic as the shop writes it: checkouts/update")
    return text


def _path(value: object) -> str:
    text = scalars.parse_text(value)
    if not is_path(text):
        raise problem("LO243", f'"{shortened(text)}" is not a path into a body', _PATH_HELP)
    return text


def _paths(value: object) -> tuple[str, ...]:
    """One, or several of which the first counts where something is."""
    if not isinstance(value, str | list):
        raise wrong_kind("a path, or a list of paths", value)
    paths = value if isinstance(value, list) else [value]
    if not 1 <= len(paths) <= MOST_PATHS:
        raise problem("LO208", f"from 1 to {MOST_PATHS} paths")
    return tuple(_path(path) for path in paths)


_PATH = {"type": "string", "minLength": 1, "examples": ["customer.first_name", "line_items[0].title"]}
_SEVERAL: dict[str, Any] = {"anyOf": [_PATH, {"type": "array", "items": _PATH, "minItems": 1, "maxItems": MOST_PATHS}]}

SourceName = Annotated[str, scalars.text_type(parse_source_name, _NAME, "store", "my-shop")]
KindName = Annotated[str, scalars.validated(_source_kind, enum=list(KINDS))]
TopicName = Annotated[str, scalars.validated(_topic_name, type="string", minLength=1, examples=["checkouts/update"])]
Paths = Annotated[tuple[str, ...], scalars.validated(_paths, **_SEVERAL)]


class TopicModel(Strict):
    """What the bodies of one topic become."""

    event: scalars.EventName
    """The event, as declared under `events`."""
    contact: Mapping[scalars.FieldName, Paths] = {}
    """Who it is: `phone` or `key`, `consent`, `consent_at`, `consent_expires` and fields of contacts, each with its path in the body. Of
    several paths the first counts where something is. `consent` is of the number at the first path of `phone`, and of no other."""
    data: Mapping[scalars.FieldName, Paths] = {}
    """The event's fields, each with its path in the body."""


class SourceModel(Strict):
    """A shop, or another program, whose webhooks become events."""

    kind: KindName
    """How it signs, where topic and ids are, and what its topics become by themselves."""
    events: Mapping[TopicName, Annotated[TopicModel, lenient(TopicModel)]] = {}
    """By topic, as the shop writes it; `*` is every topic without an entry of its own."""

    @property
    def bodies(self) -> Kind:
        return KINDS[self.kind]

    def topic(self, name: str) -> Topic | None:
        """What a topic becomes; None: nothing."""
        own = self.bodies.topics.get(name)
        written = self.events.get(name) or (self.events.get(ANY_TOPIC) if own is None else None)
        if written is None:
            return own
        contact = dict(own.contact) if own else {"phone": self.bodies.phone}
        if "phone" in written.contact:
            contact = {key: value for key, value in contact.items() if not key.startswith("consent")}
        return Topic(written.event, {**contact, **written.contact}, written.data, own.unless if own else None)


Source = Annotated[SourceModel, lenient(SourceModel)]
Sources = Mapping[SourceName, Source]
