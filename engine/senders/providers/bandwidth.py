"""The sender for Bandwidth (Messaging V2): POST /api/v2/users/ACCOUNT/messages, JSON, Basic auth; no idempotency key.

    202 with an id                           Receipt
    400 about the application or the from    SendDeferred, account: the set-up is wrong
    400, 413, 422                            SendRejected; 413 and 4411 as `too_large`, 4475 as `opted_out`, 4720 as `unreachable`, 4753 as
                                             `no_mms`
    429                                      SendDeferred, whole sender, with its Retry-After: the queue holds 15 minutes
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, 409, 5xx, redirects, a 2xx without an id

Its callbacks are JSON arrays of events, with the user and password that the application was given:

    message-sending    nothing: it is under way       message-failed     failed; 9902 is sent: no receipt came
    message-sent       sent                           message-received   a text from a person
    message-delivered  delivered; where the carrier only took it ("Message delivered to carrier"), sent

Invariants: our key is the message's `tag`, which every callback of it carries; a list of messages has neither tag nor text, so a look-up
goes by both numbers, kind and time. A callback is believed after size and credentials are checked, in constant time; without credentials
of ours, none is. Events of other kinds, and our own messages among inbound ones (a loop), are passed over. Codes:
data/bandwidth_errors.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from engine.errors import SendError
from engine.senders import sender
from engine.senders.callback_parsing import (
    ORIGIN,
    addresses,
    fields,
    instant,
    instant_or_none,
    json_of,
    matching,
    own_number,
    words,
)
from engine.senders.config import SenderConfig, require
from engine.senders.error_map import code_of_number, codes_of, report
from engine.senders.http_exchange import ID, HttpAnswer, known_code, read_object, receipt
from engine.senders.lookups import BEFORE_MS, known_by, latest, listed, near, needed, single_match
from engine.senders.provider_sender import JSON, ProviderSender
from engine.senders.signatures import basic, basic_given, same

# Bandwidth's API, also for engine/simulator/dialects/bandwidth.py.
VERSION, USERS, MESSAGES = (
    "/api/v2",
    "/api/v2/users",
    "messages",
)  # /api/v2/users/{accountId}/messages; the answer to GET
APPLICATION, TO, FROM, TEXT = "applicationId", "to", "from", "text"
MEDIA, TAG, EXPIRATION = "media", "tag", "expiration"
IDENTITY, DIRECTION, OUT = "id", "direction", "out"  # of a message
TYPE, DESCRIPTION, FIELD_ERRORS, FIELD = (
    "type",
    "description",
    "fieldErrors",
    "fieldName",
)  # of an error; of an event, too
TIME, MESSAGE, ERROR = "time", "message", "errorCode"  # of an event
SENT, DELIVERED, FAILED, RECEIVED = "message-sent", "message-delivered", "message-failed", "message-received"
STATES = {SENT: "sent", DELIVERED: "delivered", FAILED: "failed"}
ROW_ID, ROW_STATUS, ROW_KIND, ROW_TIME = "messageId", "messageStatus", "messageType", "receiveTime"  # of the list
ROW_FROM, ROW_TO, ROW_DIRECTION, OUTBOUND = "sourceTn", "destinationTn", "messageDirection", "OUTBOUND"
EARLIEST, LATEST = "fromDateTime", "toDateTime"
SMS, MMS = "sms", "mms"
CODES = codes_of("bandwidth")
_ROW_STATES = {"SENT": "sent", "DELIVERED": "delivered", "UNDELIVERED": "undelivered", "FAILED": "failed"}
_SET_UP = frozenset({APPLICATION, FROM})  # fields that are the same for all messages


class BandwidthSender(ProviderSender):
    """Used by any number of threads."""

    address = "https://messaging.bandwidth.com"
    sends_with = ("ACCOUNT", "USER", "PASSWORD", "APPLICATION")
    hears_with = ("CALLBACK_USER", "CALLBACK_PASSWORD")
    codes = CODES

    def __init__(self, config: SenderConfig) -> None:
        account, user, password, self._application = (config.credentials.needed(word) for word in self.sends_with)
        require(":" not in user, config.name, "its USER has a colon")
        super().__init__(config, {"Authorization": basic(user, password)})
        hears = [config.credentials.get(word) for word in self.hears_with]
        self._expected = ":".join(hears) if all(hears) else None
        self._messages = f"{self.base_url}{USERS}/{quote(account, safe='')}/{MESSAGES}"

    def send(self, message: sender.Outgoing) -> sender.Receipt:
        body: dict[str, Any] = {
            APPLICATION: self._application,
            TO: [message.to],
            FROM: self.number,
            TEXT: message.text,
            TAG: message.key,
        }
        if message.media_url is not None:
            body[MEDIA] = [message.media_url]
        if message.expires_at is not None:
            body[EXPIRATION] = _utc(message.expires_at)
        found = self.post(self._messages, json.dumps(body).encode(), JSON, message.text)
        return receipt(found.get(IDENTITY))

    def lookup(self, tag: str, sought: sender.LookupQuery | None = None) -> sender.Receipt | sender.Ambiguous | None:
        """By both numbers and time; of several that fit, a person must say which. Raises SendDeferred."""
        wanted = needed(sought)
        query = {
            ROW_FROM: self.number,
            ROW_TO: wanted.to,
            ROW_DIRECTION: OUTBOUND,
            EARLIEST: _utc(wanted.sent_at - BEFORE_MS),
            LATEST: _utc(latest(wanted)),
        }
        found = listed(self.get(f"{self._messages}?{urlencode(query)}"), MESSAGES)
        return single_match((_receipt(row) for row in found if _may_be(row, wanted)), wanted.others)

    def refusal(self, found: Mapping[str, Any]) -> tuple[str | None, Sequence[object]]:
        return CODES.code_of(known_code(found.get(TYPE))), (found.get(DESCRIPTION),)

    def error(self, answer: HttpAnswer, text: str) -> SendError:
        error = super().error(answer, text)
        if answer.status == 400 and _named(read_object(answer.body)) & _SET_UP:
            return sender.SendDeferred(error.code, error.reason, account=True)
        return error

    def signed_items(self, call: sender.CallbackRequest, path: str, now: int) -> Any:
        if self._expected is None or not same(basic_given(call.header("authorization")), self._expected):
            raise sender.BadSignature("the callback's user and password are wrong")
        return json_of(call.body)

    def read_status(self, item: dict[str, Any], call: sender.CallbackRequest, now: int) -> sender.StatusReport | None:
        status = STATES.get(str(item.get(TYPE)))
        if status is None:
            return None
        message, described = _message(item), item.get(DESCRIPTION)
        code = code_of_number(item.get(ERROR))
        if CODES.means(code) == "unknown" or (status == "delivered" and _only_handed_on(described)):
            status = "sent"
        key = matching(message, TAG, ID) if message.get(TAG) else None
        at = instant(item.get(TIME), now)
        return report(CODES, matching(message, IDENTITY, ID), key, status, code, described, at)

    def read_text(self, item: dict[str, Any], now: int) -> sender.InboundText | None:
        if item.get(TYPE) != RECEIVED:
            return None
        message = _message(item)
        if message.get(DIRECTION) == OUT:
            return None
        to = message.get(TO)
        return sender.InboundText(
            id=matching(message, IDENTITY, ID),
            from_=matching(message, FROM, ORIGIN),
            to=own_number(to[0] if isinstance(to, list) and to else item.get(TO)),
            text=words(message.get(TEXT) or ""),
            media_urls=addresses(message.get(MEDIA)),
            at=instant(message.get(TIME), now),
        )


def _message(event: dict[str, Any]) -> dict[str, Any]:
    return fields(event.get(MESSAGE), "the callback's message")


def _only_handed_on(described: object) -> bool:
    return isinstance(described, str) and "delivered to carrier" in described.lower()


def _named(problem: Mapping[str, Any]) -> set[str]:
    """The fields that a 400 complains of."""
    errors = problem.get(FIELD_ERRORS)
    found = [error.get(FIELD) for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return {name for name in found if isinstance(name, str)}


def _may_be(row: dict[str, Any], sought: sender.LookupQuery) -> bool:
    kind = MMS if sought.media else SMS
    return near(instant_or_none(row.get(ROW_TIME)), sought) and row.get(ROW_KIND, kind) == kind


def _receipt(row: dict[str, Any]) -> sender.Receipt:
    return known_by(row.get(ROW_ID), _ROW_STATES.get(str(row.get(ROW_STATUS)), "accepted"))


def _utc(instant: int) -> str:
    return datetime.fromtimestamp(instant // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
