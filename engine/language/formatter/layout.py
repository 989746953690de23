"""The canonical layout of a file: order of keys, indentation, spaces in brackets, blank lines. `leadoff fmt` writes it.

Invariants: the meaning does not change, down to the last character of every text: the result is read again and compared. Comments and
quotes are kept; a comment moves with the key below it, or with the key that contains it by its indentation. Formatting twice is the same as
once. Only lines move: only indentation, spaces around brackets and missing step ids are written anew.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.language.formatter.key_order import Order
from engine.language.jsonschema.types import Schema
from engine.language.source import strict_yaml
from engine.language.source.strict_yaml import Document

INDENT = 2
WIDTH = 120
MODELINE = "# yaml-language-server:"
_COLON = re.compile(r"[ \t]*:(?=[ \t]|$)")
_START = re.compile("---(?: |$)")
_BLOCK_TEXT = re.compile(r"[|>](?P<signs>[0-9+-]*)(?P<comment>[ \t]+#.*)?[ \t]*")


class NotLaidOut(Exception):
    """A file that cannot be formatted. `line` is the place."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


def laid_out(document: Document, schema: Schema) -> str:
    """The source in canonical layout, with the step ids that were missing. Raises NotLaidOut.

    `document` has no mistakes of syntax; `schema` is that of its kind of file.
    """
    order = Order(schema)
    data = order.with_ids(document.data)
    text = _Printer(document, order, data).file()
    for end in ("\n", ""):  # without one only where the file has none either, and ends in a text that would grow by it
        again = strict_yaml.read(document.path, (text + end).encode())
        if again.data == data and not any(found.severity == "error" for found in again.findings):
            return text + end
    raise NotLaidOut("this file cannot be formatted without changing its meaning", 1)


class _Chunk(NamedTuple):
    """An entry of a mapping or list: the comments above it (unindented), and its lines."""

    above: list[str]
    lines: list[str]


class _Head(NamedTuple):
    """How an entry begins. `after`: the column behind its colon or dash; `column`: its own, as written."""

    text: str
    after: int
    column: int
    indent: int  # as it will be

    @property
    def opening(self) -> str:
        return " " * self.indent + self.text

    @property
    def shift(self) -> int:
        return self.indent - self.column


