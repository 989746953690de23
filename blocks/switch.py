"""Switch: the run takes the branch of the first condition that holds; if none holds, that of `else`.

Example:

    - switch:
        - when: {contact: {tags: {has: vip}}}
          steps:
            - id: for_vips
              sms: "Yours first: {{ link('shop') }}"
        - when: {contact: {country: CA}}
          steps: [{exit: canada_later}]
        - else: [{exit: others_later}]
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, reduce
from typing import Annotated, Any

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo

from engine.block_api import (
    NOTHING,
    UNREADABLE,
    Block,
    Branch,
    Condition,
    Context,
    FlowHead,
    Needs,
    Outcome,
    Step,
    Steps,
    Strict,
    Test,
    condition_words,
    lenient,
    nearest,
    problem,
    reading_of,
    unread_steps,
    wrong_kind,
)

ELSE = Branch("else")


class Case(Strict):
    """One branch, and its condition."""

    when: Condition
    """Tested when the run reaches this step, if no earlier condition holds."""
    steps: Steps = ()
    """Steps if it holds."""


class Otherwise(Strict):
    """The branch for all other contacts."""

    steps: Steps = Field(alias="else")
    """Steps if none of the conditions holds. It must be the last entry."""


Way = Case | Otherwise
_case: TypeAdapter[Way] = TypeAdapter(Annotated[Case, lenient(Case)])
_otherwise: TypeAdapter[Way] = TypeAdapter(Annotated[Otherwise, lenient(Otherwise)])


def _ways(value: Any, info: ValidationInfo) -> tuple[Way, ...]:
    if not isinstance(value, list):
        raise wrong_kind("a list", value)
    reading = reading_of(info)
    for index, raw in enumerate(value[:-1]):
        if isinstance(raw, dict) and "else" in raw:
            help = "the first condition that holds decides, so a `when` after `else` is never tested"
            reading.add((*reading.place(value), index, "else"), problem("LO203", "`else` must be last", help, at="key"))
    ways = tuple(_way(raw, (*reading.place(value), index), info) for index, raw in enumerate(value))
    if all(isinstance(raw, dict) and "else" in raw and "when" not in raw for raw in value):
        raise problem("LO208", "a switch needs a `when`", "write - when: {contact: {country: US}}", at="key")
    return ways


def _way(raw: Any, loc: tuple[str | int, ...], info: ValidationInfo) -> Way:
    if not isinstance(raw, dict):
        reading_of(info).add(loc, wrong_kind("a mapping with `when` and `steps`", raw))
        return Case.model_construct(when=UNREADABLE, steps=unread_steps(loc))  # so that the others keep their places
    last = "when" not in raw and any(nearest(str(key), ["else"]) for key in raw)
    return (_otherwise if last else _case).validate_python(raw, context=info.context)


class Switch(Block):
    """`switch:` with a list of `{when, steps}`, and `{else: [...]}` as the last; the first that holds is taken."""

    verb = "switch"
    shorthand = "switch"
    shorthand_only = True

    ways: Annotated[tuple[Way, ...], PlainValidator(_ways, json_schema_input_type=list[Way])] = Field(alias="switch")
    """The branches, in the order in which their conditions are tested."""

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        return tuple(way for way in self.ways if isinstance(way, Case))

    @cached_property
    def choices(self) -> tuple[tuple[Test, Branch], ...]:
        return tuple((case.when.holds, Branch(str(number))) for number, case in enumerate(self.cases, 1))

    def decide(self, ctx: Context) -> Outcome:
        for holds, branch in self.choices:
            if holds(ctx):
                return branch
        return ELSE

    def needs(self) -> Needs:
        return reduce(Needs.plus, (case.when.needs for case in self.cases), NOTHING)

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        """By their number, and `else`, which may be unwritten."""
        branches = {str(number): case.steps for number, case in enumerate(self.cases, 1)}
        return branches | {"else": next((way.steps for way in self.ways if isinstance(way, Otherwise)), ())}

    def branch_condition(self, branch: str) -> Condition | None:
        return None if branch == "else" else self.cases[int(branch) - 1].when

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        tested = {
            str(number): f"never took the branch of {condition_words(case.when.source)}"
            for number, case in enumerate(self.cases, 1)
        }
        return tested | {"else": "never took else"}

    def describe_branch(self, branch: str) -> str:
        return branch if branch == "else" else condition_words(self.cases[int(branch) - 1].when.source)

    def since_steps(self) -> tuple[str, ...]:
        return tuple(step for case in self.cases for step, _ in case.when.since)

    def describe(self) -> str:
        return "switch: " + " | ".join(condition_words(case.when.source) for case in self.cases)
