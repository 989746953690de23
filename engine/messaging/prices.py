"""What a message costs: an SMS by the number of its parts, an MMS at one price (promise MM5). Money is whole millionths of the project's
currency.

Invariants: a region's own price comes first, then the price of "*", then the US price, then the default price of that kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Kind = Literal["sms", "mms"]
Prices = Mapping[tuple[str, str], int]  # (region or "*", kind) -> millionths per part, or per MMS

ANYWHERE = "*"
DEFAULTS: Prices = MappingProxyType(
    {("US", "sms"): 15_000, ("US", "mms"): 45_000, ("CA", "sms"): 15_000, ("CA", "mms"): 45_000}
)


def price(prices: Prices, region: str, kind: Kind, parts: int) -> int:
    """The price of one message in millionths; `parts` does not count for an MMS."""
    each = prices.get((region, kind))
    if each is None:
        each = prices.get((ANYWHERE, kind), prices.get(("US", kind), DEFAULTS["US", kind]))
    return each if kind == "mms" else each * parts
