"""The contract of a kind of source: one screen.

Invariants: a kind is data and a few pure functions. `refused` sees the raw body as it came; nothing else is called before it says None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, cast

from engine.sources.signatures import Headers

NOTHING: Mapping[str, Any] = MappingProxyType({})
Shape = Literal["text", "integer", "money", "boolean", "time", "list", "object"]


class Each(NamedTuple):
    """A list of the body, and where each of an item's values is, from the item."""

    path: str
    of: Mapping[str, str]


class Total(NamedTuple):
    """The amounts in a list of the body, added up, but for items whose `status` says that they came to nothing."""

    path: str
    amount: str  # from the item
    failed: tuple[str, ...] = ()


Where = str | tuple[str, ...] | Each | Total
Data = Mapping[str, Where]
"""By the event's fields."""
Person = Mapping[str, str | tuple[str, ...]]
"""`phone`: paths in order of trust. `consent`: of the number at the first of them, and of no other. `consent_at`: since when. The others
are fields of the contact."""


class Topic(NamedTuple):
    """What a topic becomes."""

    event: str | None  # None: it only says something of the contact
    contact: Person
    data: Data = NOTHING
    unless: str | None = None  # a path: where something is, the body makes no event


def paths_of(written: str | tuple[str, ...]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else written


class Privacy(NamedTuple):
    """A request of a person, or about one."""

    act: Literal["forget", "notice"]
    says: str  # what is asked for, for a notice
    person: Mapping[str, str] = NOTHING  # `phone`, `email`, `key` -> where it is


class Message(NamedTuple):
    """One thing that a webhook reports."""

    topic: str
    body: Mapping[str, Any]
    delivery: str = ""  # the same on retries; "": unknown
    key: str = ""  # what it is about, with its state: two of them make one event; "": unknown
    version: int | None = None  # UTC ms: of two with one key the later one is right
    test: bool = False  # nobody may be texted because of it
    whose: tuple[str, ...] = ()  # keys of what it belongs to, as a refund to its order: it is about the same person
    follows: tuple[
        str, ...
    ] = ()  # keys of what it ends, as an order its checkout: who began that hears of it, by whatever number


def shaped(**by_shape: tuple[str, ...]) -> Mapping[str, Shape]:
    """Paths -> their shape, from shape -> paths. Places in lists are written `[]`."""
    return {path: cast(Shape, shape) for shape, paths in by_shape.items() for path in paths}


class Kind(ABC):
    name: ClassVar[str]
    title: ClassVar[str]
    kept_headers: ClassVar[tuple[str, ...]]
    """What is kept with a body, in lower case: never a signature, never a secret."""
    topic_header: ClassVar[str] = ""
    """The header that names the topic, in lower case; "": the body does."""
    retries: ClassVar[bool] = True
    """Whether a webhook that is not answered with 2xx comes again."""
    topics: ClassVar[Mapping[str, Topic]] = NOTHING
    privacy: ClassVar[Mapping[str, Privacy]] = NOTHING
    products: ClassVar[frozenset[str]] = frozenset()
    """The topics whose bodies are products: their pictures are noted, for items without one."""
    phone: ClassVar[tuple[str, ...]] = ()
    """Where a topic without a mapping of its own for it has its number, in order of trust."""
    countries: ClassVar[tuple[str, ...]] = ()
    """Where the country of a national number is, if not beside it."""
    shapes: ClassVar[Mapping[str, Shape]] = NOTHING
    """What is known of the values at some paths, for `check`."""
    other_consent: ClassVar[Mapping[str, str]] = NOTHING
    """Paths that look like consent to texts and are not -> what they are."""

    @abstractmethod
    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        """Why the signature is not good, without anything of it; None where it is. `now` in UTC ms."""

    @abstractmethod
    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        """What the body reports; most kinds report one thing at a time. Raises Unreadable."""

    def is_ping(self, headers: Headers, raw: bytes) -> bool:
        """Whether this only asks if somebody answers: it is not signed and does nothing."""
        return False
