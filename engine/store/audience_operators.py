"""The checks of one field, as SQL.

Invariants: a value is compared only as the JSON type that it has, so that values of different types are never equal. A comparison may be
NULL where it does not hold; its negation is IS NOT TRUE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.language.conditions.operators import folded
from engine.language.conditions.tree import Check, Field, Row
from engine.store.dialects import NOWHERE, Column, Dialect, Nothing, Place, Sql
from engine.store.own_events import Told

_NEVER_STORED = re.compile("[\0\ud800-\udfff]")
_SIGNS = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
_COLUMNS = {"phone": "c.phone", "key": "c.key", "country": "c.region", "timezone": "c.zone"}


def joined(parts: Sequence[Sql], word: str) -> Sql:
    """All parts in brackets, halved again and again: SQLite allows an expression to be 1,000 deep, not longer."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = joined(parts[:half], word), joined(parts[half:], word)
    return Sql(f"({left.text} {word} {right.text})", left.values + right.values)


def comparison(field: Field, dialect: Dialect, at: Told | None = None) -> Sql:
    """All checks hold for the field of the contact `c`, or of the event `e`, which `at` describes."""
    place = _place(field, dialect, at)
    return _all_hold(place, field.checks, dialect)


def _all_hold(place: Place, checks: Sequence[Check], dialect: Dialect) -> Sql:
    return joined([_CHECKS[check.operator](place, check, dialect) for check in checks], "AND")


def _place(field: Field, dialect: Dialect, at: Told | None) -> Place:
    first, *rest = path = field.name.split(".")
    if field.root != "contact" and at is not None and at.fields:
        return at.place(first, rest)
    if field.root == "contact" and first in _COLUMNS:
        return Nothing() if rest else Column(_COLUMNS[first])
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", field.name), "names are checked where conditions are read"
    return dialect.place("c.fields" if field.root == "contact" else "e.data", path)


def _equal(place: Place, operand: Any) -> Sql:
    if isinstance(operand, bool):
        return place.is_bool(operand)
    if not isinstance(operand, str):
        return place.is_number("=", operand)
    return NOWHERE if _NEVER_STORED.search(operand) else Sql(f"{place.text} = ?", (operand,))


def _is(place: Place, check: Check, _: Dialect) -> Sql:
    return _equal(place, check.operand)


def _in(place: Place, check: Check, _: Dialect) -> Sql:
    parts = [_equal(place, item) for item in check.operand if not isinstance(item, str)]
    texts = tuple(item for item in check.operand if isinstance(item, str) and not _NEVER_STORED.search(item))
    if texts:
        parts.append(Sql(f"{place.text} IN ({', '.join('?' * len(texts))})", texts))
    return joined(parts or [NOWHERE], "OR")


def _not(place: Place, check: Check, dialect: Dialect) -> Sql:
    equal = (_in if isinstance(check.operand, tuple) else _is)(place, check, dialect)
    return Sql(f"({place.is_there} AND ({equal.text}) IS NOT TRUE)", equal.values)


def _ordered(place: Place, check: Check, dialect: Dialect) -> Sql:
    sign = _SIGNS[check.operator]
    if not isinstance(check.operand, str):
        return place.is_number(sign, check.operand)
    return Sql(f"({dialect.is_day(place.text)} AND {dialect.by_bytes(place.text)} {sign} ?)", (check.operand,))


def _has(place: Place, check: Check, dialect: Dialect) -> Sql:
    wanted = check.operand
    if not isinstance(wanted, Row):
        return place.has(lambda item: _equal(item, wanted))
    return place.has(lambda item: _is_row(item, wanted, dialect))


def _is_row(item: Place, wanted: Row, dialect: Dialect) -> Sql:
    fields = [_all_hold(item.inside(name), checks, dialect) for name, checks in wanted.fields]
    return joined([Sql(item.is_object), *fields], "AND")


def _count(place: Place, check: Check, dialect: Dialect) -> Sql:
    return _all_hold(place.count(), check.operand, dialect)


def _matches(place: Place, check: Check, dialect: Dialect) -> Sql:
    if _NEVER_STORED.search(check.operand):
        return NOWHERE
    like = re.sub(r"([\\%_])", r"\\\1", folded(check.operand)).replace("*", "%")
    return Sql(f"{dialect.folded(place.text)} LIKE ? ESCAPE '\\'", (like,))


def _exists(place: Place, check: Check, _: Dialect) -> Sql:
    return Sql(place.is_there if check.operand else f"NOT {place.is_there}")


_CHECKS: Mapping[str, Callable[[Place, Check, Dialect], Sql]] = {
    "is": _is,
    "not": _not,
    "in": _in,
    **dict.fromkeys(_SIGNS, _ordered),
    "has": _has,
    "count": _count,
    "matches": _matches,
    "exists": _exists,
}
