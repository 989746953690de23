"""WooCommerce: webhooks of the core plugin.

Source: woocommerce/woocommerce, class-wc-webhook.php. The secret is entity-decoded before it signs. A delivery's id is a hash of the
webhook and the second, so two orders may share it: the body's hash is part of ours. `created` and `updated` come with equal bodies and
several times over, so an order's topic is its status: `order.processing`. It retries nothing, and goes silent after six failures. The
core has no carts and no consent to texts; plugins keep theirs in `meta_data`, which a path reads by name: `meta_data.sms_consent`.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.sources import bodies
from engine.sources.bodies import word
from engine.sources.kind import Data, Each, Kind, Message, Person, Topic, shaped
from engine.sources.signatures import Headers, hmac_base64, mismatch

_PHONE: Final = ("billing.phone", "shipping.phone")
_PERSON: Final[Person] = {
    "phone": _PHONE,
    "first_name": "billing.first_name",
    "last_name": "billing.last_name",
    "email": "billing.email",
}
_ITEM: Final = {
    "title": "name",
    "quantity": "quantity",
    "price": "price",
    "sku": "sku",
    "image": "image.src",
    "product_id": "product_id",
    "variant_id": "variation_id",
}
_DATA: Final[Data] = {"order_id": "id", "total": "total", "currency": "currency", "items": Each("line_items", _ITEM)}
_PLACED: Final = Topic("order.placed", _PERSON, _DATA)
_STEPS: Final = {"on-hold": "placed", "processing": "placed"}
"""Two statuses of one step: an order that waits for its money, and has it, was placed once."""
_TOPICS: Final[Mapping[str, Topic]] = {
    "order.pending": Topic("checkout.started", _PERSON, {**_DATA, "cart": "id", "url": "payment_url"}),
    "order.on-hold": _PLACED,
    "order.processing": _PLACED,
    "order.completed": Topic("order.fulfilled", _PERSON, _DATA),
    "order.cancelled": Topic("order.cancelled", _PERSON, _DATA),
    "order.refunded": Topic("order.refunded", _PERSON, _DATA),
}
_SHAPES: Final = shaped(
    integer=("id", "customer_id", "line_items[].quantity", "line_items[].product_id"),
    money=("total", "total_tax", "discount_total", "shipping_total", "line_items[].price"),
    time=("date_created_gmt", "date_modified_gmt", "date_paid_gmt", "date_completed_gmt"),
    list=("line_items", "coupon_lines", "meta_data", "refunds"),
    object=("billing", "shipping"),
    text=(
        "status",
        "currency",
        "billing.phone",
        "billing.first_name",
        "billing.email",
        "line_items[].name",
        "line_items[].sku",
        "line_items[].image.src",
        "payment_url",
    ),
)


class WooCommerce(Kind):
    name = "woocommerce"
    title = "WooCommerce"
    topic_header = "x-wc-webhook-topic"
    kept_headers = ("x-wc-webhook-source", "x-wc-webhook-topic", "x-wc-webhook-id", "x-wc-webhook-delivery-id")
    retries = False
    phone = _PHONE
    countries = ("billing.country", "shipping.country")
    topics = _TOPICS
    products = frozenset(("product.created", "product.updated", "product.restored", "product.deleted"))
    shapes = _SHAPES

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        given = [headers.get("x-wc-webhook-signature", "")]
        return mismatch(secrets, given, lambda secret: hmac_base64(html.unescape(secret).encode(), raw))

    def is_ping(self, headers: Headers, raw: bytes) -> bool:
        """What it sends when a webhook is saved: it must be answered 200."""
        form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        number = raw.removeprefix(b"webhook_id=")
        return (
            form
            and "x-wc-webhook-topic" not in headers
            and number != raw
            and number[:20].isdigit()
            and len(number) < 20
        )

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = {name: _with_zone(name, value) for name, value in bodies.read_object(raw).items()}
        topic = headers.get("x-wc-webhook-topic", "")
        sent = [headers.get(f"x-wc-webhook-{each}", "") for each in ("id", "delivery-id")]
        delivery = ":".join((*sent, hashlib.sha256(raw).hexdigest()[:32]))
        key = ""
        follows: tuple[str, ...] = ()
        status, number = word(body.get("status")), word(body.get("id"))
        if topic.startswith("order.") and topic != "order.deleted" and status and number:
            topic, key = f"order.{status}", f"order:{number}:{_STEPS.get(status, status)}"
            follows = () if status == "pending" else (f"order:{number}:pending",)
        return (Message(topic, body, delivery, key, bodies.instant(body.get("date_modified_gmt")), follows=follows),)


def _with_zone(name: str, value: Any) -> Any:
    """A time of `_gmt` says that it is one."""
    return f"{value}Z" if name.endswith("_gmt") and isinstance(value, str) and value[-1:].isdigit() else value
