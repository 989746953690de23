"""Split: an A/B test. The run takes one of several branches, and a contact always the same one.

Invariants: a hash of contact, flow and step is laid over the shares in the order of the branches' names. So their written order means
nothing, the same contact gets the same branch at every entry, and a changed share moves only those at its edges. A renamed step (`moved`)
draws under its first name.

Example:

    - id: subject
      split:
        short:
          weight: 50
          steps: [{id: few_words, sms: "It is here: {{ link('shop') }}"}]
        long:
          weight: 50
          steps: [{id: more_words, sms: "The spring coat that you asked for is here: {{ link('shop') }}"}]
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from engine.block_api import (
    UNREADABLE,
    WHOLE,
    Block,
    Branch,
    Context,
    FlowHead,
    Outcome,
    Step,
    StepId,
    Steps,
    Strict,
    drawn,
    parse_id,
    parse_whole,
    problem,
    reading_of,
    salvaged,
    unread_steps,
    wrong_kind,
)

HEAVIEST = 1_000_000
_HELP = "write it like {short: {weight: 50, steps: [...]}, long: {weight: 50, steps: [...]}}"


def _weight(value: object) -> int:
    weight = parse_whole(value)
    if not 0 <= weight <= HEAVIEST:
        raise problem(
            "LO208",
            f"a weight must be from 0 to {HEAVIEST:,}",
            "two branches of weight 1 get half of the contacts each",
        )
    return weight


class SplitBranch(Strict):
    """One branch of a split."""

    weight: Annotated[int, PlainValidator(_weight), WithJsonSchema({"type": "integer", "minimum": 0})]
    """Its share of the sum of all weights; 0 means no contacts."""
    steps: Steps = ()
    """The steps for these contacts."""


def _branches(value: Any, info: ValidationInfo) -> Mapping[str, SplitBranch]:
    if not isinstance(value, dict):
        raise wrong_kind("a mapping of branches", value)
    branches = {
        name: _read(name, raw, value, info) or _unread((*reading_of(info).place(value), name))
        for name, raw in value.items()
    }
    reading = reading_of(info)
    if len(value) < 2:
        reading.add(reading.place(value), problem("LO208", "a split needs at least two branches", _HELP, at="key"))
    elif all(branch.weight is not UNREADABLE and not branch.weight for branch in branches.values()):
        reading.add(
            reading.place(value),
            problem("LO208", "all weights are 0: no contact would take any branch", _HELP, at="key"),
        )
    return branches


def _read(name: str, raw: Any, split: Any, info: ValidationInfo) -> SplitBranch | None:
    reading = reading_of(info)
    place = (*reading.place(split), name)
    try:
        parse_id(name)
    except PydanticCustomError as error:
        reading.add((*place, "[key]"), error)
    if not isinstance(raw, dict):
        reading.add(place, wrong_kind("a mapping with `weight` and `steps`", raw))
        return None
    try:
        return SplitBranch.model_validate(raw, context=info.context)
    except ValidationError as error:
        reading.add_all(place, error)
        return salvaged(SplitBranch, raw, error, info.context, place)


def _unread(place: tuple[str | int, ...]) -> SplitBranch:
    """Stands for a branch that could not be read."""
    return SplitBranch.model_construct(weight=UNREADABLE, steps=unread_steps(place))


class Split(Block):
    """`split:` with `{weight, steps}` by name; each contact always takes the same branch, at random in these shares."""

    verb = "split"
    shorthand = "split"
    shorthand_only = True
    needs_id = True
    draws_lots = True

    ways: Annotated[
        Mapping[str, SplitBranch], PlainValidator(_branches, json_schema_input_type=Mapping[StepId, SplitBranch])
    ] = Field(alias="split")
    """The branches, by name."""

    @cached_property
    def shares(self) -> tuple[tuple[int, Branch], ...]:
        """(where it ends, branch), in the order of names."""
        ordered = sorted(self.ways.items())
        ends = accumulate(branch.weight for _, branch in ordered)
        return tuple((end, Branch(name)) for end, (name, _) in zip(ends, ordered, strict=True))

    def takes_one_branch(self) -> bool:
        return True

    def longest_wait(self) -> int | None:
        return 0

    def decide(self, ctx: Context) -> Outcome:
        if (fixed := ctx.program.settings.lots.draws.get(ctx.step or "")) is not None:
            return Branch(fixed)
        step = ctx.program.drawn_as.get(ctx.step or "", ctx.step)
        point = drawn(ctx.run.contact, ctx.run.flow, step or "") * self.shares[-1][0] // WHOLE
        return next(branch for end, branch in self.shares if point < end)

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return {name: branch.steps for name, branch in self.ways.items()}

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        return {name: f"never drew {name}" for name in self.ways}

    def redrawn(self, before: Block) -> float | None:
        if not isinstance(before, Split):
            return None
        one, two = before._ends, self._ends
        edges = sorted({end for end, _ in (*one, *two)})
        spans = zip([0.0, *edges], edges, strict=False)
        return sum(end - start for start, end in spans if _taken(one, end) != _taken(two, end))

    @property
    def _ends(self) -> list[tuple[float, str]]:
        """`shares`, the whole being 1."""
        return [(end / self.shares[-1][0], branch.name) for end, branch in self.shares]

    def describe_branch(self, branch: str) -> str:
        return f"{branch} {self.ways[branch].weight / (self.shares[-1][0] or 1):.0%}"

    def describe(self) -> str:
        return f"split {', '.join(map(self.describe_branch, self.ways))}"


def _taken(ends: list[tuple[float, str]], point: float) -> str | None:
    return next((branch for end, branch in ends if point <= end), None)
