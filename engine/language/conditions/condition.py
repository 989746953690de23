"""Conditions: one model for `if`, `switch`, `wait_for`, `where`, `require`, `exit_when` and segments.

Invariants: a mapping means all of its keys, a list all of its items. A condition is a tree; it becomes one closure over a Context, which
reads only facts (`needs` names them), or SQL over the contacts (store/audience).
"""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from engine.core.context import Test
from engine.core.facts import Needs
from engine.language.conditions.closures import closure
from engine.language.conditions.fact_tests import DefaultSince
from engine.language.conditions.reading import ConditionReader, Reference
from engine.language.conditions.tree import Tree
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import raised

__all__ = ["Condition", "DefaultSince", "Reference"]


class Condition:
    """A condition of the language."""

    __slots__ = ("_tests", "bound", "needs", "references", "since", "source", "tree")

    def __init__(self, source: Any) -> None:
        """From plain data as it was read. Raises a ValidationError with every mistake at its place."""
        reading = ConditionReader()
        reading.look_for_templates(source, ())
        tree = reading.condition(source, ())
        if reading.errors:
            raise raised(reading.errors)
        self.source = source
        self.references: tuple[Reference, ...] = tuple(reading.references)
        self.since: tuple[tuple[str, Loc], ...] = tuple(
            (each.name, each.loc) for each in self.references if each.kind == "step"
        )
        self.bound: tuple[tuple[str, Loc], ...] = tuple(reading.bound)
        """The parts of it that need a run, and so are not allowed in a segment."""
        self.needs: Needs = reading.needs
        self.tree: Tree = tree
        self._tests: dict[str, Test] = {}

    def test(self, default_since: DefaultSince = "entry") -> Test:
        """The condition as a function. An unwritten `since` begins at `default_since`: the arrival in `wait_for`, ever in segments."""
        if default_since not in self._tests:
            self._tests[default_since] = closure(self.tree, default_since)
        return self._tests[default_since]

    @property
    def holds(self) -> Test:
        """`test("entry")`: everywhere but in `wait_for` and segments."""
        return self.test("entry")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.source == other.source

    def __hash__(self) -> int:
        return hash(repr(self.source))

    def __repr__(self) -> str:
        return f"Condition({self.source!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Condition) else cls(value),
            json_schema_input_schema=core_schema.any_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda condition: condition.source),
        )
