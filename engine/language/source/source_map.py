"""The place of every key and value of a file.

Invariants: places are indexes into the source; lines and columns are computed on demand. A value without a place of its own has the place
of the nearest key above it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from engine.language.diagnostics.findings import LINE_BREAK, Loc, Span

Range = tuple[int, int]  # code points of the source, the end excluded


class LineIndex(NamedTuple):
    """A source by its lines."""

    source: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, source: str) -> LineIndex:
        return cls(source, (0, *(match.end() for match in LINE_BREAK.finditer(source))))

    def span(self, start: int, end: int) -> Span:
        return Span(*self.place(start), *self.place(max(start, end)))

    def place(self, index: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def text(self, line: int) -> str:
        end = self.starts[line] if line < len(self.starts) else len(self.source)
        return self.source[self.starts[line - 1] : end].rstrip("\r\n")

    def block_index(self, opening: int, value: str, offset: int) -> int | None:
        """The index of a character of a literal block text; `opening` is the index of its `|`."""
        before = value[:offset]
        row = before.count("\n")
        first = bisect_right(self.starts, opening) + 1
        for number, line in enumerate(value.split("\n")):
            if line:
                indent = len(self.text(first + number)) - len(line)
                column = offset - (before.rfind("\n") + 1)
                last = min(first + row, len(self.starts))
                return min(self.starts[last - 1] + indent + column, len(self.source))
        return None


class SourceMap(NamedTuple):
    lines: LineIndex
    keys: Mapping[Loc, Range]  # an item of a list: its first key, or the item
    values: Mapping[Loc, Range]
    texts: Mapping[Loc, str]

    def key(self, loc: Loc) -> Span:
        """The place of a key; a missing key has its parent's."""
        for length in range(len(loc), -1, -1):
            found = self.keys.get(loc[:length])
            if found:
                return self.lines.span(*found)
        return self.lines.span(0, 0)

    def value(self, loc: Loc) -> Span:
        """The place of a value; a missing value has that of its key."""
        found = self.values.get(loc)
        return self.lines.span(*found) if found else self.key(loc)

    def inside(self, loc: Loc, offset: int, length: int = 1) -> Span:
        """The place of a part of a text, in code points; in a folded or escaped text it is that of its key."""
        text = self.texts.get(loc)
        if text is None or not 0 <= offset <= len(text):
            return self.key(loc)
        start, end = self.values[loc]
        source = self.lines.source
        at: int | None = None
        if source[start] == "|":
            at = self.lines.block_index(start, text, offset)
        elif source[start:end] == text:
            at = start + offset
        elif source[start] in "\"'" and source[start + 1 : end - 1] == text:
            at = start + 1 + offset
        if at is None:
            return self.key(loc)
        line, column = self.lines.place(at)
        rest = len(self.lines.text(line)) - column + 1
        return Span(line, column, line, column + max(1, min(length, rest)))
