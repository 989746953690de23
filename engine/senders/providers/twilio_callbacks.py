"""What Twilio posts to us: a form, signed over the address that Twilio called and all of its parameters.

    sent, delivered, undelivered, failed     as they are        read                               delivered
    canceled                                 failed             queued, sending and all others     nothing

    X-Twilio-Signature = base64(HMAC-SHA1(auth token, URL + name and value of every parameter, sorted by name))
    with X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=HMAC_SHA256      SHA-256, and the shared key's secret
    a JSON body: the URL alone is signed; its bodySHA256 is the body's hash

Rules kept here: believed after size and signature, over the raw parameters, blank ones and unknown ones included; the URL is made from our
public address, with and without its port, as Twilio itself is of two minds there; an unknown algorithm, or the new one without a secret
of ours, is refused. There is no time in it: what comes twice is told by its sid and status. Source: Twilio, "Validating Signatures".
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engine.senders.callback_parsing import (
    FROM,
    ID,
    addresses,
    asked_for,
    fields,
    json_of,
    key_of,
    keyword_of,
    matching,
    own_number,
    small,
    words,
)
from engine.senders.error_map import codes_of, report
from engine.senders.http_exchange import known_code
from engine.senders.sender import BadCallback, BadSignature, CallbackReply, CallbackRequest, InboundText, StatusReport

STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}
_MOST_FIELDS = 200
_PORTS = {"https": 443, "http": 80}
Secrets = Mapping[str, tuple[str, str]]  # algorithm -> secret (empty: none is set) and digest


class TwilioCallbacks:
    inbound_reply = CallbackReply(200, "<Response/>", "text/xml")  # nothing is texted back

    def __init__(self, callback_url: str, token: str, shared_secret: str) -> None:
        self._callback_url = callback_url
        self._secrets: Secrets = {"HMAC_SHA1": (token, "sha1"), "HMAC_SHA256": (shared_secret, "sha256")}

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        found = self._believed(call, "status")
        status = STATES.get(str(found.get("MessageStatus")))
        return [] if status is None else [_status(found, status, key_of(call.query), now)]

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        found = self._believed(call, "inbound")
        media = [found[name] for name in map("MediaUrl{}".format, range(_MOST_FIELDS)) if name in found]
        return [
            InboundText(
                id=matching(found, "MessageSid", ID),
                from_=matching(found, "From", FROM),
                to=own_number(found.get("To")),
                text=words(found.get("Body", "")),
                media_urls=addresses(media),
                at=now,
                taken_for=keyword_of(found.get("OptOutType")),
            )
        ]

    def _believed(self, call: CallbackRequest, what: str) -> Mapping[str, Any]:
        query = f"?{call.query}" if call.query else ""
        return believed(f"{self._callback_url}/{what}{query}", call, self._secrets)


def believed(url: str, call: CallbackRequest, secrets: Secrets) -> Mapping[str, Any]:
    """The parameters of a callback to `url` that Twilio signed; of one that came twice, the first."""
    small(call.body)
    if "json" in call.header("content-type").lower():
        if asked_for(call.query, "bodySHA256") != [hashlib.sha256(call.body).hexdigest()]:
            raise BadSignature("the callback's body is not the one that was signed")
        _verify(url, call, secrets)
        return fields(json_of(call.body), "the callback")
    pairs = _form(call.body)
    _verify(url, call, secrets, "".join(f"{name}{value}" for name, value in sorted(set(pairs))))
    return dict(reversed(pairs))


def _verify(url: str, call: CallbackRequest, secrets: Secrets, params: str = "") -> None:
    secret, digest = secrets.get(_algorithm(call), ("", ""))
    given = call.header("x-twilio-signature").encode("utf-8", "replace")
    signed = [_signature(secret, f"{each}{params}", digest) for each in _spellings(url)] if secret else []
    if not any(hmac.compare_digest(each, given) for each in signed):
        raise BadSignature("the callback's signature is wrong")


def sign(secret: str, signed: str, digest: str = "sha1") -> str:
    """Twilio's signature over a URL and its parameters."""
    return _signature(secret, signed, digest).decode()


def _signature(secret: str, signed: str, digest: str) -> bytes:
    return b64encode(hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), digest).digest())


def _algorithm(call: CallbackRequest) -> str:
    settings = call.header("x-twilio-webhooks-signature-settings")
    named = [part.partition("=")[2].strip() for part in settings.split(",") if part.strip().startswith("algorithm=")]
    return named[0].upper() if named else "HMAC_SHA1"


def _spellings(url: str) -> tuple[str, ...]:
    """The URL with its port and without: which of them is signed, Twilio does not say."""
    parts = urlsplit(url)
    host, port = parts.netloc, parts.port
    if port is not None:
        return url, parts._replace(netloc=host.rpartition(":")[0]).geturl()
    return url, parts._replace(netloc=f"{host}:{_PORTS.get(parts.scheme, 80)}").geturl()


def _form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise BadCallback("the callback is not a form") from error


def _status(found: Mapping[str, Any], status: str, key: str | None, now: int) -> StatusReport:
    code = known_code(str(found.get("ErrorCode") or ""))
    identity = matching(found, "MessageSid", ID)
    return report(codes_of("twilio"), identity, key, status, code, found.get("ErrorMessage"), now)
