"""Wait for: the run waits until something happens, or until its time is up.

An event that happened at or before the due instant wins over the timeout if it is known when that is decided (promise R4).

Example:

    - id: last_chance
      wait_for: {clicked: shop}
      up_to: 3d
      then: [{exit: engaged}]
      on_timeout: [{exit: no_purchase}]
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
    DurationText,
    FlowHead,
    Needs,
    Outcome,
    Step,
    Steps,
    Test,
    Wait,
    after,
    condition_words,
    duration_words,
)

THEN, ON_TIMEOUT = Branch("then"), Branch("on_timeout")


class WaitFor(Block):
    """`wait_for: CONDITION` with `up_to`, `then` and `on_timeout`; both branches may be left out."""

    verb = "wait_for"
    shorthand = "wait_for"
    shorthand_only = True
    sibling_keys = ("up_to", "then", "on_timeout")
    needs_id = True
    waits_for_facts = True
    keeps_time = True

    condition: Condition = Field(alias="wait_for")
    """Something that happens; counts from the moment the run reaches this step unless `since` says otherwise."""
    up_to: DurationText
    """The longest time to wait."""
    then: Steps = ()
    """Steps if it happens in time."""
    on_timeout: Steps = ()
    """Steps if it does not."""

    @cached_property
    def holds(self) -> Test:
        return self.condition.test("arrival")

    def lets_time_pass(self) -> bool:
        return True

    def takes_one_branch(self) -> bool:
        return True

    def longest_wait(self) -> int | None:
        return self.up_to.nominal

    def decide(self, ctx: Context) -> Outcome:
        if ctx.due is None:
            if self.holds(ctx):
                return THEN
            due = after(ctx.now, self.up_to, ctx.facts.person.zone)
            return Wait(due.at, due.wall, origin=due.origin)
        ctx.until = min(ctx.now, ctx.due)
        if self.holds(ctx):
            return THEN
        return ON_TIMEOUT if ctx.now >= ctx.due else Wait(ctx.due, ctx.run.wall, origin=ctx.run.origin)

    def needs(self) -> Needs:
        return self.condition.needs

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return {"then": self.then, "on_timeout": self.on_timeout}

    def branch_condition(self, branch: str) -> Condition | None:
        return self.condition if branch == "then" else None

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        return {"then": "was never in time (then)", "on_timeout": "never ran out of time (on_timeout)"}

    def since_steps(self) -> tuple[str, ...]:
        return tuple(step for step, _ in self.condition.since)

    def describe(self) -> str:
        return f"wait up to {duration_words(self.up_to)} for {condition_words(self.condition.source)}"
