"""Turns the tree of a condition into one function over a Context.

Invariants: parts are evaluated in the order in which they are written, and only as far as needed. Everything that is known when the file is
read is computed then, not for every contact.
"""

from __future__ import annotations

from functools import singledispatch

from engine.core.context import Context, Test
from engine.language.conditions import fact_tests
from engine.language.conditions import tree as trees
from engine.language.conditions.fact_tests import DefaultSince
from engine.language.conditions.operators import value_test
from engine.language.conditions.time_test import time_test
from engine.language.templates.getters import value_reader


@singledispatch
def closure(tree: trees.Tree, default: DefaultSince) -> Test:
    """The condition as a function; `default` is where an unwritten `since` begins. "ever" is for segments, which know of no run."""
    raise TypeError(f"{tree!r} is no condition")


@closure.register
def _(tree: trees.Field, default: DefaultSince) -> Test:
    read, test = value_reader(tree.root, tree.name.split(".")), value_test(tree.checks)
    return lambda ctx: test(read(ctx))


@closure.register
def _(tree: trees.All, default: DefaultSince) -> Test:
    tests = [closure(part, default) for part in tree.parts]
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda ctx: first(ctx) and second(ctx)

    def every(ctx: Context) -> bool:
        for test in tests:  # half the time of a generator
            if not test(ctx):
                return False
        return True

    return every


@closure.register
def _(tree: trees.AnyOf, default: DefaultSince) -> Test:
    tests = [closure(part, default) for part in tree.parts]

    def some(ctx: Context) -> bool:
        for test in tests:
            if test(ctx):
                return True
        return False

    return some


@closure.register
def _(tree: trees.Not, default: DefaultSince) -> Test:
    test = closure(tree.part, default)
    return lambda ctx: not test(ctx)


@closure.register
def _(tree: trees.Happened, default: DefaultSince) -> Test:
    return fact_tests.happened(tree, default, None if tree.where is None else closure(tree.where, default))


@closure.register
def _(tree: trees.InSegment, default: DefaultSince) -> Test:
    name = tree.name
    return lambda ctx: ctx.program.settings.segments[name].holds(ctx)


@closure.register
def _(tree: trees.Time, default: DefaultSince) -> Test:
    holds = time_test(tree)
    return lambda ctx: holds(ctx.until, ctx.facts.person.zone)


closure.register(trees.Clicked, fact_tests.clicked)
closure.register(trees.Replied, fact_tests.replied)
closure.register(trees.Message, fact_tests.message)
