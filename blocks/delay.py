"""Delay: the run rests for a while. Days are calendar days in the contact's zone, hours and less are elapsed time."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from engine.core.block import Block, Next, Outcome, Wait
from engine.core.calendar import after
from engine.core.program import Context
from engine.language.values import DurationText
from engine.language.words import duration_words

DONE = Next()


class Delay(Block):
    """`delay: 2d`, or `{for: 2d}`."""

    verb = "delay"
    lead = "for"
    rests = True
    always_rests = True
    later: ClassVar[frozenset[str]] = frozenset(("until", "timezone"))

    length: DurationText = Field(alias="for")

    def decide(self, ctx: Context) -> Outcome:
        if ctx.due is None:
            due = after(ctx.now, self.length, ctx.facts.person.zone)
            return Wait(due.at, due.wall)
        return DONE if ctx.now >= ctx.due else Wait(ctx.due, ctx.run.wall)

    def drawn(self) -> str:
        return f"wait {duration_words(self.length)}"
