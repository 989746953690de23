"""Standard Webhooks: the scheme that Svix and many others sign with.

Source: standard-webhooks/standard-webhooks, the specification and its Python library. Of id, time and body, by the bytes that the secret
stands for after `whsec_`. Only `v1` is read; `v1a` (Ed25519) counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.sources import bodies
from engine.sources.bodies import word
from engine.sources.kind import Kind, Message
from engine.sources.signatures import ABSENT, Headers, decoded, hmac_base64, mismatch, stale

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Standard(Kind):
    name = "standard"
    title = "Standard Webhooks"
    kept_headers = ("webhook-id", "webhook-timestamp")

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        id, seconds, written = (headers.get(name, "") for name in _HEADERS)
        if not (id and seconds and written):
            return ABSENT
        if wrong := stale(seconds, now):
            return wrong
        keys = {secret: decoded(secret.removeprefix("whsec_")) for secret in secrets if secret}
        if not all(keys.values()):
            return "the secret is not base64: it must be the whole text, as it was given"
        given = [each.removeprefix("v1,") for each in written.split(" ") if each.startswith("v1,")]
        signed = f"{id}.{seconds}.".encode() + raw
        return mismatch(keys, given, lambda secret: hmac_base64(keys[secret] or b"", signed))

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = bodies.read_object(raw)
        version = bodies.instant(body.get("timestamp"))
        return (Message(word(body.get("type")), body, word(headers.get("webhook-id")), "", version),)
