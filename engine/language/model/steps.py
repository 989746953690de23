"""Steps: a mapping with exactly one verb key, an `id`, and the verb's sibling keys.

Invariants: the verb is looked up in the registry of pydantic's validation context, so a block of another package is read like a built-in
one. An error in a field of a block has the place (verb, field), in the short form (verb,), for a sibling key (field,).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import PlainValidator, TypeAdapter, ValidationError, ValidationInfo

from engine.core.block import Block, Step
from engine.language.diagnostics.findings import Loc, did_you_mean, nearest
from engine.language.diagnostics.wording import kind_of, problem, translated, unknown_key, wrong_kind
from engine.language.model.unreadable import CannotSay
from engine.language.model.validation_context import (
    BrokenStep,
    ValidationContext,
    hidden,
    meant_by,
    reading_of,
    salvaged,
)
from engine.language.values.scalars import StepId
from engine.language.values.strict import written_names

_CUSTOM = "If it is a custom block, its package is not installed here"
_step_id: TypeAdapter[str] = TypeAdapter(StepId)


def read_steps(value: object, info: ValidationInfo) -> tuple[Step, ...]:
    if not isinstance(value, list):
        raise wrong_kind("a list", value)
    reading = reading_of(info)
    steps = []
    for index, raw in enumerate(value):
        if not isinstance(raw, dict):
            loc = (*reading.place(value), index)
            reading.add(loc, problem("LO203", f"a step is a mapping with a verb, not {kind_of(raw)}", _verbs(reading)))
            steps.append(Step(None, BrokenStep(), loc))
        else:
            steps.append(_step_of(raw, reading))
    return tuple(steps)


Steps = Annotated[tuple[Step, ...], PlainValidator(read_steps)]
"""The type of a field that holds steps: a branch of a block, or the flow's own list."""


def is_short(model: type[Block], behind: object) -> bool:
    """Whether the verb's value fills the block's `shorthand` field."""
    return model.shorthand is not None and (model.shorthand_only or not isinstance(behind, dict))


def place_of(step: Step, field: str, raw: dict[str, Any]) -> Loc:
    """The place of a field (by its written name) of a step; `raw` is the step as it was written."""
    model = type(step.block)
    return step.path + _inside(model, raw.get(model.verb), (field,))


def _inside(model: type[Block], behind: object, loc: Loc) -> Loc:
    if loc and loc[0] in model.sibling_keys:
        return loc
    if loc and loc[0] == model.shorthand and is_short(model, behind):
        return (model.verb, *loc[1:])
    return (model.verb, *loc)


def _read_step(raw: dict[str, Any], reading: ValidationContext, loc: Loc) -> Step:
    step_id = _read_id(raw, reading, loc)
    verb = _verb_of(raw, reading, loc)
    block: Block | None = None
    if verb is not None:
        model = reading.registry[verb]
        if model.needs_id and "id" not in raw:
            help = "add `id: some_name`: a run can wait at this step, and is stored with the step's id"
            reading.add(loc, problem("LO204", f"a step with `{verb}` needs an id", help, at="key"))
        block = _read_block(model, raw, reading, loc)
    return Step(step_id, block or _broken(raw, reading), loc)


def _step_of(raw: dict[str, Any], reading: ValidationContext) -> Step:
    # `_broken` reads the branches of a broken block again: a step is made, and its errors are reported, only once.
    if id(raw) not in reading.made:
        reading.made[id(raw)] = _read_step(raw, reading, reading.place(raw))
    return reading.made[id(raw)]


def _sibling_keys(reading: ValidationContext) -> frozenset[str]:
    return frozenset[str]().union(*(model.sibling_keys for model in reading.registry.values()))


def _read_id(raw: dict[str, Any], reading: ValidationContext, loc: Loc) -> str | None:
    if "id" not in raw:
        return None
    try:
        return _step_id.validate_python(raw["id"])
    except ValidationError as error:
        reading.add((*loc, "id"), translated(error.errors(include_url=False)[0]))
        return None


def _verb_of(raw: dict[str, Any], reading: ValidationContext, loc: Loc) -> str | None:
    verbs = [key for key in raw if key in reading.registry]
    if len(verbs) > 1:
        first, second = verbs[:2]
        help = f"split it into two steps: one with {first}, one with {second}"
        reading.add((*loc, second), problem("LO203", f"this step has two verbs, {first} and {second}", help, at="key"))
        return None
    if verbs:
        return verbs[0]
    siblings = _sibling_keys(reading)
    unknown = [key for key in raw if key != "id" and key not in siblings]
    if not unknown:
        reading.add(loc, problem("LO203", "this step has no verb", _verbs(reading), at="key"))
        return None
    meant = next((key for key in unknown if nearest(key, reading.registry)), unknown[0])
    hint = did_you_mean(meant, reading.registry, f"{_verbs(reading)}. {_CUSTOM}")
    reading.add((*loc, meant), problem("LO202", f'unknown step "{meant}"', hint, at="key"))
    return None


def _verbs(reading: ValidationContext) -> str:
    return f"A step is one of: {', '.join(reading.registry)}"


def _read_block(model: type[Block], raw: dict[str, Any], reading: ValidationContext, loc: Loc) -> Block | None:
    behind = raw[model.verb]
    fields = {model.shorthand: behind} if is_short(model, behind) else behind
    if not isinstance(fields, dict):
        reading.add((*loc, model.verb), wrong_kind("a mapping", behind))
        return None
    names = set(written_names(model))
    outside = {key: value for key, value in raw.items() if key not in ("id", model.verb)}
    for key in outside.keys() - set(model.sibling_keys):
        reading.add((*loc, key), unknown_key(key, ("id", model.verb, *model.sibling_keys)))
    inside = names - set(model.sibling_keys)
    for key in fields.keys() - inside:
        reading.add((*loc, model.verb, key), unknown_key(key, sorted(inside)))
    given = {key: value for key, value in (fields | outside).items() if key in names}
    context = {"reading": reading}
    made: Block | None
    try:
        made = model.model_validate(given, context=context)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            reading.add(loc + _inside(model, behind, each["loc"]), translated(each))
        made = salvaged(model, given, error, context, loc)
    except CannotSay:  # a validator read a value inside it that could not be read
        return None
    unknown = (outside.keys() - set(model.sibling_keys)) | (fields.keys() - inside)
    unsaid = meant_by(unknown, names, given) | {
        *reading.emptied(outside, loc),
        *reading.emptied(fields, (*loc, model.verb)),
    }
    return made and hidden(made, unsaid, loc)


def _broken(raw: dict[str, Any], reading: ValidationContext) -> BrokenStep:
    """What can be kept of a step that could not be read: the steps inside it, read for their own mistakes."""
    lists: dict[str, tuple[Step, ...]] = {}
    for key, value in raw.items():
        if key in _sibling_keys(reading) and isinstance(value, list) and all(isinstance(each, dict) for each in value):
            lists[key] = tuple(_step_of(each, reading) for each in value)
    return BrokenStep(lists=lists)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, outer ones before those inside them."""
    for step in steps:
        yield step
        for branch in step.block.branches().values():
            yield from walk(branch)
