"""The sender for Telnyx (Messaging v2): POST /v2/messages, JSON, a bearer key; no idempotency key that its API documents.

    2xx with data.id                         Receipt
    400, 413, 422                            SendRejected; 40300 as `opted_out`, 40310 as `unreachable`, 40302, 40317 as `too_large`,
                                             40301, 40319 as `no_mms`
    4xx about the account or the From        SendDeferred, account (10009, 20100, 40305, 40312 with its 409 …): the set-up is off
    429, and 4xx that say "not now"          SendDeferred, with Retry-After; 429 the whole sender
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, other 409, 5xx, redirects, a 2xx without an id

Rules kept here: our key stands in the query of webhook_url; there is no list of messages, so without Telnyx's id there is nothing to ask
by; its API has no field for when a message expires, so what waits in its queue is not recalled. Codes: data/telnyx_errors.json.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from engine.senders.config import SenderConfig
from engine.senders.error_map import codes_of, error_of
from engine.senders.http_client import ProviderClient, balance_of
from engine.senders.http_exchange import HttpAnswer, known_code, read_object, receipt
from engine.senders.providers.telnyx_callbacks import TelnyxCallbacks, state_of
from engine.senders.sender import Balance, LookupQuery, Outgoing, Receipt, SendDeferred, SendRejected, SendUnknown

ADDRESS = "https://api.telnyx.com"
SENDS_WITH = ("API_KEY",)
HEARS_WITH = ("PUBLIC_KEY",)


class TelnyxSender(TelnyxCallbacks):
    """Used by any number of threads."""

    def __init__(self, setup: SenderConfig) -> None:
        key = setup.credentials.needed("API_KEY")
        super().__init__(setup.name, setup.credentials.get("PUBLIC_KEY"))
        self.name = setup.name
        self._number, self._callback_url, self._now = setup.number, setup.callback_url, setup.now
        self._root = f"{setup.address(ADDRESS)}/v2"
        self._messages = f"{self._root}/messages"
        self._line = ProviderClient(setup, {"Authorization": f"Bearer {key}"})

    def send(self, message: Outgoing) -> Receipt:
        kind = "SMS" if message.media_url is None else "MMS"
        body: dict[str, Any] = {"to": message.to, "from": self._number, "text": message.text, "type": kind}
        if message.media_url is not None:
            body["media_urls"] = [message.media_url]
        if self._callback_url:
            body["webhook_url"] = f"{self._callback_url}/status?{urlencode({'key': message.key})}"
        answer = self._line.post(self._messages, json.dumps(body).encode(), "application/json")
        if 200 <= answer.status < 300:
            return receipt(_data(read_object(answer.body)).get("id"))
        raise self._failure(answer, message.text)

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | None:
        """By Telnyx's own id; it keeps messages for 10 days. Raises SendDeferred."""
        if sought is None or sought.provider_id is None:
            raise SendDeferred(
                "lookup-impossible", "Telnyx lists no messages: its callback says what became of it, or a person"
            )
        found = self._line.ask(f"{self._messages}/{quote(sought.provider_id, safe='')}", missing_is_none=True)
        if found is None:
            return None
        message = _data(found)
        if message.get("id") != sought.provider_id:
            raise SendDeferred("lookup-failed", "the provider answered with another message")
        return Receipt(sought.provider_id, state_of(message) or "accepted")

    def balance(self) -> Balance:
        """What may be spent, credit included. Raises SendDeferred."""
        return balance_of(_data(self._line.ask(f"{self._root}/balance") or {}), "available_credit", "balance")

    def close(self) -> None:
        self._line.close()

    def _failure(self, answer: HttpAnswer, text: str) -> SendRejected | SendDeferred | SendUnknown:
        errors = read_object(answer.body).get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        reason = self._line.words(first.get("detail"), text) or self._line.words(first.get("title"), text)
        return error_of(answer, known_code(first.get("code")), reason, codes_of("telnyx"), self._now())


def _data(found: dict[str, Any]) -> dict[str, Any]:
    data = found.get("data")
    return data if isinstance(data, dict) else {}
