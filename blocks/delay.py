"""Delay: the run waits for a while, or until a moment.

Invariants: days are calendar days, hours and less are elapsed time. A moment in the past, and a date that the
contact does not have, are no wait: the run continues, and a note says why. A wait keeps what its end came from, so it moves with the
contact's zone, and a wait for a date of the contact moves with that date (T1).

Example:

    - id: think
      delay: 2d
    - id: and_a_bit
      delay: {for: 1d12h}
    - id: monday_morning
      delay: {until: {time: "09:00", days: [mon]}}
    - id: before_the_day
      delay: {until: {field: contact.birthday, offset: -3d, time: "10:00"}}
    - id: black_friday
      delay: {until: "2099-11-27 09:00", timezone: project}
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.block_api import (
    Block,
    Context,
    Due,
    DurationText,
    Next,
    NextTime,
    Noted,
    OnDate,
    Outcome,
    UntilText,
    Wait,
    after,
    duration_words,
    problem,
    until_due,
    until_words,
)

DONE = Next()


class Delay(Block):
    """`delay: 2d`, or `{for: 2d}`, or `{until: "2026-11-27 09:00"}` and other forms of `until`."""

    verb = "delay"
    shorthand = "for"
    needs_id = True
    keeps_time = True

    length: DurationText | None = Field(default=None, alias="for")
    """How long. Days and weeks are calendar days; hours and less are elapsed time."""
    until: UntilText | None = None
    """Until when: a point in time, the next time on given weekdays, or a date field of the contact. Instead of `for`."""
    timezone: Literal["contact", "project"] = "contact"
    """The time zone that counts."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.length is None and self.until is None:
            help = 'write delay: 2d or delay: {until: {time: "09:00"}}'
            raise problem("LO205", "`for` or `until` is missing", help, at="key")
        if self.length is not None and self.until is not None:
            raise problem("LO203", "`for` and `until` cannot be used together", "make two delays", at="key")
        return self

    def always_waits(self) -> bool:
        return self.until is None or isinstance(self.until, NextTime)

    def lets_time_pass(self) -> bool:
        return True

    def longest_wait(self) -> int | None:
        return None if self.length is None else self.length.nominal

    def decide(self, ctx: Context) -> Outcome:
        if ctx.due is not None:
            return DONE if ctx.now >= ctx.due else Wait(ctx.due, ctx.run.wall, origin=ctx.run.origin)
        due = self._due(ctx)
        if due is None or due.at <= ctx.now:
            return Next((Noted(ctx.step, f"no wait: {self._missed(due)}"),))
        if self.timezone == "contact":
            return Wait(due.at, due.wall, origin=due.origin)
        return Wait(due.at, origin=due.origin if isinstance(self.until, OnDate) else None)

    def date_field(self) -> str | None:
        return self.until.field if isinstance(self.until, OnDate) and not self.until.yearly else None

    def _due(self, ctx: Context) -> Due | None:
        person = ctx.facts.person
        zone = person.zone if self.timezone == "contact" else ctx.program.settings.timezone
        if self.length is not None:
            return after(ctx.now, self.length, zone)
        assert self.until is not None
        fixed = zone if self.timezone == "project" else None
        return until_due(self.until, ctx.now, zone, person.fields, fixed)

    def _missed(self, due: Due | None) -> str:
        assert self.until is not None
        if due is None and isinstance(self.until, OnDate):
            return f"contact.{self.until.field} is missing or not a date"
        return f"{until_words(self.until)} is past"

    def describe(self) -> str:
        if self.length is not None:
            return f"wait {duration_words(self.length)}"
        return "wait" if self.until is None else f"wait until {until_words(self.until)}"
