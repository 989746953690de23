"""What a look-up reads: the messages that a provider lists, and its balance.

Invariants: a look-up changes nothing, so whatever cannot be read raises SendDeferred; a provider's message that belongs to another message
of ours is never taken for the one that is sought.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from engine.senders.http_exchange import receipt
from engine.senders.sender import Ambiguous, Balance, LookupQuery, Receipt, SendDeferred, SendUnknown

BEFORE_MS, AFTER_MS = 60_000, 180_000  # how far the provider's time of a message may be from ours


def needed(sought: LookupQuery | None) -> LookupQuery:
    """Raises SendDeferred: this provider keeps no tag that it could be asked by."""
    if sought is None:
        raise SendDeferred("lookup-impossible", "this provider cannot be asked by our tag alone")
    return sought


def listed(found: Mapping[str, Any] | None, name: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer."""
    items = (found or {}).get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SendDeferred("lookup-failed", "no list of messages came")
    return items


def latest(sought: LookupQuery) -> int:
    """The provider's time of it is no later (UTC ms)."""
    return (sought.sent_at if sought.until is None else sought.until) + AFTER_MS


def near(at: int | None, sought: LookupQuery) -> bool:
    """Whether the provider may have taken it at `at`."""
    return at is not None and sought.sent_at - BEFORE_MS <= at <= latest(sought)


def known_by(identity: Any, status: str) -> Receipt:
    """A message that the provider has."""
    try:
        return receipt(identity, status)
    except SendUnknown as error:
        raise SendDeferred("lookup-failed", error.reason) from error


def single_match(found: Iterable[Receipt], others: frozenset[str] = frozenset()) -> Receipt | Ambiguous | None:
    """The one that is left without other messages of ours."""
    left = [receipt for receipt in found if receipt.provider_id not in others]
    if len(left) > 1:
        return Ambiguous(tuple(receipt.provider_id for receipt in left))
    return left[0] if left else None


def balance_of(found: Mapping[str, Any] | None, *names: str) -> Balance:
    """The amount under the first of these names."""
    answer = found or {}
    value, currency = next((answer[name] for name in names if name in answer), None), answer.get("currency")
    try:
        amount = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount) or not isinstance(currency, str) or not currency.isalpha() or len(currency) != 3:
        raise SendDeferred("balance-unreadable", "the provider sent no balance that can be read")
    return Balance(amount, currency.upper())
