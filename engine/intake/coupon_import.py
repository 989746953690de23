"""Codes of coupons from a file or a request into a pool.

Invariants: a file has a code a line, or is a CSV with a column `code` (or as Klaviyo calls it: Coupon, Coupon Code). Memory does not grow
with it. A batch is one transaction, and a code that a pool has stays where it is, so an import that was cut off is run again. What a pool
cannot take goes to an errors file by its line; no code is ever in a message or a log.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from engine.contacts import csv_dialect
from engine.contacts.csv_file import opened, share_read
from engine.contacts.csv_reader import Reject, write_rejects
from engine.errors import UsageError
from engine.language.diagnostics.findings import did_you_mean
from engine.language.model.coupons import CouponModel, fault_of
from engine.store import coupons
from engine.store.database import Database

BATCH = 5_000
LONGEST_LINE = 4_096  # characters
COLUMNS = ("code", "coupon", "coupon code")
Progress = Callable[[int, float], None]
"""Is told how many lines were taken since the last time, and what share of the file is read."""


class CouponsImported(NamedTuple):
    new: int
    already: int  # in this pool before, or twice in the file
    elsewhere: int  # in another pool
    rejected: int
    reasons: tuple[str, ...] = ()  # the first of the rejects, by line


class _Line(NamedTuple):
    number: int
    code: str


def declared(pools: Mapping[str, CouponModel], name: str) -> CouponModel:
    """The pool of that name. Raises UsageError with the nearest."""
    if name not in pools:
        help = did_you_mean(name, pools, f"declare it in leadoff.yaml: `coupons: {{{name}: {{length: 10}}}}`")
        raise UsageError(f'no coupon is called "{name}"', help)
    return pools[name]


def import_file(
    database: Database,
    pool: str,
    length: int,
    path: Path,
    errors: Path,
    now: int,
    progress: Progress = lambda lines, share: None,
) -> CouponsImported:
    """`length`: of the pool's longest code. `errors`: where rejects are written; no file is made when there are none.

    Raises UsageError for a file that cannot be read, or of which it is not clear where its codes are.
    """
    total = coupons.Added(0, 0, 0)
    reasons: list[str] = []

    def rejects() -> Iterator[Reject]:
        nonlocal total
        with _opened(path) as (stream, lines):
            while batch := list(islice(lines, BATCH)):
                refused = [(line, fault_of(line.code, length)) for line in batch]
                good = [line.code for line, fault in refused if fault is None]
                added = take(database, pool, good, now)
                total = coupons.Added(*(before + more for before, more in zip(total, added, strict=True)))
                yield from (Reject(line.number, "code", "", fault) for line, fault in refused if fault is not None)
                progress(len(batch), share_read(stream))

    def told() -> Iterator[Reject]:
        for reject in rejects():
            if len(reasons) < 3:
                reasons.append(f"line {reject.line}: {reject.reason}")
            yield reject

    rejected = write_rejects(errors, told())
    return CouponsImported(total.new, total.already, total.elsewhere, rejected, tuple(reasons))


def take(database: Database, pool: str, codes: Collection[str], now: int) -> coupons.Added:
    """Codes that the pool can take, into it; one that is there twice counts as being there already."""
    once = list(dict.fromkeys(codes))
    added = database.write(lambda db: coupons.add(db, pool, once, now))
    return added._replace(already=added.already + len(codes) - len(once))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, Iterator[_Line]]]:
    with opened(path) as stream:
        text = TextIOWrapper(csv_dialect.in_utf8(stream), "utf-8-sig", "replace", newline=None)
        yield stream, _codes(_numbered(text), path)


def _numbered(text: TextIOWrapper) -> Iterator[_Line]:
    """Lines that hold something, cut where they are endless."""
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        rest = line
        while rest and not rest.endswith("\n"):
            rest = text.readline(LONGEST_LINE)
        if line.strip():
            yield _Line(number, line.rstrip("\n"))


def _codes(lines: Iterator[_Line], path: Path) -> Iterator[_Line]:
    """The code of each line; a first line that names the columns is none."""
    first = next(lines, None)
    if first is None:
        return
    delimiter = csv_dialect.delimiter_of(first.code)
    header = [csv_dialect.column(cell, COLUMNS) for cell in _cells(first.code, delimiter)]
    named = [at for at, cell in enumerate(header) if cell.lower() in COLUMNS]
    if not named and len(header) > 1:
        raise UsageError(f"{path} has several columns, and none of them is called `code`", "name it in the first line")
    for line in lines if named else chain([first], lines):
        cells = _cells(line.code, delimiter) if len(header) > 1 else [line.code.strip().strip('"')]
        found = cells[named[0] if named else 0] if len(cells) == len(header) else line.code
        yield line._replace(code=found.strip())


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
