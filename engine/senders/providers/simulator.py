"""The sender for the loopback provider (engine/simulator).

    2xx with an id                       Receipt
    400, 413, 422                        SendRejected; 413 and media-too-large as `too_large`, landline as `unreachable`, mms-unreachable as
                                         `no_mms`
    403 opted-out                        SendRejected, `opted_out`
    429                                  SendDeferred, whole sender, with its Retry-After
    503 not-accepted                     SendDeferred, with its Retry-After
    any other 4xx (401, 402, 403, 404 …) SendDeferred, account: money or set-up is wrong, no message may be lost for it
    anything else                        SendUnknown: 408, 409, other 5xx, redirects, a 2xx without an id

Callbacks are lists under `callback_url`: /status and /inbound, signed by hex HMAC-SHA256 with the token over the timestamp (UTC ms), a dot
and the body.

Invariants: a callback is believed only after its size, its signature, its age and its shape are checked, in this order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from engine.errors import SendError
from engine.senders import sender
from engine.senders.callback_parsing import ORIGIN, addresses, json_of, matching, own_number, words
from engine.senders.config import SenderConfig
from engine.senders.error_map import ErrorCodes, report
from engine.senders.http_exchange import ID, HttpAnswer, known_code, read_retry_after, receipt
from engine.senders.lookups import known_by, listed, single_match
from engine.senders.provider_sender import JSON, ProviderSender
from engine.senders.signatures import hmac_of_stamp, require_fresh, same
from engine.senders.simulator_token import account_and_token

# The simulator's own API, also for engine/simulator/dialects/native.py.
VERSION, ACCOUNTS, MESSAGES = "/v1", "/v1/accounts", "messages"  # /v1/accounts/{account}/messages; the answer to GET
TO, FROM, TEXT, TAG, MEDIA, CALLBACK = "to", "from", "text", "tag", "media_url", "callback_url"
IDENTITY, STATUS, CODE, WORDS, AT, TEXT_MEDIA = "id", "status", "code", "message", "at", "media_urls"
STAMP, SIGNATURE = "X-Simulator-Timestamp", "X-Simulator-Signature"
OPTED_OUT, LANDLINE, TOO_LARGE, NO_MMS = "opted-out", "landline", "media-too-large", "mms-unreachable"
NOT_ACCEPTED = "not-accepted"
STATUSES = frozenset({"sent", "delivered", "undelivered", "failed"})


class SimulatorSender(ProviderSender):
    """Used by any number of threads."""

    sends_with = ("TOKEN",)
    rates = MappingProxyType({"toll_free": 3.0, "long_code": 3.0, "short_code": 3.0})
    codes = ErrorCodes(
        {
            "opted_out": {OPTED_OUT: ""},
            "unreachable": {LANDLINE: ""},
            "too_large": {TOO_LARGE: ""},
            "no_mms": {NO_MMS: ""},
            "set_up": {"not-verified": ""},
        }
    )

    def __init__(self, config: SenderConfig) -> None:
        account, self._token = account_and_token(config.credentials)
        super().__init__(config, {"Authorization": f"Bearer {self._token}"})
        self._messages = f"{self.base_url}{ACCOUNTS}/{quote(account, safe='')}/{MESSAGES}"

    def send(self, message: sender.Outgoing) -> sender.Receipt:
        body: dict[str, Any] = {TO: message.to, FROM: self.number, TEXT: message.text, TAG: message.key}
        if message.media_url is not None:
            body[MEDIA] = [message.media_url]
        if self.callback_url:
            body[CALLBACK] = self.callback_url
        found = self.post(self._messages, json.dumps(body).encode(), JSON, message.text)
        return receipt(found.get(IDENTITY), _state(found))

    def lookup(self, tag: str, sought: sender.LookupQuery | None = None) -> sender.Receipt | sender.Ambiguous | None:
        """What the provider has under that tag; more need not be known. Raises SendDeferred when nothing was learned."""
        found = listed(self.get(f"{self._messages}?{urlencode({TAG: tag})}"), MESSAGES)
        return single_match(known_by(item.get(IDENTITY), _state(item)) for item in found)

    def error(self, answer: HttpAnswer, text: str) -> SendError:
        error = super().error(answer, text)
        if answer.status == 503 and error.code == NOT_ACCEPTED:
            return sender.SendDeferred(error.code, error.reason, read_retry_after(answer.headers, self.now()))
        return error

    def signed_items(self, call: sender.CallbackRequest, path: str, now: int) -> Any:
        stamp = call.header(STAMP)
        if not re.fullmatch(r"[0-9]{1,16}", stamp):
            raise sender.BadSignature("the callback has no timestamp")
        if not same(call.header(SIGNATURE), hmac_of_stamp(self._token, stamp, call.body)):
            raise sender.BadSignature("the callback's signature is wrong")
        require_fresh(int(stamp), now)
        return json_of(call.body)

    def read_status(self, item: dict[str, Any], call: sender.CallbackRequest, now: int) -> sender.StatusReport:
        status = item.get(STATUS)
        if not isinstance(status, str) or status not in STATUSES:
            raise sender.BadCallback("the callback has an unknown status")
        key = None if item.get(TAG) is None else matching(item, TAG, ID)
        code, identity = known_code(item.get(CODE)), matching(item, IDENTITY, ID)
        return report(self.codes, identity, key, status, code, item.get("reason"), _instant(item))

    def read_text(self, item: dict[str, Any], now: int) -> sender.InboundText:
        return sender.InboundText(
            id=matching(item, IDENTITY, ID),
            from_=matching(item, FROM, ORIGIN),
            to=own_number(item.get(TO)),
            text=words(item.get(TEXT)),
            media_urls=addresses(item.get(TEXT_MEDIA)),
            at=_instant(item),
        )


def _state(found: Mapping[str, Any]) -> str:
    status = found.get(STATUS)
    return status if isinstance(status, str) and status in STATUSES else "accepted"


def _instant(found: Mapping[str, Any]) -> int:
    at = found.get(AT)
    if type(at) is not int or not 0 <= at < 2**53:
        raise sender.BadCallback("the callback's at is not an instant in UTC ms")
    return at
