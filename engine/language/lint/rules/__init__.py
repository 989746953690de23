"""Checks that look at more than one place, one a file: a function of the file's name takes the LintContext and yields findings."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module

from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import LintContext
from engine.language.model.unreadable import CannotSay

Rule = Callable[[LintContext], Iterable[Finding]]


@cache
def built_in() -> tuple[Rule, ...]:
    """The rules of this folder."""
    return tuple(
        getattr(import_module(f"{__name__}.{file.name}"), file.name) for file in pkgutil.iter_modules(__path__)
    )


def said_by(rule: Rule, world: LintContext) -> list[Finding]:
    """The findings of a rule. After a value that could not be read it yields no more of that file: its answer would be a guess."""
    try:
        return list(rule(world))
    except CannotSay:
        parts = [world._replace(drafts=(draft,)) for draft in world.drafts]
        return [found for part in (world._replace(drafts=()), *parts) for found in _as_far_as(rule(part))]


def _as_far_as(findings: Iterable[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except CannotSay:
        return
