"""Award: loyalty points for the contact, on top of those it has.

Invariants: a contact without points starts at 0. `sets_fields` names the field, so `check` sees whether it can hold points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from engine.block_api import Block, Context, Next, Outcome, SettableField, UpdateContact, parse_whole, problem


def points_of(value: Any) -> int:
    """Raises LO208."""
    points = parse_whole(value)
    if points < 1:
        raise problem("LO208", f"{points} points are no award", "write award: 10")
    return points


class Award(Block):
    """`award: POINTS`, or `{points, field}`."""

    verb = "award"
    shorthand = "points"
    changes_facts = True  # a later `if` reads the new balance

    points: Annotated[
        int, PlainValidator(points_of), WithJsonSchema({"type": "integer", "minimum": 1, "examples": [10]})
    ]
    """How many points the contact gets."""
    field: SettableField = "loyalty_points"
    """The contact field that holds the balance."""

    def decide(self, ctx: Context) -> Outcome:
        balance = ctx.facts.person.fields.get(self.field, 0) + self.points
        return Next((UpdateContact(ctx.step, {self.field: balance}, (), (), None),))

    def sets_fields(self) -> Mapping[str, object]:
        return {self.field: self.points}

    def describe(self) -> str:
        return f"award {self.points} {self.field}"
