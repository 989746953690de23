"""Condition: the run takes one of two branches.

Example:

    - if: {clicked: {link: shop, since: hero}}
      then:
        - exit: engaged
      else:
        - id: reminder
          sms: "Still thinking? {{ link('shop') }}"
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import Field

from engine.block_api import (
    Block,
    Branch,
    Condition,
    Context,
    FlowHead,
    Needs,
    Outcome,
    Step,
    Steps,
    Test,
    condition_words,
)

THEN, ELSE = Branch("then"), Branch("else")


class If(Block):
    """`if: CONDITION` with `then` and `else`; a branch that is left out is empty."""

    verb = "if"
    shorthand = "if"
    shorthand_only = True
    sibling_keys = ("then", "else")
    needs_branch = True

    condition: Condition = Field(alias="if")
    """Tested once, when the run reaches this step."""
    then: Steps = ()
    """Steps if it holds."""
    otherwise: Steps = Field(default=(), alias="else")
    """Steps if it does not hold."""

    @cached_property
    def holds(self) -> Test:
        return self.condition.holds

    def decide(self, ctx: Context) -> Outcome:
        return THEN if self.holds(ctx) else ELSE

    def needs(self) -> Needs:
        return self.condition.needs

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return {"then": self.then, "else": self.otherwise}

    def branch_condition(self, branch: str) -> Condition | None:
        return self.condition if branch == "then" else None

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        return {"then": "was never true (then)", "else": "was never false (else)"}

    def since_steps(self) -> tuple[str, ...]:
        return tuple(step for step, _ in self.condition.since)

    def describe(self) -> str:
        return f"if {condition_words(self.condition.source)}"
