"""Segment, and what has its shape: Customer.io, RudderStack.

Source: Segment, "Webhooks (Actions) Destination". HMAC-SHA1 of the body in hex, no time in it. A batch is a list of events, signed as
a whole or, by most versions of Segment, not at all: then switch batches off. A `track` is called as its event is, all else as its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.sources import bodies
from engine.sources.bodies import Unreadable, word
from engine.sources.kind import Data, Each, Kind, Message, Person, Privacy, Topic, shaped
from engine.sources.paths import first_of, value_of
from engine.sources.signatures import Headers, hmac_hex, mismatch

MOST = 4_000  # events of one batch
_PHONE: Final = ("traits.phone", "context.traits.phone", "properties.phone")
_PERSON: Final[Person] = {
    "phone": _PHONE,
    "first_name": "context.traits.first_name",
    "email": "context.traits.email",
    "language": "context.locale",
}
_ITEM: Final = {
    "title": "name",
    "quantity": "quantity",
    "price": "price",
    "sku": "sku",
    "image": "image_url",
    "url": "url",
    "product_id": "product_id",
}
_ITEMS: Final = Each("properties.products", _ITEM)
_ORDER: Final[Data] = {
    "order_id": "properties.order_id",
    "total": "properties.total",
    "currency": "properties.currency",
    "items": _ITEMS,
}
_ABOUT: Final = ("properties.order_id", "properties.checkout_id", "properties.cart_id")
_TOPICS: Final[Mapping[str, Topic]] = {
    "Checkout Started": Topic(
        "checkout.started",
        _PERSON,
        {
            "cart": "properties.checkout_id",
            "total": "properties.value",
            "currency": "properties.currency",
            "items": _ITEMS,
        },
    ),
    "Order Completed": Topic("order.placed", _PERSON, _ORDER),
    "Order Cancelled": Topic("order.cancelled", _PERSON, _ORDER),
    "Order Refunded": Topic("order.refunded", _PERSON, _ORDER),
}
_PRIVACY: Final[Mapping[str, Privacy]] = {
    "delete": Privacy(
        "forget",
        "Segment asks to forget a person",
        {"phone": "context.traits.phone", "email": "context.traits.email", "key": "userId"},
    )
}
_SHAPES: Final = shaped(
    time=("timestamp", "originalTimestamp"),
    text=("messageId", "userId", "anonymousId", "event", "type", "context.locale"),
    list=("properties.products",),
    object=("properties", "traits", "context", "context.traits"),
)


class Segment(Kind):
    name = "segment"
    title = "Segment"
    kept_headers = ()
    phone = _PHONE
    countries = ("traits.address.country", "context.traits.address.country")
    topics = _TOPICS
    privacy = _PRIVACY
    shapes = _SHAPES

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        return mismatch(secrets, [headers.get("x-signature", "")], lambda secret: hmac_hex(secret, raw, "sha1"))

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = bodies.read(raw)
        events = body if isinstance(body, list) else [body]
        if len(events) > MOST:
            raise Unreadable(f"the body holds more than {MOST:,} events")
        if not all(isinstance(each, dict) for each in events):
            raise Unreadable("the body is JSON, but not an object or a list of them")
        return tuple(_message(each) for each in events)


def _message(body: Mapping[str, Any]) -> Message:
    type_ = word(body.get("type"))
    topic = word(body.get("event")) if type_ == "track" else type_
    about = first_of(body, _ABOUT)
    key = f"{topic}:{word(about[1])}" if about and word(about[1]) else ""
    checkout = word(value_of(body, "properties.checkout_id"))
    follows = (f"Checkout Started:{checkout}",) if checkout and topic == "Order Completed" else ()
    return Message(
        topic, body, word(body.get("messageId")), key, bodies.instant(body.get("timestamp")), follows=follows
    )
