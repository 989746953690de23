"""The blocks and rules of this environment: the built-in ones, and those of installed packages.

A package names its own in its entry points: blocks in the group `leadoff.blocks`, rules in the group `leadoff.rules`.

Invariants: a package that cannot be used stops the command with its name; nothing of it is left out silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib.metadata import EntryPoint
from types import MappingProxyType

from blocks.registry import REGISTRY
from engine.core.block import Block
from engine.language.diagnostics.findings import FOREIGN_CODE, Finding
from engine.language.lint.context import LintContext
from engine.language.lint.rules import Rule
from engine.language.model.unreadable import CannotSay
from engine.packages import RULES, loaded, unusable

BLOCKS = "leadoff.blocks"


@cache
def registry() -> Mapping[str, type[Block]]:
    """Verb -> block: the built-in ones, then those of installed packages. Raises UsageError when one of these cannot be used."""
    found = dict(REGISTRY)
    for entry, block in loaded(BLOCKS):
        if not (isinstance(block, type) and issubclass(block, Block) and isinstance(getattr(block, "verb", None), str)):
            raise unusable(entry, f"{entry.value} is no subclass of Block with a verb")
        if block.verb in found:
            raise unusable(entry, f'the step "{block.verb}" exists already')
        found[block.verb] = block
    return MappingProxyType(found)


@cache
def foreign_rules() -> tuple[Rule, ...]:
    """The rules of installed packages. Raises UsageError when one cannot be loaded, and when called where one fails."""
    found = []
    for entry, rule in loaded(RULES):
        if not callable(rule):
            raise unusable(entry, f"{entry.value} is no function")
        found.append(partial(_findings, entry, rule))
    return tuple(found)


def _findings(entry: EntryPoint, rule: Rule, world: LintContext) -> Iterator[Finding]:
    try:
        for found in rule(world):
            if not FOREIGN_CODE.fullmatch(found.code):
                raise ValueError(f"the code {found.code} is not like SHOP101, or begins with LO")
            yield found
    except CannotSay:
        raise
    except Exception as error:  # a rule may raise anything
        raise unusable(entry, f"{type(error).__name__}: {error}") from error
