"""What commands print: data on stdout, everything else on stderr.

Rules kept here: what came from outside never reaches a terminal raw; colours only where somebody looks, and never with NO_COLOR.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from textwrap import indent
from typing import Any, TypeVar

import orjson
from rich.console import Console
from rich.text import Text

from engine.language.diagnostics.findings import visible

T = TypeVar("T")
WIDTH_OF_A_FILE = 140
_STEERS = re.compile(
    "[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)  # below, orjson escapes by itself
OURS = {"@answers": "our answer", "@tests": "a test"}  # in place of a flow


class Format(StrEnum):
    text = "text"
    json = "json"


def console(stderr: bool = False) -> Console:
    """For people. A pipe or a file is no terminal: there the width is ours."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDTH_OF_A_FILE, highlight=False, soft_wrap=False)


def complain(message: str, help: str | None = None) -> None:
    """`error: …` and the way out, on stderr."""
    err = console(stderr=True)
    err.print(Text.assemble(("error: ", "bold red"), visible(message)), soft_wrap=True)
    if help:
        err.print(Text.assemble(("help: ", "bold"), visible(help)), soft_wrap=True)


def remark(text: str) -> None:
    """A line about what is done, on stderr."""
    sys.stderr.write(visible(text) + "\n")
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


def say_json_list(name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """One object with a list, written row by row: its length costs no memory."""
    sys.stdout.write(f'{{\n  "{name}": [')
    between = "\n"
    for row in rows:
        sys.stdout.write(between + indent(_json(row), "    "))
        between = ",\n"
    sys.stdout.write("\n  ]\n}\n" if between != "\n" else "]\n}\n")


def say_import(line: str, counts: Mapping[str, Any], rejects: Path, format: Format) -> int:
    """What became of an import, as a line or as one object with a list; the exit code. `counts` has `rejected`, and may have `reasons`."""
    rejected = counts["rejected"]
    if format is Format.json:
        say_json({"imports": [{**counts, "errors": str(rejects) if rejected else None}]})
    else:
        say(f"{line}, {rejected} rejected → {rejects}" if rejected else line)
        for reason in counts.get("reasons", ()):
            remark(reason)
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
    return visible(str(value))


def with_progress(work: Callable[[Callable[[int], None]], T], what: str = "rows") -> T:
    """An import with a bar on stderr where that is a terminal; `work` is handed what to call with the number done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    done = TextColumn("{task.completed:,.0f} " + what)
    err = console(stderr=True)
    columns = (TextColumn("importing"), BarColumn(), done, TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("import", total=None)
        try:
            return work(lambda count: bar.advance(task, count))
        except KeyboardInterrupt:
            so_far = f"{bar.tasks[task].completed:,.0f} {what}"
            complain(
                f"stopped after {so_far}", "they stay; the same command goes on: what is done already is not done again"
            )
            raise


def short(text: str | None) -> str | None:
    """An instant for tables: to the second."""
    return f"{text[:10]} {text[11:19]}Z" if text else None
