"""Collects the errors of one pass over plain data, each with its place.

Invariants: one error per place. A wrong value is reported and left out, so that the rest is still read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic_core import InitErrorDetails, PydanticCustomError

from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import problem, unknown_key, wrong_kind

T = TypeVar("T")


class Collector:
    """Reads values, and keeps what is wrong with them in `errors`."""

    def __init__(self) -> None:
        self.errors: list[InitErrorDetails] = []
        self._places: set[Loc] = set()

    def wrong(self, loc: Loc, error: PydanticCustomError, found: object) -> None:
        if loc not in self._places:
            self._places.add(loc)
            self.errors.append(InitErrorDetails(type=error, loc=loc, input=found))

    def mapping(self, value: object, loc: Loc, known: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, Any]:
        """The known keys of a mapping that have a value."""
        if not isinstance(value, dict):
            self.wrong(loc, wrong_kind("a mapping", value), value)
            return {}
        for key, inner in value.items():
            if key not in known:
                self.wrong((*loc, key), unknown_key(key, known), inner)
            elif inner is None:
                self.wrong((*loc, key), problem("LO205", f'"{key}" has no value', at="key"), inner)
        for key in required:
            if key not in value:
                self.wrong((*loc, key), problem("LO205", f'"{key}" is missing', at="parent"), value)
        return {key: inner for key, inner in value.items() if key in known and inner is not None}

    def of_key(self, parse: Callable[[object], T], given: Mapping[str, Any], key: str, loc: Loc) -> T | None:
        """The parsed value of a key; None if it is missing or wrong."""
        return self.parsed(parse, given[key], (*loc, key)) if key in given else None

    def parsed(self, parse: Callable[[object], T], value: object, loc: Loc) -> T | None:
        try:
            return parse(value)
        except PydanticCustomError as error:
            self.wrong(loc, error, value)
            return None
