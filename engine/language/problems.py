"""What an author did wrong, and how it is shown.

Rules kept here: lines and columns count from 1, columns in code points; every finding has a place, a code and, where
there is one, a way out; what a file holds is never sent to a terminal raw: control and bidi characters are shown escaped,
long lines cut around the caret.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]
Format = Literal["full", "concise", "json"]
Loc = tuple[str | int, ...]

LINE_BREAK = re.compile(r"\r\n|\n|\r")  # YAML 1.2's; str.splitlines knows more of them
SHOWN_WIDTH = 120
TAB = "    "


class Span(NamedTuple):
    """From a place to the place behind its last character."""

    line: int
    column: int
    end_line: int
    end_column: int


class Finding(NamedTuple):
    code: str
    severity: Severity
    message: str
    help: str | None
    file: str
    span: Span
    path: str = ""  # of the value in the file, `steps[2].sms.text`


def dotted(loc: Loc) -> str:
    """A value's path as people write it: `steps[2].sms.text`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by place, each once."""
    return tuple(sorted(set(findings), key=lambda found: (found.file, found.span, found.code, found.message)))


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant. Words longer than any name are not compared: that takes their square."""
    if len(word) > 64:
        return None
    by_folded = {choice.casefold(): choice for choice in choices}
    close = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def summary(findings: Sequence[Finding]) -> str:
    """`3 errors, 1 warning in 2 files`."""
    counts = Counter(found.severity for found in findings)
    kinds: tuple[Severity, ...] = ("error", "warning", "note")
    parts = [_plural(counts[kind], kind) for kind in kinds if counts[kind]]
    if not parts:
        return "no problems"
    return f"{', '.join(parts)} in {_plural(len({found.file for found in findings}), 'file')}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def render(findings: Iterable[Finding], sources: Mapping[str, str], format: Format = "full") -> str:
    """All findings as one text without a last line break; `sources` are the files as read, by name."""
    return _FORMATS[format](in_order(findings), sources)


def _full(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    lines = {file: LINE_BREAK.split(sources[file]) for file in {found.file for found in findings} if file in sources}
    return "\n\n".join("\n".join(_paragraph(found, lines.get(found.file, []))) for found in findings)


def _concise(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    return "\n".join(_headline(found) for found in findings)


def _json(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    rows = [
        {
            "code": found.code,
            "severity": found.severity,
            "message": found.message,
            "help": found.help,
            "file": found.file,
            **found.span._asdict(),
            "path": found.path,
        }
        for found in findings
    ]
    return json.dumps({"format_version": 1, "findings": rows}, indent=2)


_FORMATS: Mapping[Format, Callable[[Sequence[Finding], Mapping[str, str]], str]] = {
    "full": _full,
    "concise": _concise,
    "json": _json,
}


def _headline(found: Finding) -> str:
    place = f"{visible(found.file)}:{found.span.line}:{found.span.column}"
    return f"{place}: {found.severity}[{found.code}]: {visible(found.message)}"


def _paragraph(found: Finding, lines: Sequence[str]) -> list[str]:
    number = str(found.span.line)
    gutter = " " * len(number)
    rows = [_headline(found)]
    line = lines[found.span.line - 1] if found.span.line <= len(lines) else ""
    if line.strip():
        shown, before, width = _excerpt(line, found.span)
        rows += [f"{gutter} |", f"{number} | {shown}", f"{gutter} | {' ' * before}{'^' * width}"]
    if found.help:
        rows.append(f"{gutter} = help: {visible(found.help)}")
    return rows


def _excerpt(line: str, span: Span) -> tuple[str, int, int]:
    """The line as shown, the columns before the caret, and the caret's width.

    A span over several lines is marked to the end of its first.
    """
    first = min(span.column - 1, len(line))
    last = len(line) if span.end_line > span.line else min(span.end_column - 1, len(line))
    base = max(0, first - SHOWN_WIDTH)  # a line may be the whole file: only its part around the caret is looked at
    cells = [_cell(character) for character in line[base : first + SHOWN_WIDTH]]
    low, high = _window([width for _, width in cells], first - base, base + len(cells) == len(line) and not base)
    shown = "".join(text for text, _ in cells[low:high])
    before = sum(width for _, width in cells[low : first - base])
    marked = sum(width for _, width in cells[first - base : min(last - base, high)])
    left, right = "…" if base + low else "", "…" if base + high < len(line) else ""
    return f"{left}{shown}{right}".rstrip(), before + len(left), max(1, marked)


def _window(widths: Sequence[int], caret: int, whole: bool) -> tuple[int, int]:
    """The cells to show: the whole line where it fits, else a part with a third of the width before the caret."""
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


_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with control, bidi and invisible characters written as escapes."""
    return _UNSAFE.sub(
        lambda match: f"\\x{ord(match[0]):02x}" if match[0] < "\x80" else f"\\u{ord(match[0]):04x}", text
    )
