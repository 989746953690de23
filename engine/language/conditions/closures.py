"""From a condition's tree to one function over a Context.

Rules kept here: parts are asked in the order in which they are written, and no further than the answer needs. What is known when a file
is read is settled then, not for every contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.core.context import Context, Test
from engine.language.conditions import fact_tests
from engine.language.conditions.fact_tests import DefaultSince
from engine.language.conditions.operators import value_test
from engine.language.conditions.time_test import time_test
from engine.language.conditions.tree import (
    All,
    AnyOf,
    Clicked,
    Field,
    Happened,
    InSegment,
    Message,
    Not,
    Replied,
    Time,
    Tree,
)
from engine.language.templates.getters import value_reader


def closure(tree: Tree, default: DefaultSince) -> Test:
    """The condition as a function; `default` is where an unwritten `since` begins. "ever" is for segments, which know of no run."""
    return _MAKERS[type(tree)](tree, default)


def _field(tree: Field, default: DefaultSince) -> Test:
    read, test = value_reader(tree.root, tree.name.split(".")), value_test(tree.checks)
    return lambda ctx: test(read(ctx))


def _all(tree: All, default: DefaultSince) -> Test:
    tests = _each(tree.parts, default)
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


def _any(tree: AnyOf, default: DefaultSince) -> Test:
    tests = _each(tree.parts, default)

    def some(ctx: Context) -> bool:
        for test in tests:
            if test(ctx):
                return True
        return False

    return some


def _each(parts: Sequence[Tree], default: DefaultSince) -> list[Test]:
    return [closure(part, default) for part in parts]


def _not(tree: Not, default: DefaultSince) -> Test:
    test = closure(tree.part, default)
    return lambda ctx: not test(ctx)


def _happened(tree: Happened, default: DefaultSince) -> Test:
    begins = fact_tests.beginning(tree.since, tree.within, default)
    where = None if tree.where is None else closure(tree.where, default)
    return fact_tests.happened(tree.event, begins, tree.at_least, where, tree.same, in_run=default != "ever")


def _clicked(tree: Clicked, default: DefaultSince) -> Test:
    return fact_tests.clicked(tree.link, fact_tests.beginning(tree.since, None, default))


def _replied(tree: Replied, default: DefaultSince) -> Test:
    return fact_tests.replied(tree.matches, fact_tests.beginning(tree.since, None, default))


def _message(tree: Message, default: DefaultSince) -> Test:
    return fact_tests.message(tree.step, tree.state)


def _in_segment(tree: InSegment, default: DefaultSince) -> Test:
    name = tree.name
    return lambda ctx: ctx.program.settings.segments[name].holds(ctx)


def _time(tree: Time, default: DefaultSince) -> Test:
    holds = time_test(tree)
    return lambda ctx: holds(ctx.until, ctx.facts.person.zone)


_MAKERS: Mapping[type, Callable[[Any, DefaultSince], Test]] = {
    All: _all,
    AnyOf: _any,
    Not: _not,
    Field: _field,
    Happened: _happened,
    Clicked: _clicked,
    Replied: _replied,
    Message: _message,
    InSegment: _in_segment,
    Time: _time,
}
