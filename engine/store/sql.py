"""Helpers for statements: a few ways to run one, lists as one parameter, JSON columns as objects.

Invariants: the syntax that only SQLite has for lists is here and nowhere else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

T = TypeVar("T")
Row = dict[str, Any]
Values = Sequence[Any] | Mapping[str, Any]
NO_DATA: Mapping[str, Any] = {}
AMONG = "IN (SELECT value FROM json_each(?))"  # its value: `json_list`


def json_list(values: Iterable[int | str]) -> str:
    """A list as one parameter."""
    return orjson.dumps(list(values)).decode()


def json_object(text: str | None) -> Mapping[str, Any]:
    found = orjson.loads(text) if text else NO_DATA
    return found if isinstance(found, dict) else NO_DATA


def first(db: sqlite3.Connection, made: Callable[..., T], sql: str, values: Values = ()) -> T | None:
    """The first row, made into something; None where there is none."""
    row = db.execute(sql, values).fetchone()
    return None if row is None else made(*row)


def each(db: sqlite3.Connection, made: Callable[..., T], sql: str, values: Values = ()) -> list[T]:
    """Every row, made into something."""
    return [made(*row) for row in db.execute(sql, values)]


def number(db: sqlite3.Connection, sql: str, values: Values = ()) -> int | None:
    """The one column of the first row; None where there is no row, or NULL in it."""
    return first(db, lambda found: found, sql, values)


def numbers(db: sqlite3.Connection, sql: str, values: Values = ()) -> list[int]:
    """The one column of every row."""
    return [found for (found,) in db.execute(sql, values)]


def is_there(db: sqlite3.Connection, sql: str, values: Values = ()) -> bool:
    """Whether there is such a row."""
    return db.execute(sql, values).fetchone() is not None


def changes(db: sqlite3.Connection, sql: str, values: Values = ()) -> bool:
    """Whether the statement changed a row."""
    return db.execute(sql, values).rowcount > 0


def rows(db: sqlite3.Connection, sql: str, values: Values = ()) -> list[Row]:
    """Any SELECT as dicts by column name."""
    cursor = db.execute(sql, values)
    keys = [column[0] for column in cursor.description]
    return [dict(zip(keys, row, strict=True)) for row in cursor]
