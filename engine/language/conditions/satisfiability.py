"""What can be proved of a condition alone: that it never holds, always holds, or holds whenever another does.

Invariants: only certain results are reported; long conditions are skipped. Values are compared by the operators themselves, so this and the
engine never differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from engine.language.conditions.operators import ValueTest, value_test
from engine.language.conditions.tree import All, AnyOf, Check, Clicked, Field, Happened, Not, Replied, Row, Tree

_COUNT = " | count"
MOST = 40  # parts of one condition that are compared with one another


def plain(tree: Tree) -> Tree:
    """The normal form: no collection of one, one check per field, `since` written out."""
    if isinstance(tree, All):
        parts = tuple(each for part in tree.parts for each in conjuncts(plain(part)))
        return parts[0] if len(parts) == 1 else All(parts)
    if isinstance(tree, AnyOf):
        choices = tuple(plain(part) for part in tree.parts)
        return choices[0] if len(choices) == 1 else AnyOf(choices)
    if isinstance(tree, Not):
        return negated(plain(tree.part))
    if isinstance(tree, Field):
        parts = tuple(_of_check(tree, check) for check in tree.checks)
        return parts[0] if len(parts) == 1 else All(tuple(each for part in parts for each in conjuncts(part)))
    if isinstance(tree, Happened) and tree.since is None:
        return tree._replace(since="ever" if tree.within else "entry")  # `within` alone looks back over the entry
    if isinstance(tree, Clicked | Replied) and tree.since is None:
        return tree._replace(since="entry")
    return tree


def _of_check(tree: Field, check: Check) -> Tree:
    """How many rows a list has is a field of its own here: a number."""
    if check.operator == "count":
        return plain(tree._replace(name=tree.name + _COUNT, checks=check.operand))
    return tree._replace(checks=(check,))


def never(tree: Tree) -> str | None:
    """Why this plain tree can never hold; None where it may."""
    if isinstance(tree, Field):
        return next((reason for check in tree.checks if (reason := _no_row(tree, check))), None)
    if isinstance(tree, All):
        return next((reason for each in tree.parts if (reason := never(each))), None) or _at_odds(tree.parts)
    if isinstance(tree, AnyOf):
        reasons = [never(each) for each in tree.parts]
        return reasons[0] if reasons and all(reasons) else None
    return always(tree.part) if isinstance(tree, Not) else None


def always(tree: Tree) -> str | None:
    """Why this plain tree always holds; None where it may not."""
    if isinstance(tree, All):
        reasons = [always(each) for each in tree.parts]
        return reasons[0] if reasons and all(reasons) else None
    if isinstance(tree, AnyOf):
        reason = next((reason for each in tree.parts if (reason := always(each))), None)
        return reason or ("one of these always holds" if _cover_all(tree.parts) else None)
    return never(tree.part) if isinstance(tree, Not) else None


def holds_with(tree: Tree, other: Tree) -> bool:
    """Whenever the plain `tree` holds, the plain `other` does too."""
    if isinstance(other, All):
        return all(holds_with(tree, each) for each in other.parts)
    if isinstance(other, AnyOf) and any(holds_with(tree, each) for each in other.parts):
        return True
    parts = list(conjuncts(tree))
    return len(parts) <= MOST and any(_gives(each, other) for each in parts)


def negated(tree: Tree) -> Tree:
    return tree.part if isinstance(tree, Not) else Not(tree)


def conjuncts(tree: Tree) -> Iterator[Tree]:
    """All that must hold at once."""
    return iter(tree.parts) if isinstance(tree, All) else iter((tree,))


def _cover_all(parts: tuple[Tree, ...]) -> bool:
    return len(parts) <= MOST and any(holds_with(negated(one), other) for one, other in combinations(parts, 2))


def _at_odds(parts: tuple[Tree, ...]) -> str | None:
    if len(parts) > MOST:
        return None
    asked = All(tuple(each for each in parts if not isinstance(each, Not)))
    if any(isinstance(each, Not) and holds_with(asked, each.part) for each in parts):
        return "it requires something and its opposite"
    fields: dict[tuple[str, str], list[Check]] = {}
    for each in parts:
        if isinstance(each, Field):
            fields.setdefault((each.root, each.name), []).extend(each.checks)
            if each.checks[0].operator == "has":  # then it has a row
                fields.setdefault((each.root, each.name + _COUNT), []).append(Check("at_least", 1))
            if each.name.endswith(_COUNT):  # then there is a list
                fields.setdefault((each.root, each.name.removesuffix(_COUNT)), []).append(Check("exists", True))
    excluded = next((key for key, checks in fields.items() if _excluded(checks)), None)
    return f"no value of {'.'.join(excluded)} satisfies all of these" if excluded else None


def _gives(tree: Tree, other: Tree) -> bool:
    if isinstance(tree, AnyOf):
        return bool(tree.parts) and all(holds_with(each, other) for each in tree.parts)
    if isinstance(tree, Not) and isinstance(other, Not):
        return holds_with(other.part, tree.part)
    if isinstance(tree, Field) and isinstance(other, Field):
        return (tree.root, tree.name) == (other.root, other.name) and _check_gives(tree.checks[0], other.checks[0])
    if isinstance(tree, Happened | Clicked | Replied) and type(tree) is type(other):
        return _fact_gives(tree, other)
    # By their words: tuples of different kinds, and 1 and true, are equal to Python.
    return repr(tree) == repr(other)


def _fact_gives(tree: Any, other: Any) -> bool:
    if isinstance(tree, Clicked) and other.link is None:
        tree = tree._replace(link=None)
    if isinstance(tree, Happened) and tree.at_least >= other.at_least:
        tree = tree._replace(at_least=other.at_least)
        tree = tree._replace(**{name: None for name in ("within", "where", "same") if getattr(other, name) is None})
    if isinstance(tree, Replied) and other.matches is None:
        tree = tree._replace(matches=None)
    # A start at a step is after the entry.
    if other.since == "ever" or (other.since == "entry" and tree.since != "ever"):
        tree = tree._replace(since=other.since)
    return repr(tree) == repr(other)


def _check_gives(check: Check, other: Check) -> bool:
    if other.operator == "exists":
        return other.operand is (check.operator != "exists" or check.operand)
    values = _values(check)
    return repr(check) == repr(other) or (bool(values) and all(_test(other)(value) for value in values))


def _no_row(tree: Field, check: Check) -> str | None:
    wanted = check.operand.fields if isinstance(check.operand, Row) else ()
    excluded = next((name for name, checks in wanted if _excluded(list(checks))), None)
    return f"no value of {tree.root}.{tree.name}[].{excluded} satisfies all of these" if excluded else None


def _excluded(checks: list[Check]) -> bool:
    """No value passes all of them."""
    missing = [each for each in checks if each.operator == "exists" and each.operand is False]
    if missing and len(missing) < len(checks):
        return True
    exact = next((each for each in checks if _values(each)), None)
    if exact is not None:
        tests = [_test(each) for each in checks]
        return not any(all(test(value) for test in tests) for value in _values(exact))
    low = [(each.operand, each.operator == "above") for each in checks if each.operator in ("above", "at_least")]
    high = [(each.operand, each.operator == "below") for each in checks if each.operator in ("below", "at_most")]
    return any(_crossed(*one, *other) for one in low for other in high)


def _crossed(low: Any, above: bool, high: Any, below: bool) -> bool:
    if isinstance(low, str) == isinstance(high, str):
        return bool(low > high or (low == high and (above or below)))
    return True  # a number and a day: nothing is both


def _values(check: Check) -> list[Any]:
    """The values that it allows, where they are counted."""
    if check.operator == "in":
        return list(check.operand)
    return [check.operand] if check.operator == "is" else []


def _test(check: Check) -> ValueTest:
    return value_test((check,))
