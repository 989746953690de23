"""The line to a real provider: its client, its headers, and what is asked of it without sending anything.

Rules kept here: a provider's words are passed on only where they hold none of our credentials; a look-up changes nothing, so whatever goes
wrong with it is SendDeferred; a message that another one of ours has already is never taken for the one that is sought.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from engine.senders.config import SenderConfig
from engine.senders.http_exchange import HttpAnswer, exchange, for_people, new_client, read_object, receipt
from engine.senders.sender import Ambiguous, Balance, LookupQuery, Receipt, SendDeferred, SendUnknown

BEFORE_MS, AFTER_MS = 60_000, 180_000  # how far a provider's clock may say that it took a message from when we sent it


class ProviderClient:
    """Used by any number of threads."""

    def __init__(self, setup: SenderConfig, headers: Mapping[str, str]) -> None:
        self._own_client = setup.client is None
        self._client = setup.client or new_client()
        self._headers, self._hidden, self._timeout = headers, setup.credentials.values, setup.timeout

    def post(self, url: str, content: bytes, kind: str) -> HttpAnswer:
        headers = {**self._headers, "Content-Type": kind}
        return exchange(self._client, "POST", url, headers, content, self._timeout)

    def ask(self, url: str, missing_is_none: bool = False) -> dict[str, Any] | None:
        """The object that stands there; None for 404 where that says "no such message". Raises SendDeferred."""
        try:
            answer = exchange(self._client, "GET", url, self._headers, timeout=self._timeout)
        except SendUnknown as error:
            raise SendDeferred("lookup-failed", error.reason) from error
        if answer.status == 404 and missing_is_none:
            return None
        found = read_object(answer.body)
        if answer.status != 200 or not found:
            raise SendDeferred("lookup-failed", f"the provider answered {answer.status} and nothing that can be read")
        return found

    def words(self, value: Any, text: str) -> str | None:
        """The provider's words, fit for a log."""
        if isinstance(value, str) and any(secret in value for secret in self._hidden):
            return None
        return for_people(value, text)

    def close(self) -> None:
        if self._own_client:
            self._client.close()


def balance_of(found: Mapping[str, Any] | None, *names: str) -> Balance:
    """The amount under the first of these names. Raises SendDeferred."""
    told = found or {}
    value, currency = next((told[name] for name in names if name in told), None), told.get("currency")
    try:
        amount = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount) or not isinstance(currency, str) or not currency.isalpha() or len(currency) != 3:
        raise SendDeferred("balance-unreadable", "the provider told no balance that can be read")
    return Balance(amount, currency.upper())


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def known_by(identity: Any, status: str) -> Receipt:
    """A message that the provider has. Raises SendDeferred where it stands there without a usable id."""
    try:
        return receipt(identity, status)
    except SendUnknown as error:
        raise SendDeferred("lookup-failed", error.reason) from error


def single_match(found: Iterable[Receipt], sought: LookupQuery) -> Receipt | Ambiguous | None:
    """Of those that may be it, without those that are another message of ours."""
    left = [receipt for receipt in found if receipt.provider_id not in sought.others]
    if len(left) > 1:
        return Ambiguous(tuple(receipt.provider_id for receipt in left))
    return left[0] if left else None


def near(at: int | None, sought: LookupQuery) -> bool:
    """Whether the provider may have taken it at `at`."""
    return at is not None and sought.sent_at - BEFORE_MS <= at <= sought.sent_at + AFTER_MS


def listed(found: Mapping[str, Any] | None, name: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer. Raises SendDeferred."""
    items = (found or {}).get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SendDeferred("lookup-failed", "no list of messages came")
    return items


def needed(sought: LookupQuery | None) -> LookupQuery:
    """Raises SendDeferred: this provider keeps no tag that it could be asked by."""
    if sought is None:
        raise SendDeferred("lookup-impossible", "this provider cannot be asked by our tag alone")
    return sought