class _Printer:
    """One pass from the first line to the last. `at` is the first line (from 0) that is not yet used."""

    def __init__(self, document: Document, order: Order, data: Any) -> None:
        self.marks = document.marks
        self.source = document.source
        self.lines = [document.marks.lines.text(n) for n in range(1, len(document.marks.lines.starts) + 1)]
        self.order = order
        self.data = data
        self.at = 0

    def file(self) -> str:
        line, column = self._place(self.marks.values[()][0])
        if not isinstance(self.data, dict) or self._is_flow(()) or self.lines[line][:column].strip():
            raise NotLaidOut("a file is a mapping with one key per line", line + 1)
        above, body = self._block((), self.data, self.order.top, 0)
        rest = _collapsed([text.strip() for text in self.lines[self.at :]])
        while rest and not rest[-1]:
            rest.pop()
        return "\n".join([*_without_blanks_above(above), *body, *rest])

    def _block(self, loc: Loc, value: Any, schema: Schema, indent: int) -> _Chunk:
        """All entries of a block collection, those of a mapping in canonical order. `above`: the lines above the first."""
        known = (
            [key for key in value if (*loc, key) in self.marks.keys] if isinstance(value, dict) else range(len(value))
        )
        chunks: dict[str | int, _Chunk] = {}
        for part in known:
            below = self.order.below(schema, value, part)
            chunks[part] = self._entry((*loc, part), value[part], below, indent)
        if isinstance(value, dict):
            header = self._header(chunks[known[0]].above) if not loc else []
            added = [key for key in value if key not in chunks]
            chunks |= {key: _Chunk([], [f"{' ' * indent}{key}: {value[key]}"]) for key in added}
            ordered = [chunks[key] for key in self.order.keys(schema, value)]
        else:
            header, ordered = [], list(chunks.values())
        first, lines = ordered[0], []
        for chunk in ordered:
            lines += [*([] if chunk is first else _indented(chunk.above, indent)), *chunk.lines]
        return _Chunk([*header, *_without_blanks_above(first.above)] if not loc else first.above, lines)

    def _header(self, above: list[str]) -> list[str]:
        """Comments about the whole file: they stay on top. They are removed from `above`."""
        ends = [n for n, text in enumerate(above) if not text or text.startswith((MODELINE, "---"))]
        header = above[: ends[-1] + 1] if ends else []
        del above[: len(header)]
        return header

    def _entry(self, loc: Loc, value: Any, schema: Schema, indent: int) -> _Chunk:
        above = self._above()
        text = self.lines[self.at]
        item = isinstance(loc[-1], int)
        column = self._dash(loc) if item else self._place(self.marks.keys[loc][0])[1]
        if item:
            head, after = "-", column + 1
        else:
            start, end = self.marks.keys[loc]
            line, _ = self._place(start)
            colon = _COLON.match(text, end - start + column)
            if line != self.at or text[:column].strip(" -") or colon is None:
                raise NotLaidOut("this key is not on a line of its own", line + 1)
            head, after = f"{self.source[start:end]}:", colon.end()
        more, lines = self._value(loc, value, schema, _Head(head, after, column, indent))
        # After a block text, a comment deeper than its key would be a part of the text.
        margin = indent if self.source[self.marks.values[loc][0]] in "|>" else indent + INDENT
        return _Chunk([*above, *more], [*lines, *_indented(self._hanging(column), margin)])

    def _value(self, loc: Loc, value: Any, schema: Schema, head: _Head) -> tuple[list[str], list[str]]:
        """The lines of an entry; before them what goes above it."""
        start, end = self.marks.values[loc]
        line = self._place(start)[0]
        if isinstance(value, dict | list) and not self._is_flow(loc):
            return self._nested(loc, value, schema, head)
        if line != self.at:
            return self._on_the_next_line(loc, value, schema, head)
        if self.source[start] in "|>":
            return [], self._block_text(start, end, head)
        last = self._place(end - 1)[0]
        if isinstance(value, dict | list) and (last == line or self._can_be_joined(loc, value, schema, head.opening)):
            lines = [f"{head.opening} {self._flow(loc, value, schema)}"]
        elif isinstance(value, dict | list):
            lines = [f"{head.opening} {self.lines[line][self._place(start)[1] :].rstrip()}"]
            lines += [_shifted(text, head.shift, head.indent + INDENT) for text in self.lines[line + 1 : last + 1]]
            lines[-1] = lines[-1][: len(lines[-1]) - len(self._behind(end).rstrip())].rstrip()
        else:
            lines = [text.strip() for text in re.split(r"\r\n|\n|\r", self.source[start:end])]
            lines = [
                f"{head.opening} {lines[0]}",
                *(" " * (head.indent + INDENT) + text if text else "" for text in lines[1:]),
            ]
        lines[-1] += self._comment(end, lines[-1], head.shift)
        self.at = last + 1
        return [], lines

    def _nested(self, loc: Loc, value: Any, schema: Schema, head: _Head) -> tuple[list[str], list[str]]:
        lead, rest = head.opening, self.lines[self.at][head.after :]
        if head.text != "-":
            self._only_a_comment(rest)
            index = self.marks.lines.starts[self.at] + head.after
            lead += self._comment(index, lead, head.shift)
            self.at += 1
            above, lines = self._block(loc, value, schema, head.indent + INDENT)
            return [], [lead, *_indented(_without_blanks_above(above), head.indent + INDENT), *lines]
        above = []
        if not rest.strip() or rest.strip().startswith("#"):
            above = [rest.strip()] if rest.strip() else []
            self.at += 1
        more, lines = self._block(loc, value, schema, head.indent + INDENT)
        return [*above, *_without_blanks(more)], [lead + lines[0][head.indent + 1 :], *lines[1:]]

    def _on_the_next_line(self, loc: Loc, value: Any, schema: Schema, head: _Head) -> tuple[list[str], list[str]]:
        """A value below its key is moved up to it; comments between them go above the key."""
        between = [self.lines[self.at][head.after :].strip()]
        self._only_a_comment(between[0])
        line = self._place(self.marks.values[loc][0])[0]
        between += [text.strip() for text in self.lines[self.at + 1 : line]]
        self.at = line
        more, lines = self._value(loc, value, schema, head)
        return [*_without_blanks(between), *more], lines

    def _block_text(self, start: int, end: int, head: _Head) -> list[str]:
        line, place = self._place(start)
        opening = _BLOCK_TEXT.fullmatch(self.lines[line], place)
        if opening is None:
            raise NotLaidOut("this block text has an unusual header", line + 1)
        last = max(line, self._place(end - 1)[0])
        while "+" in opening["signs"] and last + 1 < len(self.lines) and not self.lines[last + 1].strip():
            last += 1
        content = self.lines[line + 1 : last + 1]
        if "+" in opening["signs"] and last + 1 == len(self.lines):
            content = content[:-1]  # there is no line after the last line break
        digit = "".join(sign for sign in opening["signs"] if sign.isdigit())
        filled = [text for text in content if text.strip()]
        inner = head.column + int(digit) if digit else len(filled[0]) - len(filled[0].lstrip(" ")) if filled else 0
        margin = " " * (head.indent + (int(digit) if digit else INDENT))
        opened = f"{head.opening} {self.lines[line][place : place + 1 + len(opening['signs'])]}"
        opened += self._comment(start + 1 + len(opening["signs"]), opened, head.shift)
        self.at = last + 1
        return [opened, *(margin + text[inner:] if text[inner:] else "" for text in content)]

    def _flow(self, loc: Loc, value: Any, schema: Schema) -> str:
        """A collection in brackets, on one line."""
        if isinstance(value, dict):
            keys = self.order.keys(schema, value)
            pairs = [(key, self._flow((*loc, key), value[key], self.order.below(schema, value, key))) for key in keys]
            return "{" + ", ".join(f"{self._key(loc, key)}: {text}" for key, text in pairs) + "}"
        if isinstance(value, list):
            below = self.order.below(schema, value, 0)
            return "[" + ", ".join(self._flow((*loc, index), each, below) for index, each in enumerate(value)) + "]"
        return self.source[slice(*self.marks.values[loc])] if loc in self.marks.values else str(value)

    def _can_be_joined(self, loc: Loc, value: Any, schema: Schema, lead: str) -> bool:
        """Brackets over several lines become one line where that is no loss: no comment in them, and not too long."""
        text = self._flow(loc, value, schema)
        inside = self.source[slice(*self.marks.values[loc])]
        return "#" not in inside and "\n" not in text and len(lead) + 1 + len(text) <= WIDTH

    def _key(self, loc: Loc, key: str) -> str:
        found = self.marks.keys.get((*loc, key))
        return self.source[slice(*found)] if found else key

    def _above(self) -> list[str]:
        """Blank lines and comments up to the next line with content."""
        taken = []
        while not (text := self.lines[self.at].strip()) or text.startswith("#") or _START.match(text):
            taken.append(text)
            self.at += 1
        return _collapsed(taken)

    def _hanging(self, column: int) -> list[str]:
        """Comments after an entry that are indented deeper than it and the next entry: they belong to it."""
        gap = self.at
        while gap < len(self.lines) and (not self.lines[gap].strip() or self.lines[gap].lstrip().startswith("#")):
            gap += 1
        following = _margin(self.lines[gap]) if gap < len(self.lines) else -1
        taken: list[str] = []
        for n in range(self.at, gap):
            text = self.lines[n].strip()
            if text and _margin(self.lines[n]) <= max(column, following):
                break
            if text:
                taken += [*([""] if self.at < n else []), text]
                self.at = n + 1
        return taken

    def _dash(self, loc: Loc) -> int:
        column = self._place(self.marks.values[loc[:-1]][0])[1]
        if self.lines[self.at][column : column + 1] != "-":
            raise NotLaidOut("this list item's dash is not in the expected column", self.at + 1)
        return column

    def _comment(self, index: int, lead: str, shift: int) -> str:
        """The comment after `index`, in its column if there is room."""
        rest = self._behind(index).rstrip()
        if not rest.strip():
            return ""
        self._only_a_comment(rest)
        gap = len(rest) - len(rest.lstrip())
        wanted = self._place(index)[1] + gap + shift - len(lead)
        return " " * (wanted if wanted == gap or wanted >= INDENT else INDENT) + rest.strip()

    def _only_a_comment(self, rest: str) -> None:
        if rest.strip() and not rest.strip().startswith("#"):
            raise NotLaidOut("this line holds more than one item", self.at + 1)

    def _behind(self, index: int) -> str:
        line, column = self._place(index)
        return self.lines[line][column:]

    def _is_flow(self, loc: Loc) -> bool:
        return self.source[self.marks.values[loc][0]] in "{["

    def _place(self, index: int) -> tuple[int, int]:
        line, column = self.marks.lines.place(index)
        return line - 1, column - 1


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _shifted(text: str, by: int, least: int) -> str:
    return " " * max(_margin(text) + by, least) + text.strip() if text.strip() else ""


def _indented(texts: list[str], indent: int) -> list[str]:
    return [" " * indent + text if text else "" for text in texts]


def _without_blanks(texts: list[str]) -> list[str]:
    return [text for text in texts if text]


def _without_blanks_above(texts: list[str]) -> list[str]:
    first = next((n for n, text in enumerate(texts) if text), len(texts))
    return texts[first:]


def _collapsed(texts: list[str]) -> list[str]:
    """At most one blank line at a time."""
    return [text for n, text in enumerate(texts) if text or not n or texts[n - 1]]
