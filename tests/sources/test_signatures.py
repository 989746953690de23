"""Every kind against signatures made elsewhere: the right ones pass, and each way to get one wrong is refused.

The vectors were made with Python's hmac and secrets of our own; those of Stripe and Standard Webhooks also pass, or fail, in the libraries
stripe 16.1.0 and standardwebhooks 1.1.0, except where a line says otherwise.
"""

from __future__ import annotations

import pytest

from engine.sources.kinds import KINDS
from engine.sources.signatures import ABSENT, NO_SECRET, lower

BODY = '{"id":1001,"phone":"+12025550123","note":"Café €5"}'.encode()
BODY2 = rb'{"id": 1001, "phone": "+12025550123", "note": "Caf\u00e9 \u20ac5"}'
BATCH = b"[" + BODY + b"," + BODY + b"]"
T = 1_795_910_400  # 2026-11-29 00:00:00 UTC
SHOPIFY, OLD_SHOPIFY = "shpss_test_0123456789abcdef", "shpss_test_old"
WOO = "wc_test_secret&1"
SEGMENT = "segment_test_secret"
STRIPE, OLD_STRIPE = "whsec_stripe_test_0123456789", "whsec_stripe_test_old"
STANDARD = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

SHOPIFY_OK = "0pRtucjqirPgbgto/h1dRbmBvxbM1ZJwML64WJMKIpE="
STRIPE_V1 = "bf7b24ebdf8e5ade0665c3373b860553fdfbd27919e8039b2b43a967c66da498"
STANDARD_V1 = "uSkASgMtNHsRx+6k9+UNHz9KMRAwh/bV3KmzBEQn+UY="
ROTATED = f"v1a,AAAA v1,l8A7k9qkX08HUEK2znjlKLCtvrCpjxHObN1g92+En1g= v1,{STANDARD_V1}"


def refused(
    kind: str, secret: str | tuple[str, ...], headers: dict[str, str], body: bytes = BODY, now: int = T
) -> str | None:
    secrets = (secret,) if isinstance(secret, str) else secret
    return KINDS[kind].refused(secrets, lower(headers.items()), body, now * 1000)


def test_the_bodies_are_those_that_were_signed() -> None:
    assert (len(BODY), len(BODY2)) == (54, 66)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, SHOPIFY_OK),
        (BODY2, "65fNntHT2r24LdDNMHIu9mGlz01f0M2L3+wj+sK3pgg="),
        (b"", "kzwmeaV73PmVzB1K7eGJv+zWMcmyh2L3cgfo5uWgkhM="),
    ],
)
def test_shopify(body: bytes, signature: str) -> None:
    assert refused("shopify", SHOPIFY, {"X-Shopify-Hmac-SHA256": signature}, body) is None
    assert refused("shopify", SHOPIFY, {"Shopify-Hmac-Sha256": signature}, body) is None
    assert refused("shopify", ("the new one", SHOPIFY), {"x-shopify-hmac-sha256": signature}, body) is None


@pytest.mark.parametrize(
    "signature",
    [
        "d2946db9c8ea8ab3e06e0b68fe1d5d45b981bf16ccd5927030beb858930a2291",  # hex
        "65fNntHT2r24LdDNMHIu9mGlz01f0M2L3+wj+sK3pgg=",  # parsed and written again by the receiver
        "Oo2hTWYZfP3Jtcecs85tmfqIFvtlvpdRX18mpsQhyCo=",  # with a line break at the end
        "MnT89gCubobo2wkNBVxoWp6XeDWGWM+/7N5yJbBinys=",  # by another secret
        "0pRtucjqirPgbgto_h1dRbmBvxbM1ZJwML64WJMKIpE=",  # base64 as in URLs
        "é",
        "",
    ],
)
def test_shopify_refuses(signature: str) -> None:
    assert refused("shopify", SHOPIFY, {"X-Shopify-Hmac-SHA256": signature}) is not None


def test_woocommerce() -> None:
    header = {"X-WC-Webhook-Signature": "CsNAjncGFGWk0fpoe9XjN4o3Fu3b46VvvpwcHax6AYE="}
    assert refused("woocommerce", WOO, header) is None
    assert refused("woocommerce", "wc_test_secret&amp;1", header) is None  # as the site stores it


