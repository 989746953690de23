"""Shows findings to people; `render` knows all formats.

Invariants: the content of a file is never sent to a terminal unescaped: control and bidi characters are escaped, and long lines are cut
around the caret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from engine.language.diagnostics import reports
from engine.language.diagnostics.findings import LINE_BREAK, Finding, Span, in_order, visible

Format = Literal["full", "concise", "json", "github", "sarif"]

SHOWN_WIDTH = 120
TAB = "    "


def render(findings: Iterable[Finding], sources: Mapping[str, str], format: Format = "full") -> str:
    """All findings as one text without a last line break; `sources` are the files as read, by name."""
    return _FORMATS[format](in_order(findings), sources)


def _full(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    lines = {file: LINE_BREAK.split(sources[file]) for file in {found.file for found in findings} if file in sources}
    return "\n\n".join("\n".join(_paragraph(found, lines.get(found.file, []))) for found in findings)


def _concise(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    return "\n".join(_headline(found) for found in findings)


_FORMATS: Mapping[Format, Callable[[Sequence[Finding], Mapping[str, str]], str]] = {
    "full": _full,
    "concise": _concise,
    "json": lambda findings, sources: reports.as_json(findings),
    "github": lambda findings, sources: reports.as_github(findings),
    "sarif": lambda findings, sources: reports.as_sarif(findings),
}


def _headline(found: Finding) -> str:
    place = f"{visible(found.file)}:{found.span.line}:{found.span.column}"
    return f"{place}: {found.severity}[{found.code}]: {visible(found.message)}"


def _paragraph(found: Finding, lines: Sequence[str]) -> list[str]:
    rows = [_headline(found), *excerpt(lines, found.span)]
    if found.help:
        rows.append(f"{' ' * len(str(found.span.line))} = help: {visible(found.help)}")
    return rows


def excerpt(lines: Sequence[str], span: Span, note: str = "") -> list[str]:
    """The line of the span with carets below it, and a note behind them; nothing where the line is blank."""
    number = str(span.line)
    gutter = " " * len(number)
    line = lines[span.line - 1] if span.line <= len(lines) else ""
    if not line.strip():
        return []
    shown, before, width = _excerpt(line, span)
    carets = f"{' ' * before}{'^' * width} {visible(note)}".rstrip()
    return [f"{gutter} |", f"{number} | {shown}", f"{gutter} | {carets}"]


def _excerpt(line: str, span: Span) -> tuple[str, int, int]:
    """The line as shown, the columns before the caret, and the caret's width.

    A span over several lines is marked to the end of its first.
    """
    first = min(span.column - 1, len(line))
    last = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    base = max(0, first - SHOWN_WIDTH)  # a line may be the whole file: only the part around the caret is processed
    cells = [_cell(character) for character in line[base : first + SHOWN_WIDTH]]
    low, high = _window([width for _, width in cells], first - base, base + len(cells) == len(line) and not base)
    shown = "".join(text for text, _ in cells[low:high])
    before = sum(width for _, width in cells[low : first - base])
    marked = sum(width for _, width in cells[first - base : min(last - base, high)])
    left, right = "…" if base + low else "", "…" if base + high < len(line) else ""
    return f"{left}{shown}{right}".rstrip(), before + len(left), max(1, marked)


def _window(widths: Sequence[int], caret: int, whole: bool) -> tuple[int, int]:
    """The cells to show: the whole line if it fits, else a part with a third of the width before the caret."""
    if whole and sum(widths) <= SHOWN_WIDTH:
        return 0, len(widths)
    room = max(SHOWN_WIDTH // 3, SHOWN_WIDTH - sum(widths[caret:]))
    low = caret
    while low and widths[low - 1] <= room:
        low -= 1
        room -= widths[low]
    high, room = low, SHOWN_WIDTH
    while high < len(widths) and widths[high] <= room:
        room -= widths[high]
        high += 1
    return low, high


def _cell(character: str) -> tuple[str, int]:
    """How one code point is shown and how many columns a terminal takes for it."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        return TAB, len(TAB)
    shown = visible(character)
    if shown != character:
        return shown, len(shown)
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1
