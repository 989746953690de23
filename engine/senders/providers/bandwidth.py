"""The sender for Bandwidth (Messaging V2): POST /api/v2/users/ACCOUNT/messages, JSON, Basic auth; no idempotency key.

    202 with an id                           Receipt
    400 about the application or the from    SendDeferred, account: the set-up is off
    400, 413, 422                            SendRejected; 413 and 4411 as `too_large`, 4475 as `opted_out`, 4720 as `unreachable`, 4753 as
                                             `no_mms`
    429                                      SendDeferred, whole sender, with its Retry-After: the queue holds 15 minutes
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, 409, 5xx, redirects, a 2xx without an id

Rules kept here: our key is the message's `tag`, which every callback of it carries; a list of messages has neither tag nor text, so a
look-up goes by both numbers, kind and time. Codes: data/bandwidth_errors.json. Callbacks: bandwidth_callbacks.py.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.senders.callback_parsing import instant_or_none
from engine.senders.config import SenderConfig, require
from engine.senders.error_map import codes_of, error_of
from engine.senders.http_client import (
    AFTER_MS,
    BEFORE_MS,
    ProviderClient,
    basic,
    known_by,
    listed,
    near,
    needed,
    single_match,
)
from engine.senders.http_exchange import HttpAnswer, known_code, read_object, receipt
from engine.senders.providers.bandwidth_callbacks import BandwidthCallbacks
from engine.senders.sender import Ambiguous, LookupQuery, Outgoing, Receipt, SendDeferred, SendRejected, SendUnknown

ADDRESS = "https://messaging.bandwidth.com"
SENDS_WITH = ("ACCOUNT", "USER", "PASSWORD", "APPLICATION")
HEARS_WITH = ("CALLBACK_USER", "CALLBACK_PASSWORD")
_SET_UP = frozenset({"applicationId", "from"})  # fields that are the same for all messages
_STATES = {"SENT": "sent", "DELIVERED": "delivered", "UNDELIVERED": "undelivered", "FAILED": "failed"}


class BandwidthSender(BandwidthCallbacks):
    """Used by any number of threads."""

    def __init__(self, setup: SenderConfig) -> None:
        account, user, password, application = (setup.credentials.needed(word) for word in SENDS_WITH)
        require(":" not in user, setup.name, "its USER has a colon")
        super().__init__(*(setup.credentials.get(word) for word in HEARS_WITH))
        self.name = setup.name
        self._number, self._application, self._now = setup.number, application, setup.now
        self._messages = f"{setup.address(ADDRESS)}/api/v2/users/{quote(account, safe='')}/messages"
        self._line = ProviderClient(setup, {"Authorization": basic(user, password)})

    def send(self, message: Outgoing) -> Receipt:
        body: dict[str, Any] = {
            "applicationId": self._application,
            "to": [message.to],
            "from": self._number,
            "text": message.text,
            "tag": message.key,
        }
        if message.media_url is not None:
            body["media"] = [message.media_url]
        if message.expires_at is not None:
            body["expiration"] = _utc(message.expires_at)
        answer = self._line.post(self._messages, json.dumps(body).encode(), "application/json")
        if 200 <= answer.status < 300:
            return receipt(read_object(answer.body).get("id"))
        raise self._failure(answer, message.text)

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
        """By both numbers and time; of several that fit, a person must say which. Raises SendDeferred."""
        wanted = needed(sought)
        query = {
            "sourceTn": self._number,
            "destinationTn": wanted.to,
            "messageDirection": "OUTBOUND",
            "fromDateTime": _utc(wanted.sent_at - BEFORE_MS),
            "toDateTime": _utc(wanted.sent_at + AFTER_MS),
        }
        found = listed(self._line.ask(f"{self._messages}?{urlencode(query)}"), "messages")
        return single_match([_receipt(item) for item in found if _may_be(item, wanted)], wanted)

    def close(self) -> None:
        self._line.close()

    def _failure(self, answer: HttpAnswer, text: str) -> SendRejected | SendDeferred | SendUnknown:
        problem = read_object(answer.body)
        codes = codes_of("bandwidth")
        kind = known_code(problem.get("type"))
        code = codes.code_of(kind)
        reason = self._line.words(problem.get("description"), text)
        if answer.status == 400 and _named(problem) & _SET_UP:
            return SendDeferred(code or "http-400", reason or "its application or number is refused", account=True)
        return error_of(answer, code, reason, codes, self._now())


def _named(problem: dict[str, Any]) -> set[str]:
    """The fields that a 400 complains of."""
    errors = problem.get("fieldErrors")
    found = [error.get("fieldName") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return {name for name in found if isinstance(name, str)}


def _may_be(item: dict[str, Any], sought: LookupQuery) -> bool:
    kind = "mms" if sought.media else "sms"
    return near(instant_or_none(item.get("receiveTime")), sought) and item.get("messageType", kind) == kind


def _receipt(item: dict[str, Any]) -> Receipt:
    return known_by(item.get("messageId"), _STATES.get(str(item.get("messageStatus")), "accepted"))


def _utc(instant: int) -> str:
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