@pytest.mark.parametrize(
    "signature", ["qbn0M+n7Y/j5nOgQ8ZiEZ19fXKKTqzvVZFkYQ6CsDpk=", "xmxxod3LW5JXIO27Uwa5Ev76lSXEIhkrt/X9dwh1Feo="]
)
@pytest.mark.parametrize("secret", [WOO, "wc_test_secret&amp;1", ""])
def test_woocommerce_refuses_a_key_that_was_not_decoded_and_an_empty_one(signature: str, secret: str) -> None:
    assert refused("woocommerce", secret, {"X-WC-Webhook-Signature": signature}) is not None


def test_the_ping_of_woocommerce_is_recognised_and_nothing_else_is() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    woo = KINDS["woocommerce"]
    assert woo.is_ping(form, b"webhook_id=7")
    assert not woo.is_ping(form, b"webhook_id=7&x=1")
    assert not woo.is_ping(form, b"webhook_id=")
    assert not woo.is_ping({"content-type": "application/json"}, b"webhook_id=7")
    assert not woo.is_ping({**form, "x-wc-webhook-topic": "order.created"}, b"webhook_id=7")
    assert not KINDS["shopify"].is_ping(form, b"webhook_id=7")


def test_segment() -> None:
    assert refused("segment", SEGMENT, {"X-Signature": "e56cc037ae2ba17b19b8bbcb93ad20437ffa723c"}) is None
    whole = {"X-Signature": "5d8fb70dfcf5c15bdad10e0f97e387ac8b685bd5"}
    assert refused("segment", SEGMENT, whole, BATCH) is None


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BATCH, "e56cc037ae2ba17b19b8bbcb93ad20437ffa723c"),  # of its first event alone
        (BODY, "5WzAN64roXsZuLvLk60gQ3/6cjw="),  # base64
        (BODY, "1bb78ed3c909b595107c8a702b0245b177655e78ec59fa6b80096e20f2743147"),  # SHA-256
    ],
)
def test_segment_refuses(body: bytes, signature: str) -> None:
    assert refused("segment", SEGMENT, {"X-Signature": signature}, body) is not None


@pytest.mark.parametrize("now", [T, T + 300, T - 300])
@pytest.mark.parametrize(
    "header",
    [
        f"t={T},v1={STRIPE_V1}",
        f"t={T},v1=ac011e1993b48fae8b0cc9abc4ce78a0054221ea409314165b3498ae2cbf70cf,v1={STRIPE_V1}",
    ],
)
def test_stripe(header: str, now: int) -> None:
    assert refused("stripe", STRIPE, {"Stripe-Signature": header}, BODY, now) is None
    assert refused("stripe", (STRIPE, OLD_STRIPE), {"Stripe-Signature": header}, BODY, now) is None


def test_stripe_takes_the_old_secret_while_it_is_replaced() -> None:
    old = f"t={T},v1=ac011e1993b48fae8b0cc9abc4ce78a0054221ea409314165b3498ae2cbf70cf"
    assert refused("stripe", STRIPE, {"Stripe-Signature": old}) is not None
    assert refused("stripe", (STRIPE, OLD_STRIPE), {"Stripe-Signature": old}) is None


@pytest.mark.parametrize(
    ("header", "body", "now"),
    [
        (f"t={T},v1={STRIPE_V1}", BODY, T + 301),
        (f"t={T},v1={STRIPE_V1}", BODY, T - 301),  # the library of Stripe takes this one
        (f"t={T},v0={STRIPE_V1}", BODY, T),
        (f"v1={STRIPE_V1}", BODY, T),
        (f"t={T},v1={STRIPE_V1.upper()}", BODY, T),
        (f"t={T},v1={STRIPE_V1}", BODY2, T),
        (f"t={T}, v1={STRIPE_V1}", BODY, T),
        (f"t={T},v1=6ba06a4e32d91dae1fb91b0053756193d6ffe1e5147e4ff968a63c12e44f8576", BODY, T),  # without "t."
        (f"t={T},t={T},v1={STRIPE_V1}", BODY, T),
        (f"t=²{T},v1={STRIPE_V1}", BODY, T),
        ("", BODY, T),
    ],
)
def test_stripe_refuses(header: str, body: bytes, now: int) -> None:
    assert refused("stripe", STRIPE, {"Stripe-Signature": header}, body, now) is not None


