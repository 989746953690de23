"""Reads contacts.csv as a stream: every row becomes a ContactRow or a Reject, in order, in batches.

Invariants: the file has a header and lines that end in LF or CRLF; csv_dialect.py knows the dialects of spreadsheets. An error in the
header is raised before the first row; an error in a row rejects only that row. Memory is bounded: lines, rows and cells have limits, and an
unclosed quote rejects its own line, not the rest of the file. An empty cell is no value; it deletes nothing.

The importer checks what needs more than one row: a key twice, a phone under two keys, stored consent.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

from engine import private_files
from engine.contacts import csv_dialect
from engine.contacts.csv_cells import (
    OWN_COLUMNS,
    ContactRow,
    Convert,
    PhoneRow,
    Reject,
    misplaced_opt_out,
    read_phone,
    read_row,
)
from engine.contacts.csv_dialect import quoted
from engine.contacts.csv_layout import Layout
from engine.contacts.refused_opt_outs import OptOut
from engine.errors import UsageError
from engine.language.diagnostics.findings import visible

__all__ = ["ContactRow", "Convert", "PhoneRow", "Reject", "read_contacts", "read_phones", "write_rejects"]

R = TypeVar("R", ContactRow, PhoneRow)
BATCH = 500  # rows that are stored in one transaction: it holds up nobody for long
LONGEST_LINE = 65_536  # bytes
MOST_LINES = 32  # of one row: cells may hold line breaks


def read_contacts(
    stream: BinaryIO,
    fields: Collection[str],
    convert: Convert,
    batch: int = BATCH,
    country: str | None = None,
    layout: Layout | None = None,
) -> Iterator[list[ContactRow | Reject]]:
    """The rows in batches; national numbers are those of the row's country, or of `country` (ISO 3166). `layout`: else our own columns.

    Raises UsageError before the first row where the header can't be used.
    """
    known = (*OWN_COLUMNS, *(field for field in fields if field not in OWN_COLUMNS))
    lines = _Lines(csv_dialect.in_utf8(stream))
    header, delimiter = _header(lines)
    layout = layout or Layout()
    layout.begin(header, known)
    rows = _rows(
        lines,
        delimiter,
        lambda line, cells: read_row(line, layout, cells, convert, country),
        lambda text: misplaced_opt_out(layout.columns, text.split(delimiter)),
    )
    return _batches(rows, batch)


def read_phones(stream: BinaryIO, country: str | None = None) -> Iterator[list[PhoneRow | Reject]]:
    """Only the column `phone`. Raises UsageError if there is none."""
    lines = _Lines(csv_dialect.in_utf8(stream))
    header, delimiter = _header(lines)
    columns = [csv_dialect.column(name, OWN_COLUMNS) for name in header]
    if "phone" not in columns:
        called = next((column for column in columns if csv_dialect.meant(column, ["phone"])), None)
        hint = f'call "{visible(called[:64])}" phone: ' if called else ""
        raise UsageError(
            'the file has no column "phone"', f"{hint}the first line names the columns; only this one is read"
        )
    place = columns.index("phone")
    return _batches(
        _rows(lines, delimiter, lambda line, cells: read_phone(line, place, cells, country), lambda text: None), BATCH
    )


def write_rejects(path: Path, rejects: Iterable[Reject]) -> int:
    """Write the errors file, `line,column,value,reason`, as the rejects come; how many there were. Without any there is no file."""
    coming, count = iter(rejects), 0
    first = next(coming, None)
    if first is None:
        return 0
    with private_files.open_text(path) as file:
        writer = csv.writer(file)
        writer.writerow(("line", "column", "value", "reason"))
        for reject in chain([first], coming):
            writer.writerow((reject.line, quoted(reject.column), quoted(reject.value), quoted(reject.reason)))
            count += 1
    return count


_STRAY = "a quote is not closed, there is text after a closing quote, or a stray line break"


class _Unreadable(Exception):
    """A row that can't be taken apart."""


class _Lines:
    """The file's lines for csv.reader, each row from a beginning that can be gone back to."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._again: list[bytes] = []  # lines to be read once more, the next one last
        self._row: list[bytes] = []
        self.line = 0  # of the last line read

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._row) == MOST_LINES:
            raise _Unreadable(f"a quote is not closed within {MOST_LINES} lines")
        raw = self._again.pop() if self._again else self._read()
        if not raw:
            raise StopIteration
        self.line += 1
        self._row.append(raw)
        if len(raw) > LONGEST_LINE:
            raise _Unreadable(f"the line has more than {LONGEST_LINE:,} bytes")
        # A byte that is no UTF-8 becomes a lone surrogate, which no UTF-8 makes: its cell can be named later.
        return raw.decode("utf-8", "surrogateescape")

    def _read(self) -> bytes:
        raw = self._stream.readline(LONGEST_LINE + 1)
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = self._stream.readline(LONGEST_LINE + 1)
        return raw

    def begin(self) -> int:
        """A row begins; its line."""
        self._row.clear()
        return self.line + 1

    def first(self) -> str:
        """The row's first line."""
        return self._row[0].decode("utf-8", "replace") if self._row else ""

    def back(self) -> None:
        """Give up the row's first line alone: those after it are read again."""
        after = self._row[1:]
        self.line -= len(after)
        self._again += reversed(after)


def _header(lines: _Lines) -> tuple[list[str], str]:
    """The names of the columns as the file has them, and the delimiter."""
    try:
        text = next(lines, "").removeprefix("\ufeff")
        named = csv_dialect.named_delimiter(text)
        if named is not None:
            text = next(lines, "")
        text.encode()
        delimiter = named or csv_dialect.delimiter_of(text)
        return next(csv.reader([text], delimiter=delimiter, strict=True), []), delimiter
    except (_Unreadable, UnicodeEncodeError, csv.Error) as error:
        help = 'save it as "CSV UTF-8"; the first line names the columns'
        raise UsageError("the contacts file has no readable header", help) from error


def _batches(items: Iterator[R | Reject | None], size: int) -> Iterator[list[R | Reject]]:
    batch: list[R | Reject] = []
    for item in items:
        if item is None:
            continue
        batch.append(item)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(
    lines: _Lines,
    delimiter: str,
    read: Callable[[int, list[str]], R | Reject | None],
    opt_out: Callable[[str], OptOut | None],
) -> Iterator[R | Reject | None]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin()
        try:
            cells = next(reader, None)
        except (_Unreadable, csv.Error) as error:
            reason = str(error) if isinstance(error, _Unreadable) else _STRAY
            yield Reject(line, "", "", reason, opt_out(lines.first()))
            lines.back()
            continue
        if cells is None:
            return
        yield read(line, cells)
