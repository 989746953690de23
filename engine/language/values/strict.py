"""Mappings of the language: models whose mistakes are all reported at once.

Invariants: a mapping is frozen, an unknown key is an error, and no mistake hides another.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from engine.language.diagnostics.wording import raised, translated, unknown_key, wrong_kind


@cache
def written_names(model: type[BaseModel]) -> Mapping[str, str]:
    """Keys as an author writes them -> names of the model's fields."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


class Strict(BaseModel):
    """A mapping of the language: frozen, no unknown keys, all of its mistakes reported at once."""

    # Built when it is first used: most commands read few of the mappings.
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )

    written_first: ClassVar[tuple[str, ...]] = ()
    """Keys that `fmt` and the schema put before the others, which have the order of the fields."""
    edits: ClassVar[frozenset[str]] = frozenset()
    """Keys that say what becomes of those who wait while the files change: no part of the canonical form while they say nothing."""

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            raise wrong_kind("a mapping", data)
        known, errors = written_names(cls), []
        for key in (key for key in data if key not in known):
            errors.append(InitErrorDetails(type=unknown_key(key, known), loc=(key,), input=data[key]))
        try:
            made = handler({key: value for key, value in data.items() if key in known})
        except ValidationError as error:
            for each in error.errors(include_url=False):
                errors.append(InitErrorDetails(type=translated(each), loc=each["loc"], input=each["input"]))
        if errors:
            raise raised(errors)
        return made
