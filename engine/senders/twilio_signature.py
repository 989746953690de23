"""Twilio's signatures: made by the simulator, checked by the sender.

    X-Twilio-Signature = base64(HMAC-SHA1(auth token, URL + name and value of every parameter, sorted by name))
    with X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=HMAC_SHA256      SHA-256, and the shared key's secret
    a JSON body: the URL alone is signed; its bodySHA256 is the body's hash

Invariants: believed over the raw parameters, blank ones and unknown ones included; the URL is made from our public address, with and
without its port, since Twilio signs either; an unknown algorithm, or SHA-256 without a secret of ours, is refused. Source: Twilio,
"Validating Signatures".
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from engine.senders.callback_parsing import asked_for, fields, json_of
from engine.senders.sender import BadCallback, BadSignature, CallbackRequest
from engine.senders.signatures import same

HEADER, SETTINGS = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"
MOST_FIELDS = 200
_PORTS = {"https": 443, "http": 80}
Secrets = Mapping[str, tuple[str, str]]  # algorithm -> secret (empty: none is set) and digest


def secrets(token: str, shared_secret: str) -> Secrets:
    return {"HMAC_SHA1": (token, "sha1"), "HMAC_SHA256": (shared_secret, "sha256")}


def sign(secret: str, signed: str, digest: str = "sha1") -> str:
    """Twilio's signature over a URL and its parameters."""
    return b64encode(hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), digest).digest()).decode()


def joined(pairs: Iterable[tuple[str, str]]) -> str:
    """The parameters as they are signed."""
    return "".join(f"{name}{value}" for name, value in sorted(set(pairs)))


def believed(url: str, call: CallbackRequest, secrets: Secrets) -> Mapping[str, Any]:
    """The parameters of a callback to `url` that Twilio signed; of one that came twice, the first."""
    if "json" in call.header("content-type").lower():
        if asked_for(call.query, "bodySHA256") != [hashlib.sha256(call.body).hexdigest()]:
            raise BadSignature("the callback's body is not the one that was signed")
        _verify(url, call, secrets)
        return fields(json_of(call.body), "the callback")
    pairs = _form(call.body)
    _verify(url, call, secrets, joined(pairs))
    return dict(reversed(pairs))


def _verify(url: str, call: CallbackRequest, secrets: Secrets, params: str = "") -> None:
    secret, digest = secrets.get(_algorithm(call), ("", ""))
    given = call.header(HEADER)
    signed = [sign(secret, f"{each}{params}", digest) for each in _spellings(url)] if secret else []
    if not any(same(given, each) for each in signed):
        raise BadSignature("the callback's signature is wrong")


def _algorithm(call: CallbackRequest) -> str:
    settings = call.header(SETTINGS)
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
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise BadCallback("the callback is not a form") from error
