"""Shopify: webhooks of an app, or made by hand under Settings, Notifications (each has a signing key of its own).

Source: shopify.dev, "Verify webhook deliveries", "Ignore duplicate webhooks", "Privacy law compliance"; field paths of REST Admin 2026-01.
The headers also come without `X-`, as the preview of Events writes them. A checkout's consent is of `sms_marketing_phone`; without it a
number inherits none, because a shipping number may be the receiver's of a gift. Carts and orders carry no pictures, bodies no
time zone of the buyer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.sources import bodies
from engine.sources.bodies import word
from engine.sources.kind import Data, Each, Kind, Message, Person, Privacy, Topic, Total, shaped
from engine.sources.paths import first_of
from engine.sources.signatures import Headers, hmac_base64, mismatch

_PHONE: Final = (
    "customer.phone",
    "phone",
    "shipping_address.phone",
    "billing_address.phone",
    "customer.default_address.phone",
)
_PERSON: Final[Person] = {
    "first_name": "customer.first_name",
    "last_name": "customer.last_name",
    "email": "email",
    "language": "customer_locale",
}
_ITEMS: Final = Each(
    "line_items",
    {name: name for name in ("title", "variant_title", "quantity", "price", "sku", "product_id", "variant_id")},
)
_CHECKOUT: Final = Topic(
    "checkout.started",
    {
        **_PERSON,
        "phone": ("sms_marketing_phone", *_PHONE),
        "consent": "buyer_accepts_sms_marketing",
    },
    {
        "cart": "token",
        "total": "total_price",
        "currency": "currency",
        "url": "abandoned_checkout_url",
        "items": _ITEMS,
    },
    unless="completed_at",
)
_ORDER_DATA: Final[Data] = {
    "order_id": "id",
    "order": "name",
    "cart": "checkout_token",
    "total": "total_price",
    "currency": "currency",
    "url": "order_status_url",
    "items": _ITEMS,
}
_ORDER: Final[Person] = {**_PERSON, "phone": _PHONE}
_SHIPPING: Final[Data] = {
    "tracking": "fulfillments[0].tracking_number",
    "tracking_url": "fulfillments[0].tracking_url",
    "carrier": "fulfillments[0].tracking_company",
}
_CONSENT: Final = Topic(
    None,
    {
        "phone": ("phone",),
        "consent": "sms_marketing_consent.state",
        "consent_at": "sms_marketing_consent.consent_updated_at",
    },
)
_REFUNDED: Final = Total("transactions", "amount", ("failure", "error"))
_E_MAIL: Final = "is consent to e-mail"
_TOPICS: Final[Mapping[str, Topic]] = {
    "checkouts/create": _CHECKOUT,
    "checkouts/update": _CHECKOUT,
    "orders/create": Topic("order.placed", _ORDER, _ORDER_DATA),
    "orders/paid": Topic("order.paid", _ORDER, _ORDER_DATA),
    "orders/fulfilled": Topic("order.fulfilled", _ORDER, {**_ORDER_DATA, **_SHIPPING}),
    "orders/cancelled": Topic("order.cancelled", _ORDER, {**_ORDER_DATA, "reason": "cancel_reason"}),
    "fulfillments/create": Topic(
        "order.shipped",
        {},  # the destination's number may be that of a gift's receiver
        {
            "order_id": "order_id",
            "order": "name",
            "tracking": "tracking_number",
            "tracking_url": "tracking_url",
            "carrier": "tracking_company",
        },
    ),
    "refunds/create": Topic("order.refunded", {}, {"order_id": "order_id", "total": _REFUNDED}),
    "customers_marketing_consent/update": _CONSENT,
    "customers/marketing_consent_update": _CONSENT,
}
_ORDERS: Final = tuple(topic.removeprefix("orders/") for topic in _TOPICS if topic.startswith("orders/"))
_ASKING: Final = {"phone": "customer.phone", "email": "customer.email"}
_PRIVACY: Final[Mapping[str, Privacy]] = {
    "customers/redact": Privacy("forget", "Shopify asks to forget a customer", _ASKING),
    "customers/data_request": Privacy("notice", "a customer asks for the data that is stored", _ASKING),
    "shop/redact": Privacy("notice", "the shop has left, and Shopify asks to erase its data"),
}
_SHAPES: Final = shaped(
    integer=("id", "order_id", "customer.id", "line_items[].product_id", "line_items[].quantity"),
    money=(
        "total_price",
        "subtotal_price",
        "total_tax",
        "total_discounts",
        "transactions[].amount",
        "line_items[].price",
    ),
    time=("created_at", "updated_at", "completed_at", "cancelled_at", "processed_at"),
    boolean=("buyer_accepts_sms_marketing", "buyer_accepts_marketing", "test"),
    list=("line_items", "fulfillments", "refund_line_items", "discount_codes", "note_attributes"),
    object=("customer", "shipping_address", "billing_address", "sms_marketing_consent"),
    text=(
        "token",
        "cart_token",
        "checkout_token",
        "name",
        "currency",
        "email",
        "phone",
        "sms_marketing_phone",
        "abandoned_checkout_url",
        "order_status_url",
        "customer_locale",
        "customer.first_name",
        "customer.last_name",
        "line_items[].title",
        "line_items[].sku",
    ),
)
_OTHER_CONSENT: Final[Mapping[str, str]] = {
    "buyer_accepts_marketing": _E_MAIL,
    "customer.accepts_marketing": _E_MAIL,
    "email_marketing_consent.state": _E_MAIL,
    "customer.email_marketing_consent.state": _E_MAIL,
}


class Shopify(Kind):
    name = "shopify"
    title = "Shopify"
    topic_header = "x-shopify-topic"
    kept_headers = tuple(
        f"{x}shopify-{each}"
        for x in ("x-", "")
        for each in ("topic", "webhook-id", "event-id", "triggered-at", "shop-domain", "api-version", "test")
    )
    phone = ("sms_marketing_phone", *_PHONE)
    countries = (
        "shipping_address.country_code",
        "billing_address.country_code",
        "customer.default_address.country_code",
    )
    topics = _TOPICS
    products = frozenset(("products/create", "products/update", "products/delete"))
    privacy = _PRIVACY
    shapes = _SHAPES
    other_consent = _OTHER_CONSENT

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        given = [_header(headers, "hmac-sha256")]
        return mismatch(secrets, given, lambda secret: hmac_base64(secret.encode(), raw))

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = bodies.read_object(raw)
        topic = _header(headers, "topic")
        delivery = _header(headers, "webhook-id") or _header(headers, "event-id")
        triggered = bodies.instant(_header(headers, "triggered-at"))
        test = body.get("test") is True or _header(headers, "test").lower() == "true"
        version = _version(body) or triggered
        return (
            Message(topic, body, word(delivery), _key(topic, body), version, test, _whose(body), _follows(topic, body)),
        )


def _header(headers: Headers, name: str) -> str:
    return headers.get(f"x-shopify-{name}") or headers.get(f"shopify-{name}") or ""


def _key(topic: str, body: Mapping[str, Any]) -> str:
    """A checkout's token; an order with what became of it: its topic. Consent has none: an opt-out counts whenever it comes."""
    about, _, happened = topic.partition("/")
    if about == "checkouts":
        return f"checkouts:{token}" if (token := word(body.get("token"))) else ""
    if about not in ("orders", "fulfillments", "refunds"):
        return ""
    return f"{about}:{number}:{happened}" if (number := word(body.get("id"))) else ""


def _whose(body: Mapping[str, Any]) -> tuple[str, ...]:
    """What is about an order names it: refunds and what happens to a parcel name no person, or the receiver of a gift."""
    order = word(body.get("order_id"))
    return tuple(f"orders:{order}:{happened}" for happened in _ORDERS) if order else ()


def _follows(topic: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    token = word(body.get("checkout_token")) if topic.startswith("orders/") else ""
    return (f"checkouts:{token}",) if token else ()


def _version(body: Mapping[str, Any]) -> int | None:
    found = first_of(body, ("sms_marketing_consent.consent_updated_at", "updated_at", "created_at"))
    return bodies.instant(found[1]) if found else None
