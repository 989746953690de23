"""Listings for people: rows as lines, any number of them.

Invariants: a listing is written as it is read, a stretch at a time, so that its length costs no memory. Nothing is cut: what does not
fit into the width of a terminal stands below its row, under its name. A pipe gets one line a row.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rich.cells import cell_len

from engine.cli.shared.output import cell, remark, styled

STRETCH = 500  # rows that are laid out together
GAP = "  "
INDENT = "    "
NARROWEST = 40
Row = Mapping[str, Any]


def say_table(rows: Iterable[Row], columns: Mapping[str, str], nothing: str) -> int:
    """Rows as a table: `columns` is key -> heading; `nothing` is said on stderr where there are none. How many there were."""
    left = iter(rows)
    first = list(islice(left, STRETCH))
    if not first:
        remark(nothing)
        return 0
    layout = _Layout(columns, _width())
    sys.stdout.write(layout.stretch(first, headed=True))
    count = len(first)
    while more := list(islice(left, STRETCH)):
        sys.stdout.write(layout.stretch(more))
        count += len(more)
    return count


def _width() -> int | None:
    """None: as wide as it takes."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


class _Layout:
    """The columns' widths grow with what comes; which of them stand in a row's first line stays as it was at the first stretch."""

    def __init__(self, columns: Mapping[str, str], width: int | None) -> None:
        self._columns, self._width = columns, width
        self._widths = {key: cell_len(heading) for key, heading in columns.items()}
        self._in_line: list[str] = []

    def stretch(self, rows: Sequence[Row], headed: bool = False) -> str:
        cells = [{key: cell(row[key]) for key in self._columns} for row in rows]
        for key in self._columns:
            self._widths[key] = max(self._widths[key], *(_length(line[key]) for line in cells))
        right = {key for key in self._columns if all(isinstance(row[key], int | float) for row in rows)}
        if headed:
            self._in_line = list(self._fitting())
        head = [styled(self._line(self._columns, right), "1", sys.stdout)] if headed else []
        return "".join(f"{line}\n" for line in (*head, *(part for line in cells for part in self._parts(line, right))))

    def _fitting(self) -> Iterator[str]:
        """The first columns, as many as the width has room for."""
        used = 0
        for key, width in self._widths.items():
            used += width + len(GAP)
            if self._width is not None and used - len(GAP) > self._width:
                return
            yield key

    def _parts(self, cells: Mapping[str, str], right: set[str]) -> Iterator[str]:
        yield self._line(cells, right)
        below = [
            f"{self._columns[key]}: {cells[key]}" for key in self._columns if key not in self._in_line and cells[key]
        ]
        if below and self._width is not None:
            yield from textwrap.wrap(
                GAP.join(below), self._width, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False
            )

    def _line(self, cells: Mapping[str, str], right: set[str]) -> str:
        return GAP.join(_padded(cells[key], self._widths[key], key in right) for key in self._in_line).rstrip()


def _length(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - _length(text))
    return space + text if right else text + space
