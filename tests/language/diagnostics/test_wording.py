"""No wording of pydantic reaches an author: every kind of mistake that it can report is told in ours."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, get_args

import pytest
from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import core_schema

from engine.language.diagnostics.wording import translated
from engine.language.values.strict import Strict


class Colour(Enum):
    RED = "red"


class Inner(Strict):
    name: str
    size: Annotated[int, Gt(0)] = 1


class Outer(Strict):
    inner: Inner
    many: tuple[Inner, ...] = ()


FOREIGN = re.compile(
    r"pydantic|Input|Field required|should|valid |\bstr\b|\bint\b|dictionary|tuple|Literal", re.IGNORECASE
)


def mistakes(kind: Any, value: object) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return [(error.type, error.message()) for error in map(translated, caught.value.errors(include_url=False))]


@pytest.mark.parametrize(
    ("kind", "value", "code", "said"),
    [
        (str, 5, "LO206", "expected text, got a number"),
        (str, None, "LO206", "expected text, got null"),
        (int, "x", "LO206", "expected a whole number, got text"),
        (int, 1.5, "LO206", "expected a whole number, got a number"),
        (float, [], "LO206", "expected a number, got a list"),
        (Decimal, {}, "LO206", "expected a number, got a mapping"),
        (bool, "perhaps", "LO206", "expected true or false, got text"),
        (dict[str, int], [], "LO206", "expected a mapping, got a list"),
        (list[int], "x", "LO206", "expected a list, got text"),
        (tuple[int, ...], True, "LO206", "expected a list, got true"),
        (Literal["a", "b"], "c", "LO207", '"c" is not one of: a, b'),
        (Literal["a"], True, "LO207", "true is not one of: a"),
        (Colour, "blue", "LO207", '"blue" is not one of: red'),
        (Annotated[int, Gt(3)], 3, "LO208", "this must be more than 3"),
        (Annotated[int, Ge(3)], 2, "LO208", "this must be at least 3"),
        (Annotated[int, Lt(3)], 3, "LO208", "this must be less than 3"),
        (Annotated[int, Le(3)], 4, "LO208", "this must be at most 3"),
        (Annotated[str, Field(max_length=1)], "ab", "LO208", "this must have at most 1 characters"),
        (Annotated[list[int], Field(min_length=1)], [], "LO208", "this must have at least 1 items"),
        (Annotated[str, Field(pattern="a")], "b", "LO209", "this value is not accepted here"),
    ],
)
def test_a_mistake_is_told_in_our_words(kind: Any, value: object, code: str, said: str) -> None:
    assert mistakes(kind, value) == [(code, said)]


def test_every_kind_that_pydantic_knows_has_a_plain_sentence() -> None:
    """Also those that no model of ours can raise today."""
    kinds = get_args(core_schema.ErrorType)
    assert len(kinds) > 80
    for kind in kinds:
        context = {"expected": "'a'", "gt": 1, "ge": 1, "lt": 1, "le": 1, "max_length": 1, "min_length": 1}
        error = translated(
            {"type": kind, "loc": ("x",), "msg": "Input should be foreign", "input": object(), "ctx": context}
        )
        assert re.fullmatch(r"LO2\d\d", error.type), kind
        assert not FOREIGN.search(error.message()), kind


def test_all_mistakes_of_nested_mappings_come_at_once_with_their_places() -> None:
    data = {"inner": {"nam": "x", "size": 0}, "many": [{"name": "a"}, {"name": 5}], "innr": {}}
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(data)
    found = sorted((error["type"], error["loc"]) for error in caught.value.errors())
    assert found == [
        ("LO201", ("inner", "nam")),
        ("LO201", ("innr",)),
        ("LO205", ("inner", "name")),
        ("LO206", ("many", 1, "name")),
        ("LO208", ("inner", "size")),
    ]
