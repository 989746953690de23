"""What differs between two models of the language, field by field, in the words of their author.

Invariants: whether something differs is decided on canonical models alone, so formatting is no change; what is shown is what the file says.
Steps inside a model are not looked at: engine/deploy/plan/step_changes.py compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel

from engine.core.block import Block
from engine.language.conditions.condition import Condition
from engine.language.model.canonical import canonical
from engine.language.model.flow import ExitRule
from engine.language.model.steps import read_steps
from engine.language.templates.text import Text
from engine.language.templates.translations import Translations
from engine.language.values.by_language import ByLanguage
from engine.language.values.humanize import words_of_condition
from engine.language.values.strict import written_names

MISSING: Any = object()
"""In place of a value that the file does not have."""
Kind = Literal["value", "text", "condition", "picture", "place"]


class FieldChange(NamedTuple):
    field: str  # its path as an author writes it: `text`, `caps.marketing.per_day`
    before: str | None  # as the file says it; None: it was not there
    after: str | None  # None: it is not there any more
    kind: Kind = "value"


@cache
def keys_of(model: type[BaseModel]) -> Mapping[str, str]:
    """Keys as an author writes them -> names of the model's fields, without those that hold steps."""
    fields = model.model_fields
    holds = {
        name for name in fields if any(getattr(each, "func", None) is read_steps for each in fields[name].metadata)
    }
    return {key: name for key, name in written_names(model).items() if name not in holds}


def own(value: Any) -> Any:
    """The canonical form of a model without the steps inside it."""
    if isinstance(value, BaseModel):
        fields = {key: own(getattr(value, name)) for key, name in keys_of(type(value)).items()}
        return fields | ({"verb": value.verb} if isinstance(value, Block) else {})
    if isinstance(value, ByLanguage):
        return canonical(value)
    if isinstance(value, Mapping):
        return {str(key): own(child) for key, child in value.items()}
    return [own(child) for child in value] if type(value) is tuple else canonical(value)


def compared(before: Any, after: Any, was: Any, now: Any, path: str = "") -> Iterator[FieldChange]:
    """The fields in which two models differ. `was` and `now`: the same places as their files have them."""
    if own(before) == own(after):
        return
    before, after, was, now = _alike(before, after, was, now)
    if isinstance(before, BaseModel) and type(before) is type(after):
        for key, name in keys_of(type(before)).items():
            values = getattr(before, name), getattr(after, name)
            yield from compared(*values, inside(was, key), inside(now, key), _joined(path, key))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        if isinstance(before, ByLanguage) and next(iter(before)) != next(iter(after)):
            yield FieldChange(f"{path}, the first language", next(iter(before)), next(iter(after)))
        for key in dict.fromkeys((*before, *after)):
            values = before.get(key, MISSING), after.get(key, MISSING)
            yield from compared(*values, inside(was, key), inside(now, key), _joined(path, str(key)))
    elif type(before) is tuple and type(after) is tuple and _of_models((*before, *after)):
        yield from _lists(before, after, was, now, path)
    else:
        kinds: dict[type, Kind] = {Text: "text", Condition: "condition"}
        kind = kinds.get(type(before)) or kinds.get(type(after)) or "value"
        yield FieldChange(path, words(before, was), words(after, now), kind)


def _alike(before: Any, after: Any, was: Any, now: Any) -> tuple[Any, Any, Any, Any]:
    """A text for everybody beside one in several languages: as the one of their default language."""
    if isinstance(before, Text) and isinstance(after, Translations):
        language = next(iter(after))
        return {language: before.in_language(language)}, after, {language: was}, now
    if isinstance(before, Translations) and isinstance(after, Text):
        language = next(iter(before))
        return before, {language: after.in_language(language)}, was, {language: now}
    return before, after, was, now


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _of_models(values: tuple[Any, ...]) -> bool:
    return bool(values) and all(isinstance(value, BaseModel) for value in values)


def inside(raw: Any, key: object) -> Any:
    """What a file has at a key or index of `raw`."""
    if isinstance(raw, Mapping):
        return raw.get(key, MISSING)
    if isinstance(raw, list) and isinstance(key, int):
        return raw[key] if key < len(raw) else MISSING
    return MISSING


def _lists(before: tuple[Any, ...], after: tuple[Any, ...], was: Any, now: Any, path: str) -> Iterator[FieldChange]:
    """Triggers, exit conditions, cases of a `switch`: what is the same on both sides is left out, the rest goes in pairs."""
    left, right = list(range(len(before))), list(range(len(after)))
    for index in list(left):
        same = next((other for other in right if own(before[index]) == own(after[other])), None)
        if same is not None:
            left.remove(index)
            right.remove(same)
    if not left and not right:
        yield FieldChange(f"{path}, the order", _order(was), _order(now))
    pairs = _paired(before, after, left, right)
    for one, two in pairs:
        old, new = (MISSING if one is None else before[one]), (MISSING if two is None else after[two])
        raws = (MISSING if one is None else _item(was, one)), (MISSING if two is None else _item(now, two))
        of_many = len(before) > 1 or len(after) > 1
        yield from compared(old, new, *raws, f"{path} {_label(old, new, two, one)}" if of_many else path)


def _paired(
    before: tuple[Any, ...], after: tuple[Any, ...], left: list[int], right: list[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Those that have the same name first, then in their order; None: on one side only."""
    named = [(one, two) for one in left for two in right if _name(before[one]) == _name(after[two]) is not None]
    for one, two in named:
        if one in left and two in right:
            left.remove(one)
            right.remove(two)
            yield one, two
    while left or right:
        yield (left.pop(0) if left else None), (right.pop(0) if right else None)


def _name(value: Any) -> str | None:
    return value.reason if isinstance(value, ExitRule) else None


def _label(old: Any, new: Any, *places: int | None) -> str:
    """How one of several is called: an exit condition by its reason, any other by its number."""
    name = _name(old if new is MISSING else new)
    return f'"{name}"' if name else str(next(place for place in places if place is not None) + 1)


def _item(raw: Any, index: int) -> Any:
    """One that stands alone may be written without its list."""
    return inside(raw, index) if isinstance(raw, list) else raw


def _order(raw: Any) -> str:
    return " | ".join(written(each) for each in raw) if isinstance(raw, list) else written(raw)


def words(value: Any, raw: Any) -> str | None:
    """A value as its file has it, else the default that counts; None where there is none."""
    if value is MISSING:
        return None
    if isinstance(value, Condition):
        return words_of_condition(value.source)
    if isinstance(value, Text):
        return " ".join(value.source.split())
    if isinstance(value, ExitRule):
        return f"{value.reason}, when {words_of_condition(value.when.source)}"
    if isinstance(value, BaseModel) and isinstance(raw, Mapping):  # what is in its steps is told of them
        return written({key: raw[key] for key in keys_of(type(value)) if key in raw})
    if raw is not MISSING:
        return written(raw)
    said = canonical(value)
    return written(said) if isinstance(said, str | int | float) else None


def written(raw: Any) -> str:
    """Plain data in one line, as YAML writes it in brackets."""
    if isinstance(raw, Mapping):
        return "{" + ", ".join(f"{key}: {written(child)}" for key, child in raw.items()) + "}"
    if isinstance(raw, list | tuple):
        return "[" + ", ".join(written(child) for child in raw) + "]"
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return "" if raw is None else " ".join(str(raw).split())
