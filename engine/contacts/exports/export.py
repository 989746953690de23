"""What an export of another program is: where it keeps the number, and how a row of it becomes a row of ours.

Invariants: consent is taken from a column that is about texts, never from one about e-mail; a cell that says neither yes nor
"unsubscribed" says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

Cells = Mapping[str, str]
"""Folded name of a column (`csv_dialect.folded`) -> its cell."""


class Export(NamedTuple):
    """`phones`: the columns that may hold the number; a file has one. `marks`: columns that only such exports have; a file has one at
    least. `read`: our columns of a row; no `phone` where it has none.
    """

    name: str
    phones: tuple[str, ...]
    marks: tuple[str, ...]
    read: Callable[[Cells], dict[str, str]]

    def uses(self) -> set[str]:
        """The folded names of the columns that it reads: of a row without cells it tries all, and some only beside a number."""
        asked = [_Asked(cell) for cell in ("", "1")]
        for cells in asked:
            self.read(cells)
        return asked[0].names | asked[1].names


class _Asked(Mapping[str, str]):
    """A row with the same cell in every column, which notes the columns that are read."""

    def __init__(self, cell: str) -> None:
        self._cell, self.names = cell, set[str]()

    def __getitem__(self, column: str) -> str:
        self.names.add(column)
        return self._cell

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def first(cells: Cells, *columns: str) -> str:
    """The first cell of these columns, by their folded names, that is not empty."""
    return next((cells[column] for column in columns if cells.get(column)), "")


def consent(cell: str) -> str:
    """`subscribed`, `unsubscribed`, or nothing."""
    said = cell.strip().casefold()
    if said in ("yes", "true", "1", "subscribed"):
        return "subscribed"
    return "unsubscribed" if said == "unsubscribed" else ""


def instant(cell: str) -> str:
    """A time as ISO 8601 with its offset; UTC where the file states none; empty where it is no time."""
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        return ""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def tags(cell: str) -> str:
    """Words with commas between them, as our own columns have tags."""
    return "|".join(word.strip().strip('"') for word in cell.split(","))


def day(cell: str) -> str:
    """The cell where it is a day, `2001-02-03`; else nothing: a contact is not refused for it."""
    return cell if len(cell) == 10 and instant(cell) else ""
