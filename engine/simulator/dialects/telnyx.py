"""Telnyx's Messaging, as version 2 of its API has it.

    POST /v2/messages         200    JSON, Authorization: Bearer KEY
    GET  /v2/messages/{id}    200

Callbacks are one JSON event each, message.sent and message.finalized, to `webhook_url`; texts are message.received, to …/inbound
beside a webhook_url that ends in /status. They are signed by Ed25519 over the timestamp, a bar and the body. The ledger's tag is
the `key` in webhook_url's query: Telnyx echoes no tag of ours.

Invariants: an opt-out is refused at once, 40300; a landline is reported by a callback, 40001.
"""

from __future__ import annotations

import base64
import json
import re
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine.messaging.parts import count
from engine.senders.provider_sender import JSON
from engine.senders.providers import telnyx as api
from engine.simulator.dialects import dialect
from engine.simulator.http_messages import Post, Reply, Request, reply
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, SendRequest, loopback_of, picture_of, text_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_PATH = re.compile(rf"{api.MESSAGES}(?:/([0-9a-f-]{{36}}))?")
_OF_PROFILE = "use_profile_webhooks"
_USED = {api.FROM, api.TO, api.TEXT, api.MEDIA, api.WEBHOOK, api.KIND, _OF_PROFILE}
_FIELDS = frozenset(_USED | {"messaging_profile_id", "subject", "webhook_failover_url", "auto_detect", "encoding"})
_PROFILE = "4000eba1-a0c0-4563-9925-b25e842a7cb6"
_ORGANIZATION = "b448f9cc-a842-4784-98e9-03c1a5872950"

# What Telnyx has a field for and the simulator no value.
_EMPTY: dict[str, None] = dict.fromkeys(
    (
        "subject",
        "webhook_failover_url",
        "cost",
        "cost_breakdown",
        "tcr_campaign_id",
        "tcr_campaign_registered",
        "valid_until",
        "sent_at",
        "completed_at",
    )
)


