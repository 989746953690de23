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
    addresses,
    each_alone,
    fields,
    instant,
    json_of,
    matching,
    own_number,
    small,
    words,
)
from engine.senders.error_map import codes_of, report
from engine.senders.sender import ACKNOWLEDGED, BadSignature, CallbackRequest, InboundText, StatusReport

_STATES = {"message-sent": "sent", "message-delivered": "delivered", "message-failed": "failed"}


class BandwidthCallbacks:
    inbound_reply = ACKNOWLEDGED

    def __init__(self, user: str, password: str) -> None:
        self._expected = f"{user}:{password}".encode() if user and password else None

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        return each_alone(self._believed(call), lambda event: _status(event, now))

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        return each_alone(self._believed(call), lambda event: _inbound(event, now))

    def _believed(self, call: CallbackRequest) -> Any:
        small(call.body)
        if self._expected is None or not hmac.compare_digest(self._expected, _given(call.header("authorization"))):
            raise BadSignature("the callback's user and password are wrong")
        return json_of(call.body)


def _given(header: str) -> bytes:
    """User, colon and password of a Basic header; nothing where it is anything else."""
    scheme, _, value = header.partition(" ")
    try:
        return b64decode(value.strip().encode("ascii"), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _message(event: dict[str, Any]) -> dict[str, Any]:
    return fields(event.get("message"), "the callback's message")


def _status(event: dict[str, Any], now: int) -> StatusReport | None:
    status = _STATES.get(str(event.get("type")))
    if status is None:
        return None
    message, codes = _message(event), codes_of("bandwidth")
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


def _inbound(event: dict[str, Any], now: int) -> InboundText | None:
    if event.get("type") != "message-received":
        return None
    message = _message(event)
    if message.get("direction") == "out":
        return None
    to = message.get("to")
    number = to[0] if isinstance(to, list) and to else event.get("to")
    return InboundText(
        id=matching(message, "id", ID),
        from_=matching(message, "from", FROM),
        to=own_number(number),
        text=words(message.get("text") or ""),
        media_urls=addresses(message.get("media")),
        at=instant(message.get("time"), now),
    )
