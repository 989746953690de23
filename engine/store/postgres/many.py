"""A statement that is written for one row, run for many of them at once: its parameters become the columns of one `unnest`.

    UPDATE run SET step = ?, stayed = ? - entered_at WHERE id = ? AND status < 2
    UPDATE run SET step = u.p1, stayed = u.p2 - entered_at
        FROM unnest($1::int4[], $2::int8[], $3::int8[]) AS u(p1, p2, p3) WHERE id = u.p3 AND status < 2

Invariants: the server itself says of which types the parameters are, when it describes the statement for one row. What has a parameter
behind ON CONFLICT, where a row of `unnest` cannot be named, is run row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import psycopg

from engine.store.postgres.statements import numbered
from engine.store.storable import UNKNOWN

_WORDS = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|\b(?:VALUES|SELECT|WHERE|(?<!DISTINCT )FROM|ON CONFLICT)\b"
)
_COLUMN = "u.p"
_ESCAPED = re.compile(rb'\\[^"\\]')  # a control character as JSON has it, which an array does not know


def by_arrays(sql: str, types: Sequence[str]) -> str | None:
    """The statement with an array of these types for each `?`; None where there is no such form."""
    named = numbered(sql, _COLUMN)
    clauses = _clauses(named)
    arrays = ", ".join(f"${number}::{type}[]" for number, type in enumerate(types, 1))
    source = f"unnest({arrays}) AS u({', '.join(f'p{number}' for number in range(1, len(types) + 1))})"
    where = clauses.get("WHERE", len(named))
    match named.split(None, 1)[0]:
        case "UPDATE":
            return f"{named[:where]} {',' if clauses.get('FROM', where) < where else 'FROM'} {source} {named[where:]}"
        case "DELETE":
            return f"{named[:where]} USING {source} {named[where:]}"
        case _:
            return _insert(named, clauses, source)


def _insert(named: str, clauses: dict[str, int], source: str) -> str | None:
    end = clauses.get("ON CONFLICT", len(named))
    conflict = named[end:]
    if _COLUMN in conflict:
        return None
    if "VALUES" in clauses:
        begin = clauses["VALUES"]
        row = named[begin:end].removeprefix("VALUES").strip().removeprefix("(").removesuffix(")")
        return f"{named[:begin]}SELECT {row} FROM {source} {conflict}"
    begin = clauses["SELECT"]
    return f"{named[:begin]}SELECT q.* FROM {source} CROSS JOIN LATERAL ({named[begin:end]}) q {conflict}"


def _clauses(sql: str) -> dict[str, int]:
    """Where each clause of the statement itself begins, not one of a subquery."""
    found: dict[str, int] = {}
    depth = 0
    for token in _WORDS.finditer(sql):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth == 0:
            found.setdefault(token[0], token.start())
    return found


def parameter_types(cursor: psycopg.RawCursor[Any], sql: str) -> list[str]:
    """The types that the server takes the parameters of a statement for."""
    cursor.execute(f"PREPARE described AS {numbered(sql)}")
    cursor.execute(
        "SELECT CAST(type AS TEXT) FROM pg_prepared_statements, unnest(parameter_types) type WHERE name = 'described'"
    )
    types = [type for (type,) in cursor]
    cursor.execute("DEALLOCATE described")
    return types


class ArrayText(bytes):
    """A parameter that is the text of an array; the statement says of which type."""


def columns(rows: Iterable[Sequence[Any]]) -> list[ArrayText]:
    """The rows turned round: an array for each parameter."""
    return [array(orjson.dumps(column)) for column in zip(*rows, strict=True)]


def array(items: bytes) -> ArrayText:
    """A JSON list of texts, numbers and nulls as the text of an array."""
    if b"\\" in items and _ESCAPED.search(items):
        items = b"[" + b",".join(map(_element, orjson.loads(items))) + b"]"
    return ArrayText(b"{" + items[1:-1] + b"}")


def _element(item: Any) -> bytes:
    if not isinstance(item, str):
        return orjson.dumps(item)
    return b'"' + item.replace("\\", "\\\\").replace('"', '\\"').replace("\0", UNKNOWN).encode() + b'"'
