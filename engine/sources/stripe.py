"""Stripe: webhook endpoints.

Source: stripe/stripe-python, _webhook.py. Of `t` and the body, with the whole text of the secret; one fitting `v1` is enough, `v0` counts
for nothing. The library takes a time far ahead, this does not. Amounts are in cents, so none is mapped here to money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from engine.sources import bodies
from engine.sources.bodies import word
from engine.sources.kind import Data, Kind, Message, Person, Topic, shaped
from engine.sources.paths import value_of
from engine.sources.signatures import ABSENT, Headers, hmac_hex, mismatch, stale

_PHONE: Final = ("data.object.customer_details.phone", "data.object.phone", "data.object.shipping.phone")
_PERSON: Final[Person] = {"phone": _PHONE, "email": "data.object.customer_details.email"}
_DATA: Final[Data] = {"order_id": "data.object.id", "currency": "data.object.currency"}
_TOPICS: Final[Mapping[str, Topic]] = {
    "checkout.session.completed": Topic("order.placed", _PERSON, _DATA),
    "checkout.session.expired": Topic("checkout.expired", _PERSON, {"cart": "data.object.id"}),
}
_SHAPES: Final = shaped(
    integer=("created", "data.object.created", "data.object.amount_total", "data.object.amount"),
    boolean=("livemode", "data.object.livemode"),
    text=("id", "type", "data.object.id", "data.object.currency"),
    object=("data", "data.object", "data.object.customer_details"),
)


class Stripe(Kind):
    name = "stripe"
    title = "Stripe"
    kept_headers = ()
    phone = _PHONE
    countries = ("data.object.customer_details.address.country", "data.object.shipping.address.country")
    topics = _TOPICS
    shapes = _SHAPES

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        written = headers.get("stripe-signature", "")
        if not written:
            return ABSENT
        parts = [part.partition("=") for part in written.split(",")]
        times = [value for name, _, value in parts if name == "t"]
        if wrong := stale(times[0] if len(times) == 1 else "", now):
            return wrong
        signed = f"{times[0]}.".encode() + raw
        given = [value for name, _, value in parts if name == "v1"]
        return mismatch(secrets, given, lambda secret: hmac_hex(secret, signed, "sha256"))

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = bodies.read_object(raw)
        topic, about = word(body.get("type")), word(value_of(body, "data.object.id"))
        version = bodies.instant(body.get("created"))
        key = f"{topic}:{about}" if about else ""
        return (Message(topic, body, word(body.get("id")), key, version, body.get("livemode") is False),)
