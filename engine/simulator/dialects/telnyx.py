"""Telnyx's Messaging, as version 2 of its API has it.

    POST /v2/messages         200    JSON, Authorization: Bearer KEY
    GET  /v2/messages/{id}    200

Callbacks are one JSON event each, message.sent and message.finalized, to `webhook_url`; texts are message.received, to …/inbound
beside a webhook_url that ends in /status. They are signed by Ed25519 over the timestamp, a bar and the body. The ledger's tag is
the `key` in webhook_url's query: Telnyx echoes no tag of ours.

Rules kept here: an opt-out is refused at once, 40300; a landline is told by a callback, 40001.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine.messaging.parts import count
from engine.simulator.dialects.dialect import Desk, Route, StatusChange, TextFromPhone, beside, key_of, same, under
from engine.simulator.dialects.timestamps import iso
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, is_loopback, only, picture_of, read_object, text_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PATH = re.compile(r"/v2/messages(?:/([0-9a-f-]{36}))?")
_FIELDS = frozenset(
    {
        "from",
        "messaging_profile_id",
        "to",
        "text",
        "subject",
        "media_urls",
        "webhook_url",
        "webhook_failover_url",
        "use_profile_webhooks",
        "type",
        "auto_detect",
        "encoding",
    }
)
_PROFILE = "4000eba1-a0c0-4563-9925-b25e842a7cb6"
_ORGANIZATION = "b448f9cc-a842-4784-98e9-03c1a5872950"

_CODES: Mapping[tuple[str, str | None], tuple[int, str, str]] = {
    ("bad-request", None): (400, "10015", "Bad Request"),
    ("bad-request", "webhook_url"): (422, "10003", "Invalid URL"),
    ("missing", None): (422, "10004", "Missing required parameter"),
    ("bad-number", "to"): (400, "40310", "Invalid 'to' address"),
    ("bad-number", "from"): (400, "40305", "Invalid 'from' address"),
    ("opted-out", None): (400, "40300", "Blocked due to STOP message"),
    ("text-too-long", None): (400, "40302", "Message too large"),
    ("no-content", None): (422, "40316", "No content provided for message"),
    ("too-many-media", None): (422, "40317", "Invalid MMS content"),
    ("mms-region", None): (400, "40301", "Unsupported message type for the 'to' address"),
    ("mms-unreachable", None): (400, "40319", "Incompatible message type for the 'to' address"),
    ("unauthorized", None): (401, "10009", "Authentication failed"),
    ("not-found", None): (404, "10005", "Resource not found"),
    ("too-many-requests", None): (429, "10011", "Too many requests"),
    ("bad-type", None): (415, "10015", "Bad Request"),
}
"""Refusals at once. The others are 10007 with their own HTTP status."""

_LATER = {
    "landline": ("40001", "Not routable"),
    "unreachable": ("40008", "Undeliverable"),
    "media-too-large": ("40317", "Invalid MMS content"),
}
_BAD_PICTURE = ("40009", "Invalid message body")
_STATUSES = {
    "accepted": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "delivery_failed",
    "failed": "sending_failed",
}


class Telnyx:
    """`accounts`: any name -> API key. `now` gives UTC ms."""

    name = "telnyx"
    most_characters = 1_600
    late: Mapping[str, str] = MappingProxyType({"landline": "undelivered"})

    def __init__(self, accounts: Mapping[str, str], callback_url: str | None, now: Callable[[], int]) -> None:
        self._accounts = accounts
        self._callback_url = callback_url
        self._now = now

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        # Loaded where somebody speaks to Telnyx: it takes a while.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        """Base64 of its 32 bytes, as Telnyx shows it."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def home(self) -> Route:
        return Route(self, next(iter(self._accounts)), under(self._callback_url, "inbound"))

    def speaks(self, path: str) -> bool:
        return path.startswith("/v2/")

    def answer(self, request: Request, desk: Desk) -> Reply:
        account = self._account(request.authorization)
        match = _PATH.fullmatch(request.path)
        identity = match[1] if match else None
        if match and request.method == "POST" and identity is None:
            return desk.send(self, account, self._read(request))
        entry = desk.ledger.one(account, identity) if identity and request.method == "GET" else None
        if entry is None:
            raise Declined(404, "not-found", "The requested resource or URL could not be found.")
        return reply(200, {"data": _payload(entry, entry.status, entry.code)})

    def _account(self, authorization: str) -> str:
        given = authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else ""
        fits = [name for name, key in self._accounts.items() if same(given, key)]
        if not fits:
            raise Declined(401, "unauthorized", "Could not find any usable credentials in the request.")
        return fits[0]

    def _read(self, request: Request) -> SendRequest:
        if request.content_type != "application/json":
            raise Declined(415, "bad-type", "a message is JSON")
        fields = read_object(request.body)
        only(fields, _FIELDS)
        for name in ("to", "from"):
            if not fields.get(name):
                raise Declined(422, "missing", f"The '{name}' parameter is required.", name)
        if fields.get("type") not in (None, "SMS", "MMS"):
            raise Declined(400, "bad-request", "type is SMS or MMS", "type")
        callback = text_of(fields, "webhook_url")
        if callback is not None and not is_loopback(callback):
            raise Declined(400, "bad-request", "webhook_url is not an http address on loopback", "webhook_url")
        of_the_profile = None if fields.get("use_profile_webhooks") is False else under(self._callback_url, "status")
        return SendRequest(
            to=text_of(fields, "to") or "",
            from_=text_of(fields, "from") or "",
            text=text_of(fields, "text") or "",
            media_url=picture_of(fields, "media_urls"),
            tag=key_of(callback),
            status_url=callback or of_the_profile,
            inbound_url=beside(callback) or under(self._callback_url, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return str(uuid4())

    def accepted(self, entry: Entry) -> Reply:
        return reply(200, {"data": _payload(entry, entry.status, entry.code)})

    def refused(self, declined: Declined) -> Reply:
        status, code, title = (
            _CODES.get((declined.code, declined.field))
            or _CODES.get((declined.code, None))
            or (declined.status, "10007", "Unexpected error")
        )
        error: dict[str, Any] = {"code": code, "title": title, "detail": declined.message}
        if declined.field is not None:
            error["source"] = {"pointer": f"/{declined.field}"}
        error["meta"] = {"url": f"https://developers.telnyx.com/docs/overview/errors/{code}"}
        return reply(status, {"errors": [error]})

    def status(self, entry: Entry, happened: StatusChange) -> Post | None:
        if entry.status_url is None:
            return None
        event = "message.sent" if happened.status == "sent" else "message.finalized"
        payload = _payload(entry, happened.status, happened.code)
        return self._signed(entry.status_url, event, happened.at, payload)

    def inbound(self, said: TextFromPhone) -> Post:
        return self._signed(said.url, "message.received", said.at, _heard(said))

    def _signed(self, url: str, event: str, at: int, payload: dict[str, Any]) -> Post:
        data = {
            "event_type": event,
            "id": str(uuid4()),
            "occurred_at": iso(at),
            "payload": payload,
            "record_type": "event",
        }

        def write(attempt: int) -> tuple[bytes, dict[str, str]]:
            body = json.dumps({"data": data, "meta": {"attempt": attempt, "delivered_to": url}}).encode()
            stamp = str(self._now() // 1000)
            signature = self._key.sign(stamp.encode() + b"|" + body)
            return body, {
                "Content-Type": "application/json",
                "User-Agent": "telnyx-webhooks",
                "telnyx-timestamp": stamp,
                "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            }

        return Post(url, write)


def _payload(entry: Entry, status: str, code: str | None) -> dict[str, Any]:
    """A message as it stands with that status."""
    error, title = _LATER.get(code or "", _BAD_PICTURE)
    done = status in ("delivered", "undelivered", "failed")
    media = {"url": entry.media_url, "content_type": None, "sha256": entry.media_sha256, "size": entry.media_bytes}
    return {
        **_shape(entry.id, "outbound", entry.text, entry.accepted_at),
        "type": "MMS" if entry.media_url else "SMS",
        "from": {"phone_number": entry.from_, "carrier": "Telnyx", "line_type": "VoIP"},
        "to": [
            {"phone_number": entry.to, "status": _STATUSES[status], "carrier": "ACME MOBILE", "line_type": "Wireless"}
        ],
        "media": [media] if entry.media_url else [],
        "parts": 1 if entry.media_url else count(entry.text).parts,
        "webhook_url": entry.status_url,
        "sent_at": None if status in ("accepted", "failed") else iso(entry.updated_at),
        "completed_at": iso(entry.updated_at) if done else None,
        "errors": [] if code is None else [{"code": error, "title": title, "detail": code}],
    }


def _heard(said: TextFromPhone) -> dict[str, Any]:
    return {
        **_shape(str(uuid4()), "inbound", said.text, said.at),
        "type": "SMS",
        "from": {"phone_number": said.from_, "carrier": "ACME MOBILE", "line_type": "Wireless", "status": "received"},
        "to": [
            {"phone_number": said.to, "status": "webhook_delivered", "carrier": "Telnyx", "line_type": "VoIP"},
        ],
        "media": [],
        "parts": count(said.text).parts,
        "webhook_url": said.url,
    }


def _shape(identity: str, direction: str, text: str, at: int) -> dict[str, Any]:
    """What messages of both directions have."""
    return {
        "record_type": "message",
        "direction": direction,
        "id": identity,
        "messaging_profile_id": _PROFILE,
        "organization_id": _ORGANIZATION,
        "cc": [],
        "text": text,
        "subject": None,
        "webhook_failover_url": None,
        "encoding": count(text).encoding,
        "tags": [],
        "cost": None,
        "cost_breakdown": None,
        "tcr_campaign_id": None,
        "tcr_campaign_billable": False,
        "tcr_campaign_registered": None,
        "received_at": iso(at),
        "sent_at": None,
        "completed_at": None,
        "valid_until": None,
        "errors": [],
    }
