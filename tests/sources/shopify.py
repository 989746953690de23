"""The headers of Shopify's webhooks, as tests put them together."""

from __future__ import annotations

import base64
import hmac

SIGNATURE = "x-shopify-hmac-sha256"


def headers(topic: str, delivery: str) -> dict[str, str]:
    """Without a signature: whoever takes a body need not be who has looked at it."""
    return {"x-shopify-topic": topic, "x-shopify-webhook-id": delivery}


def signed(secret: str, body: bytes) -> dict[str, str]:
    return {SIGNATURE: base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()}
