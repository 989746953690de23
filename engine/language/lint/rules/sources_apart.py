"""LO710: two sources whose names mean the same environment variable."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.language.rule_api import Finding, LintContext, finding, secret_variables


def sources_apart(world: LintContext) -> Iterator[Finding]:
    if "sources" in world.unknown:
        return
    for one, other in combinations(world.project.sources, 2):
        both = set(secret_variables(one)) & set(secret_variables(other))
        if both:
            message = f'"{one}" and "{other}" would both read {min(both)}'
            help = "both would take the same secret: rename one of them"
            yield finding(world.document, "LO710", message, ("sources", other), help, at="key")