class Telnyx(dialect.Dialect):
    """`accounts`: any name -> API key."""

    name = "telnyx"
    prefix = api.VERSION
    late = MappingProxyType({"landline": "undelivered"})

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        # Loaded where somebody uses Telnyx's API: it takes a while.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        """Base64 of its 32 bytes, as Telnyx shows it."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def answer(self, request: Request, desk: dialect.Desk) -> Reply:
        opened = self.bearers(request.authorization)
        if not opened:
            raise Declined(401, "unauthorized", "Could not find any usable credentials in the request.")
        account, match = opened[0], _PATH.fullmatch(request.path)
        identity = match[1] if match else None
        if match and request.method == "POST" and identity is None:
            return desk.send(self, account, self._read(request))
        entry = desk.ledger.one(account, identity) if identity and request.method == "GET" else None
        if entry is None:
            raise Declined(404, "not-found", "The requested resource or URL could not be found.")
        return self.accepted(entry)

    def _read(self, request: Request) -> SendRequest:
        fields = dialect.json_fields(request, _FIELDS)
        for name in (api.TO, api.FROM):
            if not fields.get(name):
                raise Declined(422, "missing", f"The '{name}' parameter is required.", name)
        if fields.get(api.KIND) not in (None, api.SMS, api.MMS):
            raise Declined(400, "bad-request", "type is SMS or MMS", api.KIND)
        callback = loopback_of(fields, api.WEBHOOK)
        of_the_profile = None if fields.get(_OF_PROFILE) is False else dialect.under(self._callback_url, "status")
        return SendRequest(
            to=text_of(fields, api.TO) or "",
            from_=text_of(fields, api.FROM) or "",
            text=text_of(fields, api.TEXT) or "",
            media_url=picture_of(fields, api.MEDIA),
            tag=dialect.key_of(callback),
            status_url=callback or of_the_profile,
            inbound_url=dialect.beside(callback) or dialect.under(self._callback_url, "inbound"),
        )

    def new_id(self, wanted: SendRequest) -> str:
        return str(uuid4())

    def accepted(self, entry: Entry) -> Reply:
        return reply(200, {api.DATA: _sent(entry, entry.status, entry.code)})

    def refused(self, declined: Declined) -> Reply:
        status, code = dialect.refusal_of("telnyx", declined) or (declined.status, "10007")
        error = _error(code, declined.message)
        if declined.field is not None:
            error["source"] = {"pointer": f"/{declined.field}"}
        error["meta"] = {"url": f"https://developers.telnyx.com/docs/overview/errors/{code}"}
        return reply(status, {api.ERRORS: [error]})

    def status(self, url: str, entry: Entry, change: dialect.StatusChange) -> Post:
        event = api.SENT if change.status == "sent" else api.FINALIZED
        return self._signed(url, event, change.at, _sent(entry, change.status, change.code))

    def inbound(self, said: dialect.TextFromPhone) -> Post:
        return self._signed(said.url, api.RECEIVED, said.at, _received(said))

    def _signed(self, url: str, event: str, at: int, payload: dict[str, Any]) -> Post:
        data = {
            api.EVENT: event,
            api.IDENTITY: str(uuid4()),
            api.AT: dialect.iso(at),
            api.PAYLOAD: payload,
            "record_type": "event",
        }

        def write(attempt: int) -> tuple[bytes, dict[str, str]]:
            body = json.dumps({api.DATA: data, "meta": {"attempt": attempt, "delivered_to": url}}).encode()
            stamp = str(self._now() // 1000)
            signature = base64.b64encode(self._key.sign(api.signed(stamp, body))).decode()
            headers = {"Content-Type": JSON, "User-Agent": "telnyx-webhooks"}
            return body, {**headers, api.STAMP: stamp, api.SIGNATURE: signature}

        return Post(url, write)


def _error(code: str, detail: str) -> dict[str, Any]:
    """Its title is the code's name, without the remark in brackets."""
    return {api.CODE: code, api.TITLE: api.CODES.listed[code].words.partition(" (")[0], api.DETAIL: detail}


def _sent(entry: Entry, status: str, code: str | None) -> dict[str, Any]:
    """A message as it is with that status."""
    done = status in ("delivered", "undelivered", "failed")
    at = dialect.iso(entry.updated_at)
    media = {api.URL: entry.media_url, "content_type": None, "sha256": entry.media_sha256, "size": entry.media_bytes}
    return {
        **_message(entry.id, "outbound", entry.text, entry.accepted_at),
        api.KIND: api.MMS if entry.media_url else api.SMS,
        api.FROM: {api.NUMBER: entry.from_, "carrier": "Telnyx", "line_type": "VoIP"},
        api.TO: [
            {
                api.NUMBER: entry.to,
                api.STATUS: "queued" if status == "accepted" else dialect.said_as(api.STATES, status),
                "carrier": "ACME MOBILE",
                "line_type": "Wireless",
            }
        ],
        api.FILES: [media] if entry.media_url else [],
        "parts": entry.parts,
        api.WEBHOOK: entry.status_url,
        "sent_at": None if status in ("accepted", "failed") else at,
        "completed_at": at if done else None,
        api.ERRORS: [] if code is None else [_error(dialect.failure_of("telnyx", code), code)],
    }


def _received(said: dialect.TextFromPhone) -> dict[str, Any]:
    return {
        **_message(str(uuid4()), "inbound", said.text, said.at),
        api.KIND: api.SMS,
        api.FROM: {api.NUMBER: said.from_, "carrier": "ACME MOBILE", "line_type": "Wireless", api.STATUS: "received"},
        api.TO: [{api.NUMBER: said.to, api.STATUS: "webhook_delivered", "carrier": "Telnyx", "line_type": "VoIP"}],
        "parts": count(said.text).parts,
        api.WEBHOOK: said.url,
    }


def _message(identity: str, direction: str, text: str, at: int) -> dict[str, Any]:
    """What messages of both directions have."""
    return {
        **_EMPTY,
        "record_type": "message",
        "direction": direction,
        api.IDENTITY: identity,
        "messaging_profile_id": _PROFILE,
        "organization_id": _ORGANIZATION,
        "cc": [],
        api.FILES: [],
        api.ERRORS: [],
        api.TEXT: text,
        "encoding": count(text).encoding,
        "tags": [],
        "tcr_campaign_billable": False,
        "received_at": dialect.iso(at),
    }
