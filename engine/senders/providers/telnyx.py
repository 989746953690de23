"""The sender for Telnyx (Messaging v2): POST /v2/messages, JSON, a bearer key; no idempotency key that its API documents.

    2xx with data.id                         Receipt
    400, 413, 422                            SendRejected; 40300 as `opted_out`, 40310 as `unreachable`, 40302, 40317 as `too_large`,
                                             40301, 40319 as `no_mms`
    4xx about the account or the From        SendDeferred, account (10009, 20100, 40305, 40312 with its 409 …): the set-up is wrong
    429, and 4xx that say "not now"          SendDeferred, with Retry-After; 429 the whole sender
    any other 4xx (401, 403, 404 …)          SendDeferred, account
    anything else                            SendUnknown: 408, other 409, 5xx, redirects, a 2xx without an id

Its callbacks are one JSON event each, signed by Ed25519 over the timestamp (seconds), a bar and the raw body:

    message.sent                             sent
    message.finalized  delivered             delivered       delivery_failed             undelivered
                       sending_failed        failed          delivery_unconfirmed        sent: no receipt came
                       expired               failed
    message.received                         a text from a person
    anything else                            nothing

Invariants: our key is in the query of webhook_url; there is no list of messages, so without Telnyx's id there is nothing to ask by; its
API has no field for when a message expires, so what waits in its queue is not recalled. A callback is believed after its size, signature
and age (300 s either way) are checked, and not at all without its public key. The signature does not cover the address: intake takes the
key in it only for a message whose id at Telnyx is not known, or is this one. Codes: data/telnyx_errors.json.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from engine.senders import sender
from engine.senders.callback_parsing import (
    ORIGIN,
    addresses,
    fields,
    instant,
    json_of,
    key_of,
    keyword_of,
    matching,
    own_number,
    words,
)
from engine.senders.config import SenderConfig, require
from engine.senders.error_map import codes_of, report
from engine.senders.http_exchange import ID, known_code, receipt
from engine.senders.lookups import balance_of
from engine.senders.provider_sender import JSON, ProviderSender
from engine.senders.signatures import require_fresh

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# Telnyx's API, also for engine/simulator/dialects/telnyx.py.
VERSION, MESSAGES = "/v2", "/v2/messages"
TO, FROM, TEXT, KIND, MEDIA, WEBHOOK = "to", "from", "text", "type", "media_urls", "webhook_url"
SMS, MMS = "SMS", "MMS"
DATA, IDENTITY, STATUS, NUMBER, FILES, URL = "data", "id", "status", "phone_number", "media", "url"  # of a message
ERRORS, CODE, TITLE, DETAIL = "errors", "code", "title", "detail"
EVENT, PAYLOAD, AT = "event_type", "payload", "occurred_at"  # of a callback
SENT, FINALIZED, RECEIVED = "message.sent", "message.finalized", "message.received"
STAMP, SIGNATURE = "telnyx-timestamp", "telnyx-signature-ed25519"
CODES = codes_of("telnyx")
STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "delivery_failed": "undelivered",
    "sending_failed": "failed",
    "delivery_unconfirmed": "sent",
    "expired": "failed",
}
"""Its status -> ours; of several that mean the same, the usual one first."""
_KEY_BYTES = 32


def signed(stamp: str, body: bytes) -> bytes:
    """What its signature is made of."""
    return stamp.encode() + b"|" + body


class TelnyxSender(ProviderSender):
    """Used by any number of threads."""

    address = "https://api.telnyx.com"
    sends_with = ("API_KEY",)
    hears_with = ("PUBLIC_KEY",)
    codes = CODES

    def __init__(self, config: SenderConfig) -> None:
        super().__init__(config, {"Authorization": f"Bearer {config.credentials.needed('API_KEY')}"})
        key = config.credentials.get("PUBLIC_KEY")
        self._public_key = _public_key(config.name, key) if key else None
        self._messages = f"{self.base_url}{MESSAGES}"

    def send(self, message: sender.Outgoing) -> sender.Receipt:
        body: dict[str, Any] = {TO: message.to, FROM: self.number, TEXT: message.text, KIND: SMS}
        if message.media_url is not None:
            body |= {KIND: MMS, MEDIA: [message.media_url]}
        if self.callback_url:
            body[WEBHOOK] = f"{self.callback_url}/status?{urlencode({'key': message.key})}"
        found = self.post(self._messages, json.dumps(body).encode(), JSON, message.text)
        return receipt(_data(found).get(IDENTITY))

    def lookup(self, tag: str, sought: sender.LookupQuery | None = None) -> sender.Receipt | None:
        """By Telnyx's own id; it keeps messages for 10 days. Raises SendDeferred."""
        if sought is None or sought.provider_id is None:
            raise sender.SendDeferred(
                "lookup-impossible", "Telnyx lists no messages: its callback says what became of it, or a person"
            )
        found = self.get(f"{self._messages}/{quote(sought.provider_id, safe='')}", missing_is_none=True)
        if found is None:
            return None
        message = _data(found)
        if message.get(IDENTITY) != sought.provider_id:
            raise sender.SendDeferred("lookup-failed", "the provider answered with another message")
        return sender.Receipt(sought.provider_id, _state_of(message) or "accepted")

    def balance(self) -> sender.Balance:
        """What may be spent, credit included. Raises SendDeferred."""
        return balance_of(_data(self.get(f"{self.base_url}{VERSION}/balance") or {}), "available_credit", "balance")

    def refusal(self, found: Mapping[str, Any]) -> tuple[str | None, Sequence[object]]:
        error = _first(found, ERRORS)
        return known_code(error.get(CODE)), (error.get(DETAIL), error.get(TITLE))

    def signed_items(self, call: sender.CallbackRequest, path: str, now: int) -> Any:
        stamp = call.header(STAMP)
        if self._public_key is None or not re.fullmatch(r"[0-9]{1,12}", stamp):
            raise sender.BadSignature("the callback cannot be believed: no key of ours, or no timestamp of its own")
        from cryptography.exceptions import InvalidSignature

        try:
            signature = b64decode(call.header(SIGNATURE).encode("ascii"), validate=True)
            self._public_key.verify(signature, signed(stamp, call.body))
        except (InvalidSignature, binascii.Error, UnicodeEncodeError) as error:
            raise sender.BadSignature("the callback's signature is wrong") from error
        require_fresh(int(stamp) * 1000, now)
        return [fields(json_of(call.body), "the callback").get(DATA)]

    def read_status(self, item: dict[str, Any], call: sender.CallbackRequest, now: int) -> sender.StatusReport | None:
        message = fields(item.get(PAYLOAD), "the callback's payload")
        status = _state_of(message) if item.get(EVENT) in (SENT, FINALIZED) else None
        if status is None:
            return None
        error, at = _first(message, ERRORS), instant(item.get(AT), now)
        code, said = known_code(error.get(CODE)), error.get(DETAIL) or error.get(TITLE)
        return report(CODES, matching(message, IDENTITY, ID), key_of(call.query), status, code, said, at)

    def read_text(self, item: dict[str, Any], now: int) -> sender.InboundText | None:
        if item.get(EVENT) != RECEIVED:
            return None
        message = fields(item.get(PAYLOAD), "the callback's payload")
        files = message.get(FILES)
        urls = [file.get(URL) if isinstance(file, dict) else None for file in files] if isinstance(files, list) else []
        return sender.InboundText(
            id=matching(message, IDENTITY, ID),
            from_=matching(fields(message.get(FROM), "the callback's from"), NUMBER, ORIGIN),
            to=own_number(_first(message, TO).get(NUMBER)),
            text=words(message.get(TEXT) or ""),
            media_urls=addresses(urls),
            at=instant(item.get(AT), now),
            taken_for=keyword_of(message.get("autoresponse_type")),
        )


def _state_of(message: dict[str, Any]) -> str | None:
    """What Telnyx says of a message's one recipient, in our words; None while it is under way."""
    return STATES.get(str(_first(message, TO).get(STATUS)))


def _public_key(name: str, text: str) -> Ed25519PublicKey:
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    require(len(raw) == _KEY_BYTES, name, "its PUBLIC_KEY is not the base64 of 32 bytes")
    # Only where somebody sends by Telnyx: it costs 7 MB.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(raw)


def _data(found: Mapping[str, Any]) -> dict[str, Any]:
    data = found.get(DATA)
    return data if isinstance(data, dict) else {}


def _first(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The first object of a list; empty where there is none."""
    items = found.get(name)
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
