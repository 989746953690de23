"""What the validators of one file share while it is read.

Rules kept here: one mistake hides no other. What is wrong is noted with its place, and what is right of it is kept for the rules; a
step of which nothing can be kept is replaced by `BrokenStep`, with its id and the steps inside it. Places are known by the identity of
the raw mapping or list, so they are exact at any depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, get_origin

from pydantic import BaseModel, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from engine.core.block import Block, Step
from engine.core.calendar import Duration
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.wording import Loc, Strict, translated, written_names
from engine.language.templates.text import Text

M = TypeVar("M", bound=BaseModel)


class BrokenStep(Block):
    """Stands for a step that could not be read, so that the rest of the flow can."""

    verb = ""
    rests = True
    sends = True  # nobody knows: no finding shall follow from it
    lists: Mapping[str, tuple[Step, ...]] = {}

    def arms(self) -> Mapping[str, tuple[Step, ...]]:
        return self.lists


class LocatedMistake(NamedTuple):
    loc: Loc
    error: PydanticCustomError


class ValidationContext:
    """The registry, where each raw mapping and list stands, and the mistakes found so far. Keep `data` alive as long as this."""

    def __init__(self, registry: Mapping[str, type[Block]], data: object = None) -> None:
        self.registry = registry
        self.mistakes: list[LocatedMistake] = []
        self.made: dict[int, Step] = {}  # by identity of the raw mapping
        self._places: dict[int, Loc] = {id(value): loc for loc, value in _nested(data, ())}

    def place(self, raw: object) -> Loc:
        """Where a mapping or list stands in the file."""
        return self._places.get(id(raw), ())

    def add(self, loc: Loc, error: PydanticCustomError) -> None:
        self.mistakes.append(LocatedMistake(loc, error))

    def add_all(self, loc: Loc, error: ValidationError) -> None:
        """Keep every mistake of `error`, which was raised for the value at `loc`."""
        for each in error.errors(include_url=False):
            self.add(loc + each["loc"], translated(each))


def reading_of(info: ValidationInfo) -> ValidationContext:
    """The ValidationContext of a validation; an empty one where none was given."""
    context: Any = info.context
    return context["reading"] if context and "reading" in context else ValidationContext({})


STAND_INS: Mapping[Any, Any] = {
    str: "unreadable",
    Duration: "1d",
    Condition: {"contact": {"phone": {"exists": True}}},
    Text: "unreadable",
    tuple: [],
}
"""What is read instead of a required value that is wrong or missing, by the field's type."""


def salvaged(model: type[M], data: object, error: ValidationError, context: object, **known: Any) -> M | None:
    """The model without the fields that `error` is about, so that the rules can look at the others; None where it cannot be.

    `known`: stand-ins for this model, by written name.
    """
    if not isinstance(data, dict):
        return None
    names = written_names(model)
    bad = {each["loc"][0] for each in error.errors(include_url=False) if each["loc"]}
    rest = {key: value for key, value in data.items() if key in names and key not in bad}
    for key in bad.intersection(names):
        field = model.model_fields[names[str(key)]]
        if field.is_required():
            rest[key] = known.get(str(key)) or STAND_INS.get(get_origin(field.annotation) or field.annotation)
    try:
        return model.model_validate(rest, context=context)
    except ValidationError:
        return None


def lenient(model: type[Strict]) -> PlainValidator:
    """The type of a field that holds such a mapping: its mistakes are noted, and what is right of it is kept."""

    def read(value: Any, info: ValidationInfo) -> Strict:
        try:
            return model.model_validate(value, context=info.context)
        except ValidationError as error:
            made = salvaged(model, value, error, info.context)
            if made is None:
                raise
            reading = reading_of(info)
            reading.add_all(reading.place(value), error)
            return made

    return PlainValidator(read)


def _nested(value: object, loc: Loc) -> Iterator[tuple[Loc, object]]:
    if not isinstance(value, dict | list):
        return
    yield loc, value
    children: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield from _nested(child, (*loc, key))
