"""Emit: an event of the same contact, which may start other flows and ends waits, as one from outside does.

Invariants: the data get the types that leadoff.yaml declares; if one is missing or does not fit, no event is made, and a note says
why. The engine limits how many events may follow from one another (R5).

Example:

    - emit: list.joined
    - emit:
        event: list.joined
        data: {list: vip}
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.block_api import (
    Block,
    Context,
    EmitEvent,
    EventName,
    FieldName,
    MissingValue,
    Next,
    Noted,
    Outcome,
    PayloadText,
    filled,
)


class Emit(Block):
    """`emit: EVENT`, or `{event, data}`; at most 10 events in a chain that starts with an event from outside."""

    verb = "emit"
    shorthand = "event"
    changes_facts = True

    event: EventName
    """The event's name."""
    data: Mapping[FieldName, PayloadText] = {}
    """The event's data; text may contain `{{ }}`."""

    def decide(self, ctx: Context) -> Outcome:
        try:
            raw = {name: filled(payload, ctx) for name, payload in self.data.items() if payload is not None}
            data = ctx.program.settings.event_data(self.event, raw)
        except (MissingValue, ValueError) as why:
            return Next((Noted(ctx.step, f"did not emit {self.event}: {why}"),))
        return Next((EmitEvent(ctx.step, self.event, data),))

    def emits_events(self) -> Mapping[str, Mapping[str, object]]:
        return {self.event: self.data}

    def describe(self) -> str:
        return f"emit {self.event}"
