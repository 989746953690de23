"""Texts as an editor counts them, and the files that are open in it.

Invariants: an editor counts lines from 0 and columns in UTF-16 units, unless both sides agreed on others; the language counts from 1, in
code points. A byte order mark is part of the editor's first line, and of no text of the language.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.workspace.position_codec import PositionCodec, ServerTextPosition

from engine.language.diagnostics.findings import Span
from engine.language.source.source_map import LineIndex

BOM = "\ufeff"


class Document(NamedTuple):
    """A text with its places. `source`: without a byte order mark."""

    source: str
    marked: bool  # it begins with a byte order mark
    lines: LineIndex
    codec: PositionCodec

    @classmethod
    def of(cls, text: str, codec: PositionCodec) -> Document:
        source = text.removeprefix(BOM)
        return cls(source, source != text, LineIndex.of(source), codec)

    def position(self, index: int) -> types.Position:
        """The editor's place of a code point."""
        line, column = self.lines.place(index)
        return self._position(line, column)

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def range_of(self, span: Span) -> types.Range:
        """Of a finding: its line may lie behind the end, where the source could not be read."""
        return types.Range(self._position(span.line, span.column), self._position(span.end_line, span.end_column))

    def index_at(self, position: types.Position) -> int:
        """The code point at an editor's place; behind the end of a line or of the text, that end."""
        if position.line >= len(self.lines.starts):
            return len(self.source)
        line = self._mark(position.line + 1) + self.lines.text(position.line + 1)
        left = position.character
        for column, character in enumerate(line):
            if left <= 0:
                return self.lines.starts[position.line] + max(0, column - len(self._mark(position.line + 1)))
            left -= self.codec.client_num_units(character)
        return self.lines.starts[position.line] + len(self.lines.text(position.line + 1))

    def offsets(self, span: Span) -> tuple[int, int]:
        """The code points of a span, the end excluded."""
        starts = self.lines.starts
        if span.end_line > len(starts):  # of a file that could not be read
            return 0, 0
        return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1

    def _position(self, line: int, column: int) -> types.Position:
        if line > len(self.lines.starts):
            return types.Position(0, 0)
        text = self._mark(line) + self.lines.text(line)
        place = ServerTextPosition(0, column - 1 + len(self._mark(line)))
        return types.Position(line - 1, self.codec.position_to_client_units([text], place).character)

    def _mark(self, line: int) -> str:
        return BOM if self.marked and line == 1 else ""


class Opened(NamedTuple):
    """A file that is open in the editor: its text there is what counts, not the one on disk."""

    uri: str
    text: str
    version: int | None


def path_of(uri: str) -> Path | None:
    """The file of a URI; None where it is none: what was never saved, or lies in another program."""
    try:
        parts = urlsplit(uri)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "\0" in path or not path.startswith("/"):
        return None
    return Path(path)
