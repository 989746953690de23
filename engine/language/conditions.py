"""Conditions: one model for `if`, `wait_for`, `where`, `require` and `exit_when`.

Rules kept here: a mapping means all of its keys, a list all of its items. A condition becomes one closure over a Context, which looks at
facts and nothing else; `needs` says which facts those are.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import core_schema

from engine.core.facts import Needs
from engine.core.program import Test
from engine.language.condition_reading import Reading, Reference
from engine.language.happenings import DefaultSince
from engine.language.problems import Loc
from engine.language.wording import raised

__all__ = ["Condition", "DefaultSince", "Reference"]


class Condition:
    """A condition of the language."""

    __slots__ = ("_build", "_tests", "needs", "references", "since", "source")

    def __init__(self, source: Any) -> None:
        """From plain data as it was read. Raises a ValidationError with every mistake at its place."""
        reading = Reading()
        reading.look_for_templates(source, ())
        build = reading.condition(source, ())
        if reading.errors:
            raise raised(reading.errors)
        self.source = source
        self.references: tuple[Reference, ...] = tuple(reading.references)
        self.since: tuple[tuple[str, Loc], ...] = tuple(
            (each.name, each.loc) for each in self.references if each.kind == "step"
        )
        self.needs: Needs = reading.needs
        self._build = build
        self._tests: dict[str, Test] = {}

    def test(self, default_since: DefaultSince = "entry") -> Test:
        """The condition as a function; `default_since` is where an unwritten `since` begins: in `wait_for` at the arrival."""
        if default_since not in self._tests:
            self._tests[default_since] = self._build(default_since)
        return self._tests[default_since]

    @property
    def holds(self) -> Test:
        """`test("entry")`: everywhere but in `wait_for`."""
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
