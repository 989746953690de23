"""The sender for the loopback provider (engine/simulator): its API's answers and callbacks in our words.

    2xx with an id                       Receipt
    400, 413, 422                        SendRejected; 413 and media-too-large as `too_large`, landline as `unreachable`, mms-unreachable as
                                         `no_mms`
    403 opted-out                        SendRejected, `opted_out`
    429                                  SendDeferred, whole sender, with its Retry-After
    503 not-accepted                     SendDeferred, with its Retry-After
    any other 4xx (401, 402, 403, 404 …) SendDeferred, account: money or set-up is off, no message may be lost for it
    anything else                        SendUnknown: 408, 409, other 5xx, redirects, a 2xx without an id

Rules kept here: credentials and addresses are checked when the sender is made, so that no header or address can be
bent by them; callbacks are read in engine/senders/providers/simulator_callbacks.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from engine.clock import SystemClock
from engine.senders.config import NO_ADDRESS, is_base_url, is_number, is_visible, require
from engine.senders.http_exchange import (
    TIMEOUT,
    HttpAnswer,
    exchange,
    for_people,
    known_code,
    new_client,
    read_object,
    receipt,
    retry_at,
)
from engine.senders.providers.simulator_callbacks import STATUSES, read_inbound, read_status
from engine.senders.sender import (
    ACKNOWLEDGED,
    Ambiguous,
    CallbackRequest,
    InboundText,
    LookupQuery,
    Outgoing,
    Receipt,
    SendDeferred,
    SendRejected,
    SendUnknown,
    StatusReport,
)

_REFUSALS = frozenset({400, 413, 422})


class SimulatorSender:
    """Used by any number of threads. `now` gives UTC ms; a `client` that is handed in is not closed here."""

    inbound_reply = ACKNOWLEDGED

    def __init__(
        self,
        name: str,
        base_url: str,
        account: str,
        token: str,
        number: str,
        callback_url: str,
        client: httpx.Client | None = None,
        *,
        now: Callable[[], int] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        require(is_visible(account), name, "its account is empty or has characters that are not visible ASCII")
        require(is_visible(token), name, "its token is empty or has characters that are not visible ASCII")
        require(is_number(number), name, "its number is neither E.164 nor a short code")
        require(is_base_url(base_url), name, NO_ADDRESS)
        self.name = name
        self._token = token
        self._messages = f"{base_url.rstrip('/')}/v1/accounts/{quote(account, safe='')}/messages"
        self._number = number
        self._callback_url = callback_url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._own_client = client is None
        self._client = client or new_client()
        self._now = now or SystemClock().now
        self._timeout = timeout

    def send(self, message: Outgoing) -> Receipt:
        body: dict[str, Any] = {"to": message.to, "from": self._number, "text": message.text, "tag": message.key}
        if message.media_url is not None:
            body["media_url"] = [message.media_url]
        if self._callback_url:
            body["callback_url"] = self._callback_url
        content = json.dumps(body).encode()
        answer = exchange(self._client, "POST", self._messages, self._headers, content, self._timeout)
        if 200 <= answer.status < 300:
            return _receipt(read_object(answer.body))
        raise self._failure(answer, message.text)

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
        """What the provider has under that tag; more need not be known. Raises SendDeferred when nothing was learned."""
        url = f"{self._messages}?{urlencode({'tag': tag})}"
        try:
            answer = exchange(self._client, "GET", url, self._headers, timeout=self._timeout)
            found = read_object(answer.body).get("messages") if answer.status == 200 else None
            if not isinstance(found, list):
                raise SendUnknown(f"http-{answer.status}", "no list of messages came")
            receipts = [_receipt(item) for item in found]
        except SendUnknown as error:  # asking changes nothing, so it may be asked again
            raise SendDeferred("lookup-failed", error.reason) from error
        if len(receipts) > 1:
            return Ambiguous(tuple(receipt.provider_id for receipt in receipts))
        return receipts[0] if receipts else None

    def close(self) -> None:
        if self._own_client:
            self._client.close()

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        return read_status(self._token, call, now)

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        return read_inbound(self._token, call, now)

    def _failure(self, answer: HttpAnswer, text: str) -> SendRejected | SendDeferred | SendUnknown:
        problem = read_object(answer.body)
        code = known_code(problem.get("code")) or f"http-{answer.status}"
        reason = for_people(problem.get("message"), text) or f"the provider answered {answer.status}"
        status = answer.status
        if status == 429 or (status == 503 and code == "not-accepted"):
            return SendDeferred(code, reason, retry_at(answer.headers, self._now()), whole_sender=status == 429)
        if status == 403 and code == "opted-out":
            return SendRejected(code, reason, opted_out=True)
        if status in _REFUSALS:
            too_large = status == 413 or code == "media-too-large"
            gone = code == "landline"
            return SendRejected(code, reason, too_large=too_large, unreachable=gone, no_mms=code == "mms-unreachable")
        if 400 <= status < 500 and status not in (408, 409):
            return SendDeferred(code, reason, account=True)
        return SendUnknown(code, reason)


def _receipt(found: Any) -> Receipt:
    told = found if isinstance(found, dict) else {}
    status = told.get("status")
    return receipt(told.get("id"), status if isinstance(status, str) and status in STATUSES else "accepted")
