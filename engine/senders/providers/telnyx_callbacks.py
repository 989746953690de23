"""What Telnyx posts to us: one JSON event, signed with Ed25519 over its timestamp, a bar and the raw body.

    message.sent                             sent
    message.finalized  delivered             delivered       delivery_failed             undelivered
                       sending_failed        failed          delivery_unconfirmed        sent: no receipt came, nobody knows
                       expired               failed
    message.received                         a text from a person
    anything else                            nothing

Rules kept here: believed after size, signature and age (300 s either way), in this order; without its public key nobody is believed. The
signature does not cover the address: intake takes the key in it only for a message whose id at Telnyx is not known, or is this one.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from engine.senders.callback_parsing import (
    FRESH_MS,
    FROM,
    ID,
    addresses,
    fields,
    instant,
    json_of,
    key_of,
    keyword_of,
    matching,
    own_number,
    small,
    urls_of,
    words,
)
from engine.senders.config import require
from engine.senders.error_map import codes_of, report
from engine.senders.http_exchange import known_code
from engine.senders.sender import ACKNOWLEDGED, BadSignature, CallbackRequest, InboundText, StatusReport

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "delivery_failed": "undelivered",
    "sending_failed": "failed",
    "delivery_unconfirmed": "sent",
    "expired": "failed",
}
_STATUSES = frozenset({"message.sent", "message.finalized"})
_KEY_BYTES = 32


class TelnyxCallbacks:
    inbound_reply = ACKNOWLEDGED

    def __init__(self, name: str, public_key: str) -> None:
        self._public_key = _public_key(name, public_key) if public_key else None

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        event = self._believed(call, now)
        message = fields(event.get("payload"), "the callback's payload")
        state = state_of(message) if str(event.get("event_type")) in _STATUSES else None
        return (
            []
            if state is None
            else [_status(message, state, key_of(call.query), instant(event.get("occurred_at"), now))]
        )

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        event = self._believed(call, now)
        if event.get("event_type") != "message.received":
            return []
        return [
            _inbound(fields(event.get("payload"), "the callback's payload"), instant(event.get("occurred_at"), now))
        ]

    def _believed(self, call: CallbackRequest, now: int) -> dict[str, Any]:
        small(call.body)
        stamp = call.header("telnyx-timestamp")
        if self._public_key is None or not re.fullmatch(r"[0-9]{1,12}", stamp):
            raise BadSignature("the callback cannot be believed: no key of ours, or no timestamp of its own")
        from cryptography.exceptions import InvalidSignature

        try:
            signature = b64decode(call.header("telnyx-signature-ed25519").encode("ascii"), validate=True)
            self._public_key.verify(signature, stamp.encode() + b"|" + call.body)
        except (InvalidSignature, binascii.Error, UnicodeEncodeError) as error:
            raise BadSignature("the callback's signature is wrong") from error
        if abs(now - int(stamp) * 1000) > FRESH_MS:
            raise BadSignature("the callback was not signed just now")
        return fields(fields(json_of(call.body), "the callback").get("data"), "the callback's data")


def state_of(message: dict[str, Any]) -> str | None:
    """What Telnyx says of a message's one recipient, in our words; None while it is under way."""
    return _STATES.get(str(_first(message, "to").get("status")))


def _public_key(name: str, text: str) -> Ed25519PublicKey:
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    require(len(raw) == _KEY_BYTES, name, "its PUBLIC_KEY is not the base64 of 32 bytes")
    # Only where somebody sends by Telnyx: it costs 7 MB.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


def _first(message: dict[str, Any], name: str) -> dict[str, Any]:
    found = message.get(name)
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def _status(message: dict[str, Any], status: str, key: str | None, at: int) -> StatusReport:
    error = _first(message, "errors")
    code, said = known_code(error.get("code")), error.get("detail") or error.get("title")
    return report(codes_of("telnyx"), matching(message, "id", ID), key, status, code, said, at)


def _inbound(message: dict[str, Any], at: int) -> InboundText:
    return InboundText(
        id=matching(message, "id", ID),
        from_=matching(fields(message.get("from"), "the callback's from"), "phone_number", FROM),
        to=own_number(_first(message, "to").get("phone_number")),
        text=words(message.get("text") or ""),
        media_urls=addresses(urls_of(message.get("media"))),
        at=at,
        taken_for=keyword_of(message.get("autoresponse_type")),
    )
