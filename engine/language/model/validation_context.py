"""What the validators of one file share while it is read.

Invariants: no error hides another, and none causes another. An error is recorded with its place, and the valid rest is kept for the rules;
an invalid value becomes `UNREADABLE`, even if the language has a default. A step of which nothing can be kept is replaced by `BrokenStep`,
with its id and the steps inside it. Places are known by the identity of the raw mapping or list, so they are exact at any depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, get_origin

from pydantic import BaseModel, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from engine.core.block import Block, Step
from engine.core.calendar import Duration
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.findings import Loc, key_meant
from engine.language.diagnostics.wording import translated
from engine.language.model.media_path import MediaPath
from engine.language.model.unreadable import UNREADABLE
from engine.language.templates.text import Text
from engine.language.templates.translations import Translations
from engine.language.values.strict import Strict, written_names

M = TypeVar("M", bound=BaseModel)


class BrokenStep(Block):
    """The placeholder of a step that could not be read."""

    verb = ""
    needs_id = True
    sends = True  # unknown: no finding may depend on it
    lists: Mapping[str, tuple[Step, ...]] = {}

    def lets_time_pass(self) -> bool:
        return True  # it may have been a delay

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return self.lists


class LocatedMistake(NamedTuple):
    loc: Loc
    error: PydanticCustomError


class ValidationContext:
    """The registry, the place of each raw mapping and list, and the errors found so far. Keep `data` alive as long as this."""

    def __init__(
        self, registry: Mapping[str, type[Block]], data: object = None, empty: frozenset[Loc] = frozenset()
    ) -> None:
        """`empty`: places of the keys that have nothing behind them."""
        self.registry = registry
        self.empty = empty
        self.mistakes: list[LocatedMistake] = []
        self.made: dict[int, Step] = {}  # by identity of the raw mapping
        self._places: dict[int, Loc] = {id(value): loc for loc, value in _nested(data, ())}

    def place(self, raw: object) -> Loc:
        """The place of a mapping or list in the file."""
        return self._places.get(id(raw), ())

    def emptied(self, raw: Mapping[str, Any], loc: Loc) -> list[str]:
        """The keys of the mapping at `loc` that have nothing behind them."""
        return [key for key in raw if (*loc, key) in self.empty]

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
    Text | Translations: "unreadable",
    tuple: [],
    MediaPath: "unreadable",
    "from": "event.unreadable",
    "timezone": "UTC",
    "trigger": "manual",
}
"""A valid value that replaces a required one that is wrong or missing, by the field's name or type. It is never shown."""


def salvaged(
    model: type[M], data: object, error: ValidationError, context: object, loc: Loc = (), **known: Any
) -> M | None:
    """The model with UNREADABLE for the fields that `error` is about, so that the rules can look at the others; None where it cannot be.

    `loc`: its place. `known`: replacements for wrong values of this model's fields, by written name.
    """
    if not isinstance(data, dict):
        return None
    names = written_names(model)
    bad = {str(each["loc"][0]) for each in error.errors(include_url=False) if each["loc"]}
    rest = {key: value for key, value in data.items() if key in names and key not in bad}
    for key in bad.intersection(names):
        field = model.model_fields[names[key]]
        if field.is_required() or key in known:
            of = STAND_INS.get(key) or STAND_INS.get(field.annotation) or STAND_INS.get(get_origin(field.annotation))
            rest[key] = known.get(key, of)
    try:
        made = model.model_validate(rest, context=context)
    except ValidationError:
        return None
    return hidden(made, (bad | meant_by(bad, names, data)) - known.keys(), loc)


def meant_by(unknown: Iterable[str], names: Iterable[str], given: Mapping[str, Any]) -> set[str]:
    """The missing keys that the unknown keys were probably meant to be."""
    open_ = [name for name in names if name not in given]
    return {near for key in unknown if key not in names and (near := key_meant(key, open_))}


def hidden(made: M, keys: Iterable[str], loc: Loc) -> M:
    """The model without the values of these keys; a list of steps becomes one placeholder."""
    names = written_names(type(made))
    for key in keys:
        if key in names:
            steps = type(made).model_fields[names[key]].annotation == tuple[Step, ...]
            made.__dict__[names[key]] = unread_steps((*loc, key)) if steps else UNREADABLE
    return made


def unread_steps(loc: Loc) -> tuple[Step, ...]:
    """The placeholder of a list of steps that could not be read."""
    return (Step(None, BrokenStep(), loc),)


def lenient(model: type[Strict]) -> PlainValidator:
    """The type of a field that holds such a mapping: its mistakes are noted, and what is right of it is kept."""

    def read(value: Any, info: ValidationInfo) -> Strict:
        reading = reading_of(info)
        loc = reading.place(value)
        try:
            made = model.model_validate(value, context=info.context)
        except ValidationError as error:
            kept = salvaged(model, value, error, info.context, loc)
            if kept is None:
                raise
            reading.add_all(loc, error)
            made = kept
        return hidden(made, reading.emptied(value, loc), loc) if isinstance(value, dict) else made

    return PlainValidator(read)


def _nested(value: object, loc: Loc) -> Iterator[tuple[Loc, object]]:
    if not isinstance(value, dict | list):
        return
    yield loc, value
    children: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield from _nested(child, (*loc, key))
