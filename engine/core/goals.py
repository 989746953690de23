"""A goal: which events are orders, which are refunds of them, and how long after a message an order still counts as its work.

Invariants: amounts are whole millionths of a currency, never floats: a number of an event is read as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

MILLIONTHS = 1_000_000
NO_CURRENCY = "XXX"
"""What ISO 4217 writes for none: of an order whose currency cannot be read."""
_AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,18})?")
_LONGEST_ID = 200


class Refunds(NamedTuple):
    """Which events are refunds, and the fields that say of which order, and how much."""

    event: str
    id: str
    value: str


class Goal(NamedTuple):
    """`id`, `value`, `currency`: fields of the event. `click`, `delivered`: ms; 0: such a message gets nothing."""

    name: str
    event: str
    id: str
    value: str
    currency: str | None
    refunds: Refunds | None
    click: int
    delivered: int

    @property
    def counts(self) -> tuple[object, ...]:
        """What decides which events are orders and refunds; the two windows do not."""
        return self.event, self.id, self.value, self.currency, self.refunds


def order_id(data: Mapping[str, Any], field: str) -> str | None:
    """None where the event has none: it cannot be told from others, and is not counted."""
    found = data.get(field)
    if isinstance(found, bool) or not isinstance(found, int | str):
        return None
    return str(found).strip()[:_LONGEST_ID] or None


def amount(data: Mapping[str, Any], field: str) -> int:
    """Millionths; 0 where there is none, or no amount. What is finer is rounded."""
    found = data.get(field)
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal | str):
        return 0
    written = found.strip() if isinstance(found, str) else f"{Decimal(str(found)):f}"
    return int((Decimal(written) * MILLIONTHS).to_integral_value()) if _AMOUNT.fullmatch(written) else 0


def decimal(millionths: int | Decimal) -> str:
    """As scripts read it: `1234.50`, exact up to six decimals."""
    whole, _, rest = f"{Decimal(millionths) / MILLIONTHS:.6f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def in_words(millionths: int | Decimal, currency: str) -> str:
    """`1,234.50 USD`."""
    return f"{Decimal(millionths) / MILLIONTHS:,.2f} {currency}"


def own_currency(data: Mapping[str, Any], field: str | None) -> str | None:
    """What the event itself says; None where it says nothing."""
    return currency(data, field, "") or None


def currency(data: Mapping[str, Any], field: str | None, usual: str) -> str:
    """`usual`: of the project, where the event says nothing."""
    found = data.get(field) if field else None
    if found is None:
        return usual
    code = str(found).strip().upper()
    return code if re.fullmatch(r"[A-Z]{3}", code) else NO_CURRENCY
