"""Closures that read one value of the contact or the event, and show it.

Invariants: a closure is made once, when a file is read, and runs for every contact: everything that can be computed beforehand is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import regex

from engine.core.context import Context
from engine.language.templates import filters
from engine.language.values.urls import is_web_address

_CLUSTERS = regex.compile(r"\X").findall
Getter = Callable[[Context], str]
Reader = Callable[[Context], Any]


class MissingValue(LookupError):
    """A value that a text shows is missing and has no default."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing and has no default")
        self.path = path


def value_reader(root: str, names: Sequence[str]) -> Reader:
    """Reads `contact.a.b` or `event.a.b`; None where it is missing."""
    first, rest = names[0], tuple(names[1:])
    if rest:
        top = value_reader(root, (first,))

        def deep(ctx: Context) -> Any:
            value = top(ctx)
            for name in rest:
                value = value.get(name) if isinstance(value, Mapping) else None
            return value

        return deep
    if root == "contact":
        return lambda ctx: ctx.facts.person.fields.get(first)
    return lambda ctx: ctx.event.get(first)


def cleaning(path: str, for_people: bool) -> filters.Clean:
    """What becomes of a text at this path. Events come from the shop itself; where no person reads it, data stays data."""
    if not for_people or not path.startswith("contact."):
        return filters.cleaned
    return filters.mail if "mail" in path else filters.unlinked


def shown(read: Reader, path: str, fallback: str | None, clean: filters.Clean) -> Getter:
    plain = filters.plain

    def required(ctx: Context) -> str:
        value = read(ctx)
        text = clean(value) if type(value) is str else plain(value, clean)
        if not text:
            raise MissingValue(path)
        return within(text, path, ctx)

    def optional(ctx: Context) -> str:
        value = read(ctx)
        text = clean(value) if type(value) is str else plain(value, clean)
        return (within(text, path, ctx) if text else "") or fallback  # type: ignore[return-value]

    return required if fallback is None else optional


def within(text: str, path: str, ctx: Context) -> str:
    """The value up to its field's limit, and no half of what is seen as one character; an address is left whole."""
    most = ctx.limits.get(path)
    if most is None or len(text) <= most or is_web_address(text):
        return text
    ctx.cut.append(f"{path} has {len(text):,} characters: {most} are shown")
    shown, length = [], 0
    for cluster in _CLUSTERS(text[: most * 2]):
        length += len(cluster)
        if length > most:
            break
        shown.append(cluster)
    return "".join(shown).rstrip()


def filtered(read: Reader, steps: Sequence[filters.Filter], path: str, clean: filters.Clean) -> Getter:
    def get(ctx: Context) -> str:
        value = filters.present(read(ctx), clean)
        if type(value) is str:
            value = within(value, path, ctx)
        for step in steps:
            value = step(value, ctx)
        if value is None:
            raise MissingValue(path)
        return filters.plain(value)

    return get
