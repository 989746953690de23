"""Findings: errors, warnings and notes about an author's files.

Invariants: lines and columns count from 1, columns in code points. Every finding has a place, a code and, if there is one, a fix.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]
Loc = tuple[str | int, ...]

FOREIGN_CODE = re.compile(r"(?!LO\d)[A-Z]{2,16}\d{1,4}")
"""The code of a finding of another package's rule: `SHOP101`."""

LINE_BREAK = re.compile(r"\r\n|\n|\r")  # YAML 1.2's; str.splitlines knows more of them


class Span(NamedTuple):
    """From a place to the place after its last character."""

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
    instead: str | None = None  # what `--fix` puts in the place of the span, where that is surely what was meant


def dotted(loc: Loc) -> str:
    """A value's path as people write it: `steps[2].sms.text`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sorted by place, each once."""
    return tuple(sorted(set(findings), key=lambda found: (found.file, found.span, found.code, found.message)))


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant. Very long words are not compared, because that takes quadratic time."""
    if len(word) > 64:
        return None
    by_folded = {choice.casefold(): choice for choice in choices}
    close = get_close_matches(word.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str], otherwise: str) -> str:
    """The way out of a name that does not exist: the nearest one that does, else `otherwise`."""
    near = nearest(word, choices)
    return f'did you mean "{near}"?' if near else otherwise


def near_hint(near: str | None) -> str:
    """The beginning of a help that goes on: `did you mean "…"? `, or nothing."""
    return f'did you mean "{near}"? ' if near else ""


_OTHERS_CALL_IT = {
    "do": "steps", "then": "steps", "body": "text", "message": "text", "media": "image", "photo": "image",
    "picture": "image", "timeout": "up_to",
}  # fmt: skip


def key_meant(key: str, choices: Iterable[str]) -> str | None:
    """The key that was probably meant: one with a similar spelling, or the key for another system's name."""
    choices = list(choices)
    other = _OTHERS_CALL_IT.get(key.lower())
    return other if other in choices else nearest(key, choices)


def or_nearest(word: str, choices: Iterable[str]) -> str:
    """The end of a sentence that refuses `word`: `; did you mean "…"?`, or nothing."""
    near = nearest(word, choices)
    return f'; did you mean "{near}"?' if near else ""


def summary(findings: Sequence[Finding]) -> str:
    """`3 errors, 1 warning in 2 files`."""
    counts = Counter(found.severity for found in findings)
    kinds: tuple[Severity, ...] = ("error", "warning", "note")
    parts = [counted(counts[kind], kind) for kind in kinds if counts[kind]]
    if not parts:
        return "no problems"
    return f"{', '.join(parts)} in {counted(len({found.file for found in findings}), 'file')}"


def counted(count: int, word: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{count} {word}" if count == 1 else f"{count:,} {word}s"


def shortened(text: str, most: int = 60) -> str:
    """The text, cut to `most` characters with an ellipsis for the last."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with control, bidi and invisible characters written as escapes."""
    return _UNSAFE.sub(
        lambda match: f"\\x{ord(match[0]):02x}" if match[0] < "\x80" else f"\\u{ord(match[0]):04x}", text
    )
