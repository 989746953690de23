"""Turns the parser's events into plain values, each with its place.

Invariants: nodes and depth are limited before anything is built. Only `true`, `false`, `null` and plain decimals are typed; everything else
is text (`no`, `0123`, `12:30`, dates). Duplicate keys, anchors, tags and keys that are not text are reported and skipped, and the rest is
still read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from engine.language.diagnostics.findings import Loc, shortened
from engine.language.source.findings_of_file import FindingsOfFile
from engine.language.source.source_map import Range
from engine.language.source.syntax_errors import MAX_DEPTH, TEMPLATE_HELP, TOO_DEEP, TOO_DEEP_HELP

MAX_NODES = 5_000
MAX_DIGITS = 40  # a longer number is text: no value is that large, and `int` takes quadratic time

WORDS = {"true": True, "false": False, "null": None}
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
COMMENT = re.compile(r"( +)#(?! leadoff:)([^\r\n]*)")
NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and what is no character: a text never holds them, nor does an escape make one."""


class Dropped:
    """The placeholder of a value that cannot be known."""


DROPPED = Dropped()


class Composer:
    """One document's values. `loc` is None under what will be dropped: it is looked at, not marked."""

    def __init__(self, notes: FindingsOfFile, stream: Iterator[Event], originals: dict[int, int]) -> None:
        self.notes = notes
        self.source = notes.lines.source
        self.stream = stream
        self.originals = originals  # hidden characters by their stand-ins
        self.keys: dict[Loc, Range] = {}
        self.values: dict[Loc, Range] = {}
        self.texts: dict[Loc, str] = {}
        self.empty: set[Loc] = set()
        self.sheltered: list[Range] = []  # quoted and block texts, in order
        self._anchors: dict[str, Any] = {}
        self._nodes = self._depth = 0
        self._end = 0  # of what was read last

    def node(self, event: Event, loc: Loc | None) -> Any:
        start = event.start_mark.index
        self._nodes += 1
        if self._nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES:,} keys and values"
            self.notes.stop("LO104", start, message, "split it: one flow per file")
        self._check_properties(event, loc)
        value: Any
        if isinstance(event, AliasEvent):
            value = self._anchors.get(
                event.anchor, DROPPED
            )  # only scalars are kept, so aliases cannot multiply the data
        elif isinstance(event, ScalarEvent):
            value = self._scalar(event, loc)
        else:
            value = self._collection(event, loc)
        if loc is not None and not is_empty(event):
            self.values[loc] = (start, max(self._end, start + 1))
        return value

    def _collection(self, event: Event, loc: Loc | None) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.notes.stop("LO105", event.start_mark.index, TOO_DEEP, TOO_DEEP_HELP)
        value = self._sequence(loc) if isinstance(event, SequenceStartEvent) else self._mapping(event, loc)
        self._depth -= 1
        return value

    def _sequence(self, loc: Loc | None) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.stream), SequenceEndEvent):
            item = _under(loc, len(items))
            value = self.node(event, item)
            if item is not None:
                dash = max(0, event.start_mark.index - 1)
                self.keys.setdefault(item, self.keys.get((*item, 0)) or self.values.get(item, (dash, dash + 1)))
            if value is not DROPPED:
                items.append(value)
        self._ended(event)
        return items

    def _mapping(self, opening: Event, loc: Loc | None) -> Any:
        data: dict[str, Any] = {}
        seen: dict[str, Range] = {}
        simple = True
        while not isinstance(event := next(self.stream), MappingEndEvent):
            simple = simple and isinstance(event, (ScalarEvent, AliasEvent))
            key = self._key(event, loc)
            place = (event.start_mark.index, max(self._end, event.start_mark.index + 1))
            if loc is not None:
                self.keys.setdefault(loc, place)  # an item of a list has the place of its first key
            if key is None or self._twice(key, place, seen, loc):
                self.node(next(self.stream), None)
                continue
            inner = _under(loc, key)
            if inner is not None:
                self.keys[inner] = place
            value = self.node(next(self.stream), inner)
            if value is not DROPPED:
                data[key] = value
        self._ended(event)
        return data if simple else self._template(opening.start_mark.index, loc)

    def _twice(self, key: str, place: Range, seen: dict[str, Range], loc: Loc | None) -> bool:
        first = seen.setdefault(key, place)
        if first is place:
            return False
        help = f"the first is in line {self.notes.lines.place(first[0])[0]}: keep one of them"
        self.notes.add("LO106", place, f'the key "{shortened(key, 40)}" is used twice here', help, _under(loc, key))
        return True

    def _template(self, start: int, loc: Loc | None) -> Any:
        """`{{ name }}` without quotes is a mapping with a mapping for its key; read as the text that was meant."""
        text = self.source[start : self._end]
        if not text.startswith("{{"):
            return DROPPED
        if loc is not None:
            self.texts[loc] = text
        return text

    def _key(self, event: Event, loc: Loc | None) -> str | None:
        """The key, or None where it is no text."""
        start = event.start_mark.index
        value = self.node(event, None)
        if isinstance(event, ScalarEvent):
            if isinstance(value, str):
                return value
            help = f'put it in quotes: "{event.value}"' if event.value else "write a name before the colon"
            place = (start, start + max(1, len(event.value)))
            self.notes.add("LO110", place, f"a key must be text, not {_kind(value)}", help, loc)
        elif not isinstance(event, AliasEvent):
            kind, help = "a list", "write a name before the colon"
            if isinstance(event, MappingStartEvent):
                kind = "a mapping"
                help = TEMPLATE_HELP if self.source.startswith("{{", start - 1) else help
            self.notes.add("LO110", (start, start + 1), f"a key must be text, not {kind}", help, loc)
        return None

    def _scalar(self, event: ScalarEvent, loc: Loc | None) -> Any:
        if is_empty(event):
            if loc is not None:
                self.empty.add(loc)
            return None
        start, end = event.start_mark.index, event.end_mark.index
        text: str = event.value.translate(self.originals)
        plain = event.style is None
        value: Any = _typed(text) if plain else text
        if event.anchor:
            self._anchors[event.anchor] = value
        if not plain:
            self.sheltered.append((start, end))
        self._end = end if plain else start + len(self.source[start:end].rstrip())  # a block text ends in its last line
        self._check_escapes(text, (start, end), loc)
        if isinstance(value, str) and loc is not None:
            self.texts[loc] = value
            if plain:
                self._check_comment(value, loc)
        return value

    def _ended(self, event: Event) -> None:
        """A collection in brackets ends with its bracket, an indented one with its last value."""
        if event.end_mark.index > event.start_mark.index:
            self._end = event.end_mark.index

    def _check_properties(self, event: Event, loc: Loc | None) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, AliasEvent):
            self._end = end
            help = 'write the value itself; text that begins with "*" needs quotes'
            self.notes.add("LO107", (start, end), "aliases cannot be used", help, loc)
            return
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            at = max(start, self.source.find(f"&{anchor}", start))
            help = 'remove it; text that begins with "&" needs quotes'
            self.notes.add("LO107", (at, at + 1 + len(anchor)), "anchors cannot be used", help, loc)
        if tag:
            at = max(0, self.source.rfind("!", 0, start + 1), self.source.find("!", start, end) if anchor else 0)
            help = 'remove it; text that begins with "!" needs quotes'
            self.notes.add("LO108", (at, at + 1), "tags cannot be used", help, loc)

    def _check_escapes(self, text: str, place: Range, loc: Loc | None) -> None:
        hidden = NEVER.search(text)
        if hidden and not NEVER.search(
            self.source, *place
        ):  # a character that is written literally is reported by `_check_characters`
            message = f"the text contains U+{ord(hidden[0]):04X}, which is a control character or not a character"
            self.notes.add("LO111", place, message, "remove the escape", loc)

    def _check_comment(self, text: str, loc: Loc) -> None:
        """A comment that was probably meant as text: without a space after #, or after several words."""
        found = COMMENT.match(self.source, self._end)
        if found and (found[2][:1].strip(" \t#") or (found[1] == " " and " " in text)):
            message = f'the text ends before the #: it is only "{shortened(text, 40)}"'
            help = "put the text in quotes, or write a comment with two spaces before the # and one after it"
            place = found.end(1)
            self.notes.add("LO112", (place, place + 1), message, help, loc, "warning")


def is_empty(event: Event) -> bool:
    """Nothing at all is written here."""
    return isinstance(event, ScalarEvent) and event.style is None and event.value == ""


def _under(loc: Loc | None, part: str | int) -> Loc | None:
    return None if loc is None else (*loc, part)


def _typed(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if len(text) > MAX_DIGITS or not (match := DECIMAL.fullmatch(text)):
        return text
    return float(text) if match[2] else int(text)


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return "true or false" if isinstance(value, bool) else "a number"
