"""Reads the operand of a field in a condition: a value, a list of values, or a mapping of operators.

Invariants: every error is reported, one per place; the result is plain data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pydantic_core import PydanticCustomError

from engine.language.conditions.operators import _OPERATORS, DAY_OR_INSTANT
from engine.language.conditions.tree import Check, Row
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import kind_of, problem, unknown_key, wrong_kind
from engine.language.values.scalars import is_number, not_unquoted, number_meant

FIELD = r"[A-Za-z][A-Za-z0-9_-]*"
_NAME = re.compile(FIELD)
_OF_NUMBERS = ("is", "not", "in", "above", "at_least", "below", "at_most")
Wrong = Callable[[Loc, PydanticCustomError, object], None]
"""Takes a mistake: its place, what is wrong, the value there."""


def read_operand(value: object, loc: Loc, wrong: Wrong) -> tuple[Check, ...]:
    """What must hold of the field."""
    if isinstance(value, list):
        return (Check("in", _list(value, loc, wrong)),)
    if not isinstance(value, dict):
        return (Check("is", _scalar(value, loc, wrong)),)
    if not value:
        help = "write a value, or an operator such as {at_least: 3}"
        wrong(loc, problem("LO208", "no value or operator for this field", help, at="key"), value)
    checks = []
    for name, operand in value.items():
        read = _READERS.get(name)
        if read is None:
            wrong((*loc, name), unknown_key(name, _READERS), operand)
        else:
            checks.append(Check(name, read(operand, (*loc, name), wrong)))
    return tuple(checks)


def _scalar(value: object, loc: Loc, wrong: Wrong) -> object:
    if value is None:
        help = "to test whether a field exists: {exists: false}"
        wrong(loc, problem("LO205", "this value is missing", help, at="key"), value)
    elif not isinstance(value, str | int | float):
        wrong(loc, problem("LO206", f"expected text, a number, true or false, got {kind_of(value)}"), value)
    return value


def _list(value: object, loc: Loc, wrong: Wrong) -> tuple[object, ...]:
    if not isinstance(value, list):
        wrong(loc, wrong_kind("a list", value), value)
        return ()
    if not value:
        wrong(loc, problem("LO208", "this list is empty, so the condition can never hold", at="key"), value)
    return tuple(_scalar(item, (*loc, index), wrong) for index, item in enumerate(value))


def _one_or_many(value: object, loc: Loc, wrong: Wrong) -> object:
    return _list(value, loc, wrong) if isinstance(value, list) else _scalar(value, loc, wrong)


def _size(value: object, loc: Loc, wrong: Wrong) -> object:
    if not is_number(value) and not (isinstance(value, str) and DAY_OR_INSTANT.fullmatch(value)):
        mistake = not_unquoted("a number", value)
        if number_meant(value) is None:
            help = "only numbers and dates (2027-04-02) can be compared, not text"
            mistake = problem("LO206", f"expected a number, got {kind_of(value)}", help)
        wrong(loc, mistake, value)
    return value


def _item(value: object, loc: Loc, wrong: Wrong) -> object:
    if isinstance(value, list):
        help = "test each one: any: [{contact: {tags: {has: vip}}}, {contact: {tags: {has: gold}}}]"
        wrong(loc, problem("LO206", "`has` takes one value, not a list", help, at="key"), value)
        return None
    return _row(value, loc, wrong) if isinstance(value, dict) else _scalar(value, loc, wrong)


def _row(value: Mapping[str, object], loc: Loc, wrong: Wrong) -> Row:
    """`has: {sku: X, price: {above: 50}}`: one row of the list with all of these."""
    if not value:
        wrong(loc, problem("LO208", "no field of a row is named", "write has: {sku: A-17}", at="key"), value)
    fields = []
    for name, operand in value.items():
        if not _NAME.fullmatch(name):
            help = "a field name is letters, digits and _, starting with a letter"
            wrong((*loc, name), problem("LO232", f'"{name}" is not a field name', help, at="key"), operand)
            continue
        checks = read_operand(operand, (*loc, name), wrong)
        _only(checks, (*_OF_NUMBERS, "matches", "exists"), "a row holds no list", (*loc, name), wrong)
        fields.append((name, checks))
    return Row(tuple(fields))


def _checks(value: object, loc: Loc, wrong: Wrong) -> tuple[Check, ...]:
    """`count: 2`, `count: {at_least: 2}`: checks of a number."""
    checks = read_operand(value, loc, wrong)
    _only(checks, _OF_NUMBERS, "a count is a number", loc, wrong)
    for check in checks:
        for each in check.operand if isinstance(check.operand, tuple) else (check.operand,):
            if check.operator in _OF_NUMBERS and isinstance(each, str | bool):
                place = (*loc, check.operator) if isinstance(value, dict) else loc
                wrong(place, problem("LO206", f"a count is a number, not {kind_of(each)}"), each)
    return checks


def _only(checks: tuple[Check, ...], allowed: tuple[str, ...], why: str, loc: Loc, wrong: Wrong) -> None:
    for check in checks:
        if check.operator not in allowed:
            error = problem("LO201", f'"{check.operator}" is not allowed here: {why}', None, at="key")
            wrong((*loc, check.operator), error, check.operand)


def _text(value: object, loc: Loc, wrong: Wrong) -> object:
    if not isinstance(value, str):
        wrong(loc, wrong_kind("text", value), value)
    return value


def _flag(value: object, loc: Loc, wrong: Wrong) -> object:
    if not isinstance(value, bool):
        wrong(loc, problem("LO206", f"`exists` must be true or false, not {kind_of(value)}"), value)
    return value


_READ_AS = {
    "is": _scalar, "not": _one_or_many, "in": _list, "has": _item, "count": _checks, "matches": _text, "exists": _flag,
    "above": _size, "at_least": _size, "below": _size, "at_most": _size,
}  # fmt: skip
_READERS: Mapping[str, Callable[[object, Loc, Wrong], object]] = {name: _READ_AS[name] for name in _OPERATORS}
