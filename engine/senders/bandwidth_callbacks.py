"""What Bandwidth posts to us: a JSON array of events, with the user and password that the application was given.

    message-sending    nothing: it is under way       message-failed     failed; 9902 is sent: no receipt came, nobody knows
    message-sent       sent                           message-received   a text from a person
    message-delivered  delivered; where the carrier only took it ("Message delivered to carrier"), sent

Rules kept here: believed after size and Basic credentials, compared in constant time; without credentials of ours, nobody is believed;
events of other kinds, and our own messages among inbound ones (a loop), are passed over.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from typing import Any

from engine.senders.callback_parsing import (
    FROM,
    ID,
    NUMBER,
    addresses,
    fields,
    instant,
    json_of,
    matching,
    small,
    words,
)
from engine.senders.error_map import codes_of, report
from engine.senders.sender import ACKNOWLEDGED, BadCallback, BadSignature, CallbackRequest, InboundText, StatusReport

_STATES = {"message-sent": "sent", "message-delivered": "delivered", "message-failed": "failed"}


class BandwidthCallbacks:
    inbound_reply = ACKNOWLEDGED

    def __init__(self, user: str, password: str) -> None:
        self._expected = f"{user}:{password}".encode() if user and password else None

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        events = self._believed(call)
        return [_status(event, now) for event in events if event.get("type") in _STATES]

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        events = [event for event in self._believed(call) if event.get("type") == "message-received"]
        return [_inbound(event, now) for event in events if _message(event).get("direction") != "out"]

    def _believed(self, call: CallbackRequest) -> list[dict[str, Any]]:
        small(call.body)
        if self._expected is None or not hmac.compare_digest(self._expected, _given(call.header("authorization"))):
            raise BadSignature("the callback's user and password are wrong")
        items = json_of(call.body)
        if not isinstance(items, list):
            raise BadCallback("the callback is not a list")
        return [fields(item) for item in items]


def _given(header: str) -> bytes:
    """User, colon and password of a Basic header; nothing where it is anything else."""
    scheme, _, value = header.partition(" ")
    try:
        return b64decode(value.strip().encode("ascii"), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _message(event: dict[str, Any]) -> dict[str, Any]:
    return fields(event.get("message"), "the callback's message")


def _status(event: dict[str, Any], now: int) -> StatusReport:
    message, codes = _message(event), codes_of("bandwidth")
    status = _STATES[event["type"]]
    number = event.get("errorCode")
    code = str(number) if type(number) is int and 0 < number < 100_000 else None
    described = event.get("description")
    if codes.means(code) == "unknown" or (status == "delivered" and _only_handed_on(described)):
        status = "sent"
    key = matching(message, "tag", ID) if message.get("tag") else None
    at = instant(event.get("time"), now)
    return report(codes, matching(message, "id", ID), key, status, code, described, at)


def _only_handed_on(described: Any) -> bool:
    return isinstance(described, str) and "delivered to carrier" in described.lower()


def _inbound(event: dict[str, Any], now: int) -> InboundText:
    message = _message(event)
    to = message.get("to")
    number = to[0] if isinstance(to, list) and to else event.get("to")
    return InboundText(
        id=matching(message, "id", ID),
        from_=matching(message, "from", FROM),
        to=matching({"to": number}, "to", NUMBER),
        text=words(message.get("text") or ""),
        media_urls=addresses(message.get("media") or []),
        at=instant(message.get("time"), now),
    )
