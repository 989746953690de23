"""Signed webhooks over HTTP: checkouts of Shopify, each of a person, one a request, to a daemon as `leadoff run` starts it.

Their limit is the same server taking as many events by the API, one a request: a webhook is verified, kept and remembered by its key on top
of that. Then both at once, half the connections each: the events' rate beside their rate alone says how intake suffers.

    python benchmarks/sources.py [--bodies 5000] [--connections 32] [--clock wall|cpu] [--format text|json]
"""

from __future__ import annotations

import argparse
import base64
import hmac
import json
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.intake import PEOPLE, daemon, posted, requests
from benchmarks.promo import CLOCKS, phone
from benchmarks.table import Row, show

SECRET = "shpss_benchmark"
SOURCE = "sources:\n  store: {kind: shopify, events: {checkouts/update: {event: cart.seen, data: {list: token}}}}\n"
ITEM = {"title": "Spring coat", "quantity": 1, "price": "129.00", "sku": "SC-1", "product_id": 9007199254740993}
WARM = 50


def webhooks(first: int, count: int) -> Iterator[bytes]:
    """Checkouts with ten items, 1.5 kB."""
    for number in range(first, first + count):
        said = {
            "token": f"checkout-{number}",
            "updated_at": "2026-11-27T14:00:00Z",
            "total_price": "1290.00",
            "sms_marketing_phone": phone(number % PEOPLE),
            "buyer_accepts_sms_marketing": False,
            "line_items": [ITEM] * 10,
        }
        body = json.dumps(said).encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
        head = (
            "POST /sources/store HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Shopify-Topic: checkouts/update\r\n"
            f"X-Shopify-Webhook-Id: d-{number}\r\nX-Shopify-Hmac-Sha256: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def measured(count: int, connections: int, clock: str) -> tuple[float, float, float]:
    """A second: webhooks; events; events while as many webhooks come."""
    environ = {"LEADOFF_SOURCE_STORE_SECRET": SECRET}
    with tempfile.TemporaryDirectory() as name, daemon(Path(name), clock, SOURCE, environ) as (port, token, timer):
        events = list(requests(2 * count + WARM, 1, token))
        posted(port, [*events[:WARM], *webhooks(0, WARM)], 4)
        alone = posted(port, list(webhooks(WARM, count)), connections, timer)
        of_events = posted(port, events[WARM : WARM + count], connections, timer)
        beside = list(webhooks(WARM + count, count))
        with ThreadPoolExecutor(1) as thread:
            other = thread.submit(posted, port, beside, connections // 2)
            together = posted(port, events[WARM + count :], connections // 2, timer)
            other.result()
        return count / alone, count / of_events, count / together


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=5_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    webhooks_, events, together = measured(args.bodies, args.connections, args.clock)
    rows = [
        Row("signed webhooks", args.bodies, webhooks_, "webhooks/s", events, webhooks_ / events),
        Row("events beside as many webhooks", args.bodies, together, "events/s", events, together / events),
    ]
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
