"""The checks of one field, as SQL.

Invariants: a value is compared only as the JSON type that it has, so that values of different types are never equal. A comparison may be
NULL where it does not hold; its negation is IS NOT TRUE.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.language.conditions.tree import Check, Field

LARGEST = 2**63 - 1  # of SQLite; nothing that is stored comes near
_HALVES = re.compile("[\ud800-\udfff]")
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_SIGNS = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
_COLUMNS = {"phone": "c.phone", "key": "c.key", "country": "c.region", "timezone": "c.zone"}


class Sql(NamedTuple):
    text: str
    values: tuple[Any, ...] = ()


def joined(parts: Sequence[Sql], word: str) -> Sql:
    """All parts in brackets, halved again and again: SQLite allows an expression to be 1,000 deep, not longer."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = joined(parts[:half], word), joined(parts[half:], word)
    return Sql(f"({left.text} {word} {right.text})", left.values + right.values)


def comparison(field: Field) -> Sql:
    """All checks hold for the field of the contact `c`, or of the event `e`."""
    place = _place(field)
    return joined([_CHECKS[check.operator](place, check) for check in field.checks], "AND")


class _Place(NamedTuple):
    """A value as expressions that are NULL where it is something else."""

    type: str
    text: str
    number: str
    items: str  # a table of the list's items


def _place(field: Field) -> _Place:
    first, *rest = field.name.split(".")
    if field.root == "contact" and first in _COLUMNS:
        return _Place("NULL", "NULL", "NULL", "NULL") if rest else _Place("'text'", _COLUMNS[first], "NULL", "NULL")
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", field.name), "names are checked where conditions are read"
    path = "'$" + "".join(f'."{name}"' for name in (first, *rest)) + "'"
    source = "c.fields" if field.root == "contact" else "e.data"
    type, value = f"json_type({source}, {path})", f"json_extract({source}, {path})"
    exact = f"leadoff_number({source} -> {path})"
    return _Place(
        type,
        f"CASE {type} WHEN 'text' THEN {value} END",
        f"CASE {type} WHEN 'integer' THEN {value} WHEN 'real' THEN {exact} END",
        f"json_each({source}, {path})",
    )


def _bound(value: Any) -> Any:
    """As SQLite takes it, equal to the same stored values."""
    if isinstance(value, str):
        return _HALVES.sub("\0", value)  # neither is ever stored
    return max(-LARGEST, min(LARGEST, value)) if isinstance(value, int) else value


def _equal(place: _Place, operand: Any) -> Sql:
    if isinstance(operand, bool):
        return Sql(f"{place.type} = '{str(operand).lower()}'")
    return Sql(f"{place.text if isinstance(operand, str) else place.number} = ?", (_bound(operand),))


def _is(place: _Place, check: Check) -> Sql:
    return _equal(place, check.operand)


def _in(place: _Place, check: Check) -> Sql:
    texts = tuple(_bound(item) for item in check.operand if isinstance(item, str))
    parts = [_equal(place, item) for item in check.operand if not isinstance(item, str)]
    if texts:
        parts.append(Sql(f"{place.text} IN ({', '.join('?' * len(texts))})", texts))
    return joined(parts, "OR")


def _not(place: _Place, check: Check) -> Sql:
    equal = _in(place, check) if isinstance(check.operand, tuple) else _is(place, check)
    return Sql(f"({_there(place)} AND ({equal.text}) IS NOT TRUE)", equal.values)


def _ordered(place: _Place, check: Check) -> Sql:
    sign = _SIGNS[check.operator]
    if not isinstance(check.operand, str):
        return Sql(f"{place.number} {sign} ?", (_bound(check.operand),))
    given = place.text
    instant = f"{given} GLOB '{_DAY}T?*Z' AND substr({given}, 12, length({given}) - 12) NOT GLOB '*[^0-9:.]*'"
    return Sql(f"(({given} GLOB '{_DAY}' OR {instant}) AND {given} {sign} ?)", (check.operand,))


def _has(place: _Place, check: Check) -> Sql:
    if place.items == "NULL":
        return Sql("FALSE")
    number = "CASE WHEN item.type IN ('integer', 'real') THEN item.value END"
    equal = _equal(_Place("item.type", "CASE item.type WHEN 'text' THEN item.value END", number, "NULL"), check.operand)
    # json_each shows a value that is no list as its own only item.
    has = f"EXISTS (SELECT 1 FROM {place.items} item WHERE {equal.text})"
    return Sql(f"({place.type} = 'array' AND {has})", equal.values)


def _matches(place: _Place, check: Check) -> Sql:
    return Sql(f"leadoff_matches(?, {place.text})", (_bound(check.operand),))


def _exists(place: _Place, check: Check) -> Sql:
    return Sql(_there(place) if check.operand else f"NOT {_there(place)}")


def _there(place: _Place) -> str:
    return f"(coalesce({place.type}, 'null') <> 'null')"


_CHECKS: Mapping[str, Callable[[_Place, Check], Sql]] = {
    "is": _is,
    "not": _not,
    "in": _in,
    **dict.fromkeys(_SIGNS, _ordered),
    "has": _has,
    "matches": _matches,
    "exists": _exists,
}
