"""The operators on one value, as closures: `country: [US, CA]`, `orders: {at_least: 3}`.

Invariants: nothing is converted. Values of different types are not equal and have no order. A missing value (None) makes every operator
false, `not` too; only `exists: false` is true. Matching takes linear time for every pattern.
"""

from __future__ import annotations

import operator
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.language.conditions.tree import Check, Row

ValueTest = Callable[[Any], bool]

NUMBERS = (int, float)  # bool is neither: true is not 1
DAY_OR_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?")
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def value_test(checks: Sequence[Check]) -> ValueTest:
    """All checks as one function."""
    tests = [_OPERATORS[check.operator](check.operand) for check in checks]
    if len(tests) == 1:
        return tests[0]
    return lambda given: all([test(given) for test in tests])


def same(operand: object) -> ValueTest:
    """Equal, and of one kind: `true` is not 1, "3" is not 3; None and lists equal nothing."""
    if isinstance(operand, bool):
        return lambda given: given is operand
    if isinstance(operand, str):
        return lambda given: bool(given == operand)
    if isinstance(operand, NUMBERS):
        return lambda given: type(given) in NUMBERS and bool(given == operand)
    return lambda given: False


def _in(items: Any) -> ValueTest:
    texts = frozenset(item for item in items if isinstance(item, str))
    others = [same(item) for item in items if not isinstance(item, str)]
    if not others:
        return lambda given: type(given) is str and given in texts
    return lambda given: (type(given) is str and given in texts) or any([test(given) for test in others])


def _not(operand: Any) -> ValueTest:
    equal = _in(operand) if isinstance(operand, tuple) else same(operand)
    return lambda given: given is not None and not equal(given)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any], ValueTest]:
    """Numbers by size; days (2027-04-02) and instants by time."""

    def test(operand: Any) -> ValueTest:
        if isinstance(operand, str):
            day = DAY_OR_INSTANT.fullmatch
            return lambda given: type(given) is str and bool(day(given)) and compare(given, operand)
        return lambda given: type(given) in NUMBERS and compare(given, operand)

    return test


def _has(operand: Any) -> ValueTest:
    fits = _row(operand) if isinstance(operand, Row) else same(operand)
    return lambda given: type(given) in (list, tuple) and any([fits(item) for item in given])


def _row(wanted: Row) -> ValueTest:
    tests = [(name, value_test(checks)) for name, checks in wanted.fields]
    return lambda given: isinstance(given, Mapping) and all([test(given.get(name)) for name, test in tests])


def _count(operand: Any) -> ValueTest:
    test = value_test(operand)
    return lambda given: type(given) in (list, tuple) and test(len(given))


def _exists(operand: Any) -> ValueTest:
    return (lambda given: given is not None) if operand else (lambda given: given is None)


def folded(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def pattern(written: str) -> ValueTest:
    """Matches the whole text; `*` stands for any characters; ASCII case is ignored."""
    pieces = folded(written).split("*")
    first, last, between = pieces[0], pieces[-1], [piece for piece in pieces[1:-1] if piece]
    if len(pieces) == 1:
        return lambda given: type(given) is str and folded(given) == first

    def matches(given: Any) -> bool:
        if type(given) is not str or len(given) < len(first) + len(last):
            return False
        text = folded(given)
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


_OPERATORS: Mapping[str, Callable[[Any], ValueTest]] = {
    "is": same,
    "not": _not,
    "in": _in,
    "above": _ordered(operator.gt),
    "at_least": _ordered(operator.ge),
    "below": _ordered(operator.lt),
    "at_most": _ordered(operator.le),
    "has": _has,
    "count": _count,
    "matches": pattern,
    "exists": _exists,
}
