"""The expressions that SQLite and PostgreSQL write differently: what is inside of a JSON column, letters, bytes.

Invariants: both give the same answer, and that of Python. A number is compared exactly, as Python does: whole ones and floats with each
other as well. A place where nothing is, or something of another type, is NULL.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

_MOST_COUNTED = 2**31 - 1  # no list comes near
LARGEST = 2**63 - 1  # of SQLite; nothing that is stored comes near
_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


class Sql(NamedTuple):
    """SQL and the values of its parameters."""

    text: str
    values: tuple[Any, ...] = ()


NOWHERE = Sql("FALSE")


class Place(ABC):
    """A value of any JSON type, as expressions."""

    text: str
    """It, where it is a text."""
    is_there: str
    """Whether it is anything but null; never NULL."""
    is_object: str
    """Whether it has keys."""

    @abstractmethod
    def is_bool(self, wanted: bool) -> Sql: ...

    @abstractmethod
    def is_number(self, sign: str, wanted: float) -> Sql:
        """Whether it is a number that stands so to that one; `sign`: = < <= > >=."""

    @abstractmethod
    def has(self, holds: Callable[[Place], Sql]) -> Sql:
        """Whether it is a list, and that holds for one of its items."""

    @abstractmethod
    def inside(self, name: str) -> Place:
        """The value of that key, where it is an object."""

    @abstractmethod
    def count(self) -> Place:
        """How many items it has, where it is a list."""


class Column(Place):
    """A column of texts."""

    is_there = "TRUE"
    is_object = "FALSE"

    def __init__(self, name: str) -> None:
        self.text = name

    def is_bool(self, wanted: bool) -> Sql:
        return NOWHERE

    def is_number(self, sign: str, wanted: float) -> Sql:
        return NOWHERE

    def has(self, holds: Callable[[Place], Sql]) -> Sql:
        return NOWHERE

    def inside(self, name: str) -> Place:
        return Nothing()

    def count(self) -> Place:
        return Nothing()


class OptionalColumn(Column):
    """The same, which may be NULL."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_there = f"({name} IS NOT NULL)"


class Nothing(Column):
    """Where nothing can be."""

    is_there = "FALSE"

    def __init__(self) -> None:
        super().__init__("NULL")


class _Count(Nothing):
    """A whole number or NULL, as an expression."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self._number = number
        self.is_there = f"({number} IS NOT NULL)"

    def is_number(self, sign: str, wanted: float) -> Sql:
        sign, bound = _whole_beside(sign, wanted)
        return Sql(f"{self._number} {sign} ?", (bound,))


class Dialect(ABC):
    """A connection has one."""

    @abstractmethod
    def place(self, column: str, path: Sequence[str]) -> Place:
        """The place inside of a JSON column; each name of the path is a key of an object."""

    @abstractmethod
    def is_day(self, text: str) -> str:
        """Whether a text is a day (2027-04-02) or an instant (2027-04-02T10:00:00Z)."""

    @abstractmethod
    def by_bytes(self, text: str) -> str:
        """It, to be compared by its bytes in UTF-8, and so by its characters' numbers."""

    @abstractmethod
    def locked(self, table: str, where: str) -> str:
        """Rows of the table, which are locked until the commit in the order of their ids, for a FROM."""

    @abstractmethod
    def folded(self, text: str) -> str:
        """It with small letters in place of A to Z and of no other, to be compared by LIKE."""


class _SqlitePlace(Place):
    def __init__(self, type: str, value: str, exact: str, column: str = "", path: str = "") -> None:
        self._type, self._value, self._exact = type, value, exact
        self._column, self._path = column, path
        self.text = f"CASE {type} WHEN 'text' THEN {value} END"
        self.is_there = f"(COALESCE({type}, 'null') <> 'null')"
        self.is_object = f"({type} = 'object')"

    def is_bool(self, wanted: bool) -> Sql:
        return Sql(f"{self._type} = '{str(wanted).lower()}'")

    def is_number(self, sign: str, wanted: float) -> Sql:
        bound = max(-LARGEST, min(LARGEST, wanted)) if isinstance(wanted, int) else wanted
        number = f"CASE {self._type} WHEN 'integer' THEN {self._value} WHEN 'real' THEN {self._exact} END"
        return Sql(f"{number} {sign} ?", (bound,))

    def has(self, holds: Callable[[Place], Sql]) -> Sql:
        item = holds(_SqlitePlace("item.type", "item.value", "item.value"))
        # json_each shows a value that is no list as its own only item.
        has = f"EXISTS (SELECT 1 FROM json_each({self._column}, {self._path}) item WHERE {item.text})"
        return Sql(f"({self._type} = 'array' AND {has})", item.values)

    def inside(self, name: str) -> Place:
        return SQLITE.place(f"(CASE {self._type} WHEN 'object' THEN {self._value} END)", (name,))

    def count(self) -> Place:
        return _Count(f"CASE {self._type} WHEN 'array' THEN json_array_length({self._value}) END")


