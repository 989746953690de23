"""Small helpers for statements: lists as one parameter, rows as dicts, JSON columns as objects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

NO_DATA: Mapping[str, Any] = {}


def json_object(text: str | None) -> Mapping[str, Any]:
    found = orjson.loads(text) if text else NO_DATA
    return found if isinstance(found, dict) else NO_DATA


def json_list(values: Iterable[int | str]) -> str:
    """A list as one JSON parameter, for `IN (SELECT value FROM json_each(?))`."""
    return orjson.dumps(list(values)).decode()


Row = dict[str, Any]


def rows(db: sqlite3.Connection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Any SELECT as dicts by column name."""
    cursor = db.execute(sql, values)
    keys = [column[0] for column in cursor.description]
    return [dict(zip(keys, row, strict=True)) for row in cursor]
