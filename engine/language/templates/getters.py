"""Closures that read one value of the contact or the event, and show it.

Invariants: a closure is made once, when a file is read, and runs for every contact: everything that can be computed beforehand is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import regex

from engine.core.context import Context
from engine.core.event_pictures import inside
from engine.language.templates import filters, lists
from engine.language.values.fields import USUAL_NAMES
from engine.language.values.urls import is_web_address, why_not_a_target

_CLUSTERS = regex.compile(r"\X").findall
Getter = Callable[[Context], str]
Reader = Callable[[Context], Any]


class MissingValue(LookupError):
    """A value that a text shows is missing, or none that a link may lead to, and has no default."""

    def __init__(self, path: str, why: str = "is missing and has no default") -> None:
        super().__init__(f"{path} {why}")
        self.path = path


def value_reader(root: str, names: Sequence[str | int]) -> Reader:
    """Reads `contact.a.b`, `event.a.b` or `event.a[0].b`; None where it is missing."""
    first, rest = str(names[0]), tuple(names[1:])
    if rest:
        top = value_reader(root, (first,))
        return lambda ctx: inside(top(ctx), rest)
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
    most = ctx.limits.get(lists.any_row(path))
    if most is None or len(text) <= most or is_web_address(text):
        return text
    ctx.notes.append(f"{path} has {len(text):,} characters: {most} are shown")
    shown, length = [], 0
    for cluster in _CLUSTERS(text[: most * 2]):
        length += len(cluster)
        if length > most:
            break
        shown.append(cluster)
    return "".join(shown).rstrip()


def counted(read: Reader) -> Reader:
    """`event.items | count`: of a list the number of its rows."""

    def rows(ctx: Context) -> int | None:
        value = read(ctx)
        return len(value) if lists.is_list(value) else None

    return rows


def named(read: Reader, most: int, path: str, clean: filters.Clean) -> Reader:
    """`event.items | names(2)`: what the first rows are called, and how many more there are."""

    def names(ctx: Context) -> str | None:
        value = read(ctx)
        if not lists.is_list(value):
            return None
        naming = ctx.program.naming.get(path, USUAL_NAMES)
        found = (lists.name_of(row, naming, clean) for row in value)
        shown = [within(text, f"{path}[].{field}", ctx) for field, text in found if text][:most]
        return lists.joined(shown, len(value) - len(shown), ctx.language)

    return names


def linked(read: Reader, path: str, fallback: str | None) -> Getter:
    """`short(event.cart_url)`: a tracked link to the value. What it may not lead to counts as missing."""

    def link(ctx: Context) -> str:
        url = filters.present(read(ctx), filters.cleaned)
        why = None if url is None else why_not_a_target(url, ctx.program.settings.link_hosts)
        if url is not None and why is None:
            return ctx.tracked(path, url, ends=True)
        if fallback is None:
            raise MissingValue(path) if why is None else MissingValue(path, why)
        if why is not None:
            ctx.notes.append(f"{path} {why}: its default goes out")
        return ctx.tracked(path, fallback, ends=True)

    return link


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