class Sqlite(Dialect):
    def place(self, column: str, path: Sequence[str]) -> Place:
        where = "'$" + "".join(f'."{name}"' for name in path) + "'"
        return _SqlitePlace(
            f"json_type({column}, {where})",
            f"json_extract({column}, {where})",
            f"leadoff_number({column} -> {where})",
            column,
            where,
        )

    def is_day(self, text: str) -> str:
        instant = f"{text} GLOB '{_DAY}T?*Z' AND SUBSTR({text}, 12, LENGTH({text}) - 12) NOT GLOB '*[^0-9:.]*'"
        return f"({text} GLOB '{_DAY}' OR {instant})"

    def by_bytes(self, text: str) -> str:
        return text

    def locked(self, table: str, where: str) -> str:
        return f"(SELECT * FROM {table} WHERE {where})"  # who writes is alone

    def folded(self, text: str) -> str:
        return text  # LIKE does it


class _PostgresPlace(Place):
    def __init__(self, value: str) -> None:
        """`value`: an expression of type json."""
        self._value, self._type, self._written = value, f"json_typeof({value})", f"CAST({value} AS TEXT)"
        self.text = f"CASE {self._type} WHEN 'string' THEN {value} #>> '{{}}' END"
        self.is_there = f"(COALESCE({self._type}, 'null') <> 'null')"
        self.is_object = f"({self._type} = 'object')"

    def is_bool(self, wanted: bool) -> Sql:
        return Sql(f"({self._type} = 'boolean' AND {self._written} = '{str(wanted).lower()}')")

    def is_number(self, sign: str, wanted: float) -> Sql:
        """A whole number and a float have no type in which they are compared exactly: each gets an operand of its own."""
        float_sign, nearest = _beside(sign, wanted)
        return Sql(
            f"CASE WHEN {self._type} <> 'number' THEN FALSE WHEN {self._written} ~ '[.eE]'"
            f" THEN CAST({self._written} AS DOUBLE PRECISION) {float_sign} CAST(? AS DOUBLE PRECISION)"
            f" ELSE CAST({self._written} AS NUMERIC) {sign} CAST(? AS NUMERIC) END",
            (nearest, Decimal(wanted)),
        )

    def has(self, holds: Callable[[Place], Sql]) -> Sql:
        item = holds(_PostgresPlace("item.value"))
        items = f"json_array_elements(CASE {self._type} WHEN 'array' THEN {self._value} END)"
        return Sql(f"EXISTS (SELECT 1 FROM {items} item(value) WHERE {item.text})", item.values)

    def inside(self, name: str) -> Place:
        return _PostgresPlace(f"({self._value} -> '{name}')")

    def count(self) -> Place:
        return _Count(f"json_array_length(CASE {self._type} WHEN 'array' THEN {self._value} END)")


def _whole_beside(sign: str, wanted: float) -> tuple[str, int]:
    """Sign and small whole number that say of every count what `sign` and `wanted` say."""
    if sign == "=":
        return sign, int(wanted) if 0 <= wanted <= _MOST_COUNTED and wanted == int(wanted) else -1
    bound = max(-1, min(_MOST_COUNTED, wanted))
    return sign, math.floor(bound) if sign in (">", "<=") else math.ceil(bound)


def _beside(sign: str, wanted: float) -> tuple[str, float]:
    """Sign and float that say of every float what `sign` and `wanted` say; no float equals NaN."""
    try:
        nearest = float(wanted)
    except OverflowError:
        nearest = math.inf if wanted > 0 else -math.inf
    if nearest == wanted:
        return sign, nearest
    if sign == "=":
        return sign, math.nan
    below = nearest if nearest < wanted else math.nextafter(nearest, -math.inf)
    return (">", below) if sign in (">", ">=") else ("<=", below)


class Postgres(Dialect):
    def place(self, column: str, path: Sequence[str]) -> Place:
        return _PostgresPlace("(" + " -> ".join([column, *(f"'{name}'" for name in path)]) + ")")

    def is_day(self, text: str) -> str:
        return f"""({self.by_bytes(text)} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T[0-9:.]+Z)?$')"""

    def by_bytes(self, text: str) -> str:
        return f'({text}) COLLATE "C"'

    def locked(self, table: str, where: str) -> str:
        return f"(SELECT * FROM {table} WHERE {where} ORDER BY id FOR UPDATE)"

    def folded(self, text: str) -> str:
        return f"LOWER({self.by_bytes(text)})"


SQLITE: Dialect = Sqlite()
POSTGRES: Dialect = Postgres()
