"""Goals of leadoff.yaml: which events are orders, and which message an order is credited to.

Invariants: a goal names declared events and fields; the rule `goals` of lint/rules checks them.
"""

from __future__ import annotations

from typing import Annotated

from engine.core.calendar import DAY, HOUR, MINUTE, Duration
from engine.core.goals import Goal, Refunds
from engine.language.diagnostics.wording import problem
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.strict import Strict

LONGEST = 90 * DAY


def _window(value: object) -> Duration | None:
    """None: off."""
    if value == "off":
        return None
    window = scalars.parse_duration(value)
    if not MINUTE <= window.nominal <= LONGEST:
        raise problem("LO208", "this must be from 1m to 90d", "off: such a message is credited with nothing")
    return window


WindowText = Annotated[Duration | None, scalars.validated(_window, type="string", examples=["5d", "24h", "off"])]


class RefundModel(Strict):
    event: scalars.EventName
    """The event that says that money was given back."""
    id: scalars.FieldName
    """Its field with the id of the order."""
    value: scalars.FieldName
    """Its field with what was given back by it, not the sum of all that was."""


class WithinModel(Strict):
    click: WindowText = Duration(5, 0)
    """The longest time between the click on a link and the order."""
    delivered: WindowText = Duration(0, 24 * HOUR)
    """The longest time between the delivery of a message and the order, where no click counts."""


class GoalModel(Strict):
    """What messages are for: an event that counts as an order."""

    event: scalars.EventName
    """The event, as declared under `events`."""
    id: scalars.FieldName
    """Its field with the id of the order: the same id counts once."""
    value: scalars.FieldName
    """Its field with what the order is worth."""
    currency: scalars.FieldName | None = None
    """Its field with the currency of the order, such as EUR. Where there is none, an order is in the project's `currency`. Amounts of two
    currencies are never added up."""
    refund: Annotated[RefundModel, lenient(RefundModel)] | None = None
    """What is taken off orders again."""
    within: Annotated[WithinModel, lenient(WithinModel)] = WithinModel()
    """How long before an order a message was clicked or delivered, so that the order is credited to it."""

    def compiled(self, name: str) -> Goal:
        """What the engine needs."""
        refund = self.refund
        refunds = Refunds(refund.event, refund.id, refund.value) if refund else None
        click, delivered = (each.nominal if each else 0 for each in (self.within.click, self.within.delivered))
        return Goal(name, self.event, self.id, self.value, self.currency, refunds, click, delivered)
