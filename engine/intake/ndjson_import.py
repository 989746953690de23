"""`events import`: events from a file, one JSON object a line, taken as those of the API are.

Invariants: memory does not grow with the file. A batch is one transaction, so an import that was cut off is run again: events with an id
are then duplicates. What cannot be taken goes to an errors file, and the rest is taken.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

import orjson

from engine import private_files
from engine.contacts.csv_dialect import quoted
from engine.contacts.csv_file import opened
from engine.contacts.import_reasons import ImportReasons
from engine.errors import UsageError
from engine.intake import events
from engine.language.model.project import Project
from engine.messaging.numbers import mask_numbers
from engine.store.database import Database

BATCH = 1_000
LONGEST_LINE = 65_536  # bytes, as for one event over HTTP


class EventsImported(NamedTuple):
    accepted: int
    duplicate: int
    rejected: int  # conflicts and faults of ours among them
    reasons: tuple[str, ...] = ()  # the commonest of the rejected lines, with their counts


class _Line(NamedTuple):
    number: int
    raw: object
    reason: str | None = None  # why there is no `raw`


def import_events(
    database: Database,
    project: Project,
    path: Path,
    errors: Path,
    now: Callable[[], int],
    progress: Callable[[int], None] | None = None,
) -> EventsImported:
    """Import one file. `errors`: where `line,reason` is written (no file is made when there is nothing to write).

    Raises UsageError for a file that can't be read or written.
    """
    counts = {"accepted": 0, "duplicate": 0, "rejected": 0}
    reasons = ImportReasons("line")
    with _Errors(errors) as refused:
        for batch in _batches(path):
            good = [line for line in batch if line.reason is None]
            taken = events.accept_documents(database, project, [line.raw for line in good], now())
            told = {line.number: each for line, each in zip(good, taken, strict=True)}
            for line in batch:
                result = told.get(line.number) or events.IntakeResult("rejected", line.reason)
                counts[result.status if result.status in counts else "rejected"] += 1
                if result.reason is not None:
                    refused.write(line.number, result.reason)
                    reasons.add(mask_numbers(result.reason, bare=True))
            if progress is not None:
                progress(len(batch))
    return EventsImported(**counts, reasons=reasons.told())


class _Errors:
    """The errors file, made with its first line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> _Errors:
        return self

    def __exit__(self, *of: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, line: int, reason: str) -> None:
        if self._file is None:
            try:
                self._file = private_files.open_text(self._path)
            except OSError as error:
                raise UsageError(f"cannot write {self._path}: {error.strerror}") from error
            csv.writer(self._file).writerow(("line", "reason"))
        csv.writer(self._file).writerow((line, quoted(reason)))


def _batches(path: Path) -> Iterator[list[_Line]]:
    with opened(path) as stream:
        lines = _lines(stream)
        while batch := list(islice(lines, BATCH)):
            yield batch


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    number = 0
    while text := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(text) > LONGEST_LINE and not text.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield _Line(number, None, f"a line has at most {LONGEST_LINE:,} bytes")
        elif text.strip(b" \t\r\n\xef\xbb\xbf"):
            yield _line(number, text.removeprefix(b"\xef\xbb\xbf") if number == 1 else text)


def _line(number: int, text: bytes) -> _Line:
    try:
        return _Line(number, orjson.loads(text.rstrip()))
    except ValueError as error:  # its words name the place, never the text
        return _Line(number, None, f"not JSON: {str(error)[:200]}")
