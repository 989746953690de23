"""Exit: the run ends here, for a reason that listings and statistics show.

Example:

    - exit: engaged
"""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from engine.block_api import Block, Context, FilledText, Outcome
from engine.block_api import Exit as Ended


class Exit(Block):
    """`exit: REASON`."""

    verb = "exit"
    shorthand = "reason"
    shorthand_only = True
    ends = True

    reason: FilledText = Field(examples=["engaged"])
    """Shown by `runs` and `explain`."""

    @cached_property
    def answer(self) -> Ended:
        return Ended(self.reason)

    def decide(self, ctx: Context) -> Outcome:
        return self.answer

    def describe(self) -> str:
        return f"exit: {self.reason}"
