"""Operators on one value: `country: [US, CA]`, `orders: {at_least: 3}`.

Rules kept here: nothing is converted. Values of different kinds are not equal and have no order, and a missing value (None) makes every
operator false, `not` as well; only `exists: false` holds for it. Matching takes linear time, whatever the pattern.
"""

from __future__ import annotations

import operator
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from engine.language.problems import Loc
from engine.language.values import is_number
from engine.language.wording import kind_of, problem, unknown_key, wrong_kind

ValueTest = Callable[[Any], bool]
Wrong = Callable[[Loc, PydanticCustomError, object], None]
"""Takes a mistake: its place, what is wrong, what stands there."""

NUMBERS = (int, float)  # bool is neither: true is not 1
_DAY_OR_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?")
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def read_operand(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    """What stands behind a field: a value, a list of values, or a mapping of operators that must all hold."""
    if not isinstance(value, dict):
        return _in(value, loc, wrong) if isinstance(value, list) else _is(value, loc, wrong)
    if not value:
        wrong(
            loc,
            problem("LO208", "this says nothing about the field", "write a value, or {at_least: 3}", at="key"),
            value,
        )
    tests = []
    for name, operand in value.items():
        read = _OPERATORS.get(name)
        if read is None:
            wrong((*loc, name), unknown_key(name, _OPERATORS), operand)
        else:
            tests.append(read(operand, (*loc, name), wrong))
    if len(tests) == 1:
        return tests[0]
    return lambda given: all([test(given) for test in tests])


def same(operand: object) -> ValueTest:
    """Equal, and of one kind: `true` is not 1, "3" is not 3."""
    if isinstance(operand, bool):
        return lambda given: given is operand
    if isinstance(operand, str):
        return lambda given: bool(given == operand)
    return lambda given: type(given) in NUMBERS and bool(given == operand)


def _scalar(value: object, loc: Loc, wrong: Wrong) -> object:
    if value is None:
        wrong(
            loc,
            problem("LO205", "a value is missing here", "to ask whether a field is there: {exists: false}", at="key"),
            value,
        )
    elif not isinstance(value, str | int | float):
        wrong(loc, problem("LO206", f"a text, a number, true or false is wanted here, not {kind_of(value)}"), value)
    return value


def _is(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    return same(_scalar(value, loc, wrong))


def _in(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    if not isinstance(value, list):
        wrong(loc, wrong_kind("a list", value), value)
        return _never
    if not value:
        wrong(loc, problem("LO208", "this list is empty: nothing is in it", at="key"), value)
    items = [_scalar(item, (*loc, index), wrong) for index, item in enumerate(value)]
    texts = frozenset(item for item in items if isinstance(item, str))
    others = [same(item) for item in items if not isinstance(item, str)]
    if not others:
        return lambda given: type(given) is str and given in texts
    return lambda given: (type(given) is str and given in texts) or any([test(given) for test in others])


def _not(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    equal = _in(value, loc, wrong) if isinstance(value, list) else _is(value, loc, wrong)
    return lambda given: given is not None and not equal(given)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[object, Loc, Wrong], ValueTest]:
    """Numbers by size; days (2027-04-02) and instants by time."""

    def read(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
        if is_number(value):
            return lambda given: type(given) in NUMBERS and compare(given, value)
        if isinstance(value, str) and _DAY_OR_INSTANT.fullmatch(value):
            return lambda given: type(given) is str and bool(_DAY_OR_INSTANT.fullmatch(given)) and compare(given, value)
        help = (
            f"write it without quotes: {value}" if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", str(value)) else None
        )
        help = help or "numbers and days (2027-04-02) have an order; texts have none"
        wrong(loc, problem("LO206", f"a number is wanted here, not {kind_of(value)}", help), value)
        return _never

    return read


def _has(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    if isinstance(value, list):
        help = "ask for each: any: [{contact: {tags: {has: vip}}}, {contact: {tags: {has: gold}}}]"
        wrong(loc, problem("LO206", "has takes one value, not a list", help, at="key"), value)
        return _never
    equal = same(_scalar(value, loc, wrong))
    return lambda given: type(given) in (list, tuple) and any([equal(item) for item in given])


def _matches(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    if not isinstance(value, str):
        wrong(loc, wrong_kind("a text", value), value)
        return _never
    return pattern(value)


def _exists(value: object, loc: Loc, wrong: Wrong) -> ValueTest:
    if not isinstance(value, bool):
        wrong(loc, problem("LO206", f"exists is true or false, not {kind_of(value)}"), value)
    return (lambda given: given is not None) if value else (lambda given: given is None)


def _never(given: object) -> bool:
    return False


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def pattern(written: str) -> ValueTest:
    """The whole text, `*` for any characters, ASCII case aside."""
    pieces = _folded(written).split("*")
    first, last, between = pieces[0], pieces[-1], [piece for piece in pieces[1:-1] if piece]
    if len(pieces) == 1:
        return lambda given: type(given) is str and _folded(given) == first

    def matches(given: Any) -> bool:
        if type(given) is not str or len(given) < len(first) + len(last):
            return False
        text = _folded(given)
        return (
            text.startswith(first)
            and text.endswith(last)
            and _in_order(between, text, len(first), len(text) - len(last))
        )

    return matches


def _in_order(pieces: Iterable[str], text: str, at: int, end: int) -> bool:
    # With `*` alone the leftmost place of each piece is always a right one: there is nothing to go back to.
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


_OPERATORS: Mapping[str, Callable[[object, Loc, Wrong], ValueTest]] = {
    "is": _is,
    "not": _not,
    "in": _in,
    "above": _ordered(operator.gt),
    "at_least": _ordered(operator.ge),
    "below": _ordered(operator.lt),
    "at_most": _ordered(operator.le),
    "has": _has,
    "matches": _matches,
    "exists": _exists,
}
