"""Statements for both databases: what a connection can do, a few ways to run one, lists as one parameter, JSON columns as objects.

Invariants: a statement is one text that SQLite and PostgreSQL both take. `?` is a parameter; a list is `AMONG` with the parameter
`listed(…)`. What only one of them has stands in its own folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

from engine.store.counts import Counts
from engine.store.dialects import Dialect

T = TypeVar("T")
N = TypeVar("N", bound=NamedTuple)
Row = dict[str, Any]
Values = Sequence[Any]
NO_DATA: Mapping[str, Any] = {}
AMONG = "IN (SELECT value FROM json_each(?))"  # its parameter: `listed`
NO_LIMIT = 2**62  # for LIMIT: all of them


class Cursor(Protocol):
    """What a statement found."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    @property
    def description(self) -> Any:
        """A sequence for each column; the first of it is the column's name."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside a transaction, of either database."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def counts(self) -> Counts:
        """What this transaction adds to the tally."""

    def execute(self, sql: str, values: Values = (), /) -> Cursor: ...

    def many(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Cursor:
        """The statement once for each row; no key may stand twice in one call. Nothing is returned but the rowcount."""

    def claim(self, sql: str, values: Values = (), of: str = "") -> Cursor:
        """A SELECT whose rows of the tables `of` (their aliases) are locked until the commit; rows that others have locked are left out."""

    def lock(self, sql: str, values: Values = (), of: str = "") -> Cursor:
        """A SELECT whose rows of the tables `of` are locked until the commit; it waits for those that others have locked."""

    def stream(self, sql: str, values: Values = (), /) -> Iterator[Any]:
        """A SELECT of any size whose rows come as they are read: not all of them are in memory."""

    def ids(self, table: str, count: int) -> int:
        """The first of `count` ids for new rows of the table, which nobody else gets."""

    def world(self, exclusive: bool = False) -> None:
        """What is true of all contacts (a pause, a hold, the deployment) stays so until the commit; `exclusive` changes it."""

    def tables(self) -> set[str]:
        """The names of the tables that there are."""


class ListValue(str):
    """A list as one parameter: the text is what SQLite gets, a JSON list."""

    values: list[Any]


def listed(values: Iterable[int | str]) -> ListValue:
    """A list as one parameter, for `AMONG`."""
    found = list(values)
    made = ListValue(orjson.dumps(found).decode())
    made.values = found
    return made


def json_object(text: str | None) -> Mapping[str, Any]:
    found = orjson.loads(text) if text else NO_DATA
    return found if isinstance(found, dict) else NO_DATA


def first(db: Connection, made: Callable[..., T], sql: str, values: Values = ()) -> T | None:
    """The first row, made into something; None where there is none."""
    row = db.execute(sql, values).fetchone()
    return None if row is None else made(*row)


def each(db: Connection, made: Callable[..., T], sql: str, values: Values = ()) -> list[T]:
    """Every row, made into something."""
    return [made(*row) for row in db.execute(sql, values)]


def tuples(db: Connection, kind: type[N], sql: str, values: Values = ()) -> list[N]:
    """Every row as a NamedTuple that has the same columns: four times as fast as `each`."""
    return list(map(partial(tuple.__new__, kind), db.execute(sql, values)))


def number(db: Connection, sql: str, values: Values = ()) -> int | None:
    """The one column of the first row; None where there is no row, or NULL in it."""
    return first(db, lambda found: found, sql, values)


def numbers(db: Connection, sql: str, values: Values = ()) -> list[int]:
    """The one column of every row."""
    return [found for (found,) in db.execute(sql, values)]


def is_there(db: Connection, sql: str, values: Values = ()) -> bool:
    """Whether there is such a row."""
    return db.execute(sql, values).fetchone() is not None


def changes(db: Connection, sql: str, values: Values = ()) -> bool:
    """Whether the statement changed a row."""
    return db.execute(sql, values).rowcount > 0


def rows(db: Connection, sql: str, values: Values = ()) -> list[Row]:
    """Any SELECT as dicts by column name."""
    cursor = db.execute(sql, values)
    keys = [column[0] for column in cursor.description]
    return [dict(zip(keys, row, strict=True)) for row in cursor]