def standard(**changed: str) -> dict[str, str]:
    return {
        "webhook-id": "msg_2leadoff0001",
        "webhook-timestamp": str(T),
        "webhook-signature": f"v1,{STANDARD_V1}",
        **{f"webhook-{name}": value for name, value in changed.items()},
    }


@pytest.mark.parametrize("now", [T - 300, T, T + 300])
@pytest.mark.parametrize("secret", [STANDARD, STANDARD.removeprefix("whsec_"), STANDARD.rstrip("=")])
@pytest.mark.parametrize("signature", [f"v1,{STANDARD_V1}", ROTATED])
def test_standard_webhooks(secret: str, signature: str, now: int) -> None:
    assert refused("standard", secret, standard(signature=signature), BODY, now) is None


def test_standard_webhooks_signs_the_id_too() -> None:
    other = standard(id="msg_2leadoff0002", signature="v1,QfC/CM7h1krT4Iu+GgyDWrrpQA+AYP10xDmMq/M0ycc=")
    assert refused("standard", STANDARD, other) is None


def test_standard_webhooks_of_another_time() -> None:
    later = standard(timestamp=str(T + 301), signature="v1,x+D+YEqJbZZ85wD3jmMrZdmMvoIefMrLRXYrLPvsBPY=")
    assert refused("standard", STANDARD, later, BODY, T + 301) is None


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (standard(), BODY, T + 301),
        (standard(), BODY, T - 301),
        (standard(id="msg_2leadoff0002"), BODY, T),
        (standard(), BODY2, T),
        (standard(timestamp=str(T + 301)), BODY, T + 301),
        (standard(signature="v1,6gYBPOA5O7cz6KAJMHzSh1mgP8THSm2NoLgk56jekTA="), BODY, T),  # by the secret's own text
        (standard(signature=f"v1a,{STANDARD_V1}"), BODY, T),
        (standard(signature=f"v1,{STANDARD_V1[:-1]}"), BODY, T),
        (standard(id=""), BODY, T),
        (standard(timestamp=""), BODY, T),
        (standard(signature=""), BODY, T),
    ],
)
def test_standard_webhooks_refuses(headers: dict[str, str], body: bytes, now: int) -> None:
    assert refused("standard", STANDARD, headers, body, now) is not None


def test_a_secret_that_is_no_secret_of_standard_webhooks_says_so() -> None:
    assert "base64" in str(refused("standard", "whsec_not a secret", standard()))


def test_a_fixed_secret() -> None:
    assert refused("header", "s3cret", {"Authorization": "Bearer s3cret"}) is None
    assert refused("header", "s3cret", {"X-Leadoff-Secret": "s3cret"}) is None
    assert refused("header", ("new", "s3cret"), {"X-Leadoff-Secret": "s3cret"}) is None
    assert refused("header", "s3cret", {"Authorization": "Basic s3cret"}) == ABSENT
    assert refused("header", "s3cret", {"X-Leadoff-Secret": "s3cret2"}) is not None


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_without_a_signature_or_without_a_secret_nothing_passes(kind: str) -> None:
    assert refused(kind, "whsec_AAEC", {}) == ABSENT
    empty = {
        "x-shopify-hmac-sha256": "x",
        "x-wc-webhook-signature": "x",
        "x-signature": "x",
        "authorization": "Bearer x",
    }
    assert refused(kind, ("", ""), {**empty, **standard(), "stripe-signature": f"t={T},v1=x"}) == NO_SECRET


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_signature_and_no_secret_is_kept(kind: str) -> None:
    secret = {
        "x-shopify-hmac-sha256",
        "shopify-hmac-sha256",
        "x-wc-webhook-signature",
        "x-signature",
        "stripe-signature",
    }
    secret |= {"webhook-signature", "authorization", "x-leadoff-secret", "cookie"}
    assert not secret & set(KINDS[kind].kept_headers)
