"""What commands print: data on stdout, everything else on stderr.

Invariants: what came from outside never reaches a terminal raw; colours only where somebody looks, and never with NO_COLOR.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from textwrap import indent
from typing import Any, NamedTuple, TextIO

import orjson

from engine.language.diagnostics.findings import visible

_STEERS = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)  # below, orjson escapes by itself
LONG_SECONDS = 10  # from then on it is said how long an import took
OURS = {"@answers": "our answer", "@tests": "a test", "@people": "an answer by a person"}  # in place of a flow


class Format(StrEnum):
    text = "text"
    json = "json"


def styled(text: str, code: str, stream: TextIO) -> str:
    """In a colour or weight of ANSI, where the stream is a terminal and NO_COLOR is not set."""
    return f"\033[{code}m{text}\033[0m" if stream.isatty() and not os.environ.get("NO_COLOR") else text


def complain(message: str, help: str | None = None) -> None:
    """`error: …` and the way out, on stderr."""
    _on_stderr(f"{styled('error:', '1;31', sys.stderr)} {visible(message)}")
    if help:
        _on_stderr(f"{styled('help:', '1', sys.stderr)} {visible(help)}")


def remark(text: str) -> None:
    """A line about what is done, on stderr."""
    _on_stderr(visible(text))


def remark_pieces(pieces: Iterable[tuple[str, str]]) -> None:
    """A line of (text, style of ANSI or nothing), on stderr."""
    _on_stderr(_line(pieces, sys.stderr))


def say_pieces(pieces: Iterable[tuple[str, str]]) -> None:
    """The same, as a line of data."""
    sys.stdout.write(_line(pieces, sys.stdout) + "\n")


def _line(pieces: Iterable[tuple[str, str]], stream: TextIO) -> str:
    shown = ((visible(text), style) for text, style in pieces)
    return "".join(styled(text, style, stream) if style else text for text, style in shown).rstrip()


def _on_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()  # it may be a file, and the command may run for days


def say(text: str) -> None:
    """One line of data."""
    sys.stdout.write(visible(text) + "\n")


def say_piece(text: str) -> None:
    """A piece of a file, exactly as it is; only a terminal gets it line by line and visible."""
    if sys.stdout.isatty():
        for line in text.splitlines():
            say(line)
    else:
        sys.stdout.write(text)


def say_json(value: Mapping[str, Any]) -> None:
    """One object; what would steer a terminal is escaped, as JSON has it."""
    sys.stdout.write(_json(value) + "\n")


def say_json_list(name: str, rows: Iterable[Mapping[str, Any]], **before: Any) -> int:
    """One object with `before` and a list, written row by row: its length costs no memory. How many there were."""
    head = _json(before).removesuffix("\n}") + "," if before else "{"
    sys.stdout.write(f'{head}\n  "{name}": [')
    count = 0
    for count, row in enumerate(rows, 1):
        sys.stdout.write((",\n" if count > 1 else "\n") + indent(_json(row), "    "))
    sys.stdout.write("\n  ]\n}\n" if count else "]\n}\n")
    return count


class Pace(NamedTuple):
    """How long a work took, and how much of it was done in a second."""

    seconds: float
    rows_per_second: int


def say_import(line: str, counts: Mapping[str, Any], rejects: Path, format: Format, pace: Pace) -> int:
    """What became of an import, as a line or as one object with a list; the exit code. `counts` has `rejected`, and may have `reasons`."""
    rejected = counts["rejected"]
    if format is Format.json:
        say_json({"imports": [{**counts, **pace._asdict(), "errors": str(rejects) if rejected else None}]})
    else:
        say(f"{line}, {rejected} rejected → {rejects}" if rejected else line)
        for reason in counts.get("reasons", ()):
            remark(reason)
    if pace.seconds >= LONG_SECONDS:
        remark(f"in {pace.seconds:,.0f} seconds: {pace.rows_per_second:,} a second")
    return 1 if rejected else 0


def _json(value: Mapping[str, Any]) -> str:
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return _STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cell(value: Any) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(each) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {cell(each)}" for name, each in value.items())
    return visible(str(value))


def short(text: str | None) -> str | None:
    """An instant for tables: to the second."""
    return f"{text[:10]} {text[11:19]}Z" if text else None
