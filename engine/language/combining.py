"""How parts of a condition become one function.

Rules kept here: parts are asked in the order in which they are written, and no further than the answer needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.core.program import Context, Test
from engine.language.getters import value_reader
from engine.language.happenings import DefaultSince
from engine.language.operators import ValueTest

Build = Callable[[DefaultSince], Test]
"""A condition that still has to be told where an unwritten `since` begins."""


def of_field(root: str, name: str, test: ValueTest) -> Build:
    read = value_reader(root, name.split("."))

    def holds(ctx: Context) -> bool:
        return test(read(ctx))

    return lambda default: holds


def all_of(builds: Sequence[Build]) -> Build:
    return builds[0] if len(builds) == 1 else lambda default: _every([build(default) for build in builds])


def _every(tests: Sequence[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda ctx: first(ctx) and second(ctx)

    def every(ctx: Context) -> bool:
        for test in tests:  # half the time of a generator
            if not test(ctx):
                return False
        return True

    return every


def any_of(builds: Sequence[Build]) -> Build:
    def build(default: DefaultSince) -> Test:
        tests = [each(default) for each in builds]

        def some(ctx: Context) -> bool:
            for test in tests:
                if test(ctx):
                    return True
            return False

        return some

    return build


def negation(build: Build) -> Build:
    def negated(default: DefaultSince) -> Test:
        test = build(default)
        return lambda ctx: not test(ctx)

    return negated


def nothing(default: DefaultSince) -> Test:
    """Stands for what could not be read; no condition with a mistake is ever asked."""
    return lambda ctx: False
