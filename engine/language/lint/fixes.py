"""`check --fix`: a file with what its findings would have instead.

Invariants: only the span of a finding is touched, so comments and layout stay; of two that overlap the first is done, and the next
reading shows the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.language.diagnostics.findings import Finding
from engine.language.source.source_map import LineIndex


class Fixed(NamedTuple):
    source: str
    done: int  # how many findings were set right


class Edit(NamedTuple):
    """`instead` goes in the place of the code points from `start` to `end`."""

    start: int
    end: int
    instead: str


def fixed(source: str, findings: Iterable[Finding]) -> Fixed:
    """`findings` are those of this source."""
    pieces, at, done = [], 0, 0
    for start, end, instead in edits(source, findings):
        pieces += [source[at:start], instead]
        at, done = end, done + 1
    return Fixed("".join(pieces) + source[at:], done)


def edits(source: str, findings: Iterable[Finding]) -> Iterator[Edit]:
    """In order, none over another. Where a finding is only taken out, so are the spaces before it."""
    lines, behind = LineIndex.of(source), 0
    for start, end, instead in sorted(
        (*_range(lines, found), found.instead) for found in findings if found.instead is not None
    ):
        if start >= behind:
            before = source[behind:start]
            yield Edit(start if instead else behind + len(before.rstrip(" \t")), end, instead)
            behind = end


def _range(lines: LineIndex, found: Finding) -> tuple[int, int]:
    span = found.span
    return lines.starts[span.line - 1] + span.column - 1, lines.starts[span.end_line - 1] + span.end_column - 1
