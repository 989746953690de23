"""What went wrong in public with the webhooks of WooCommerce and with carts, each told by its thread: nobody gets a text too many.

Those of Shopify's deliveries are in test_from_sources.py and tests/stories/test_a_shops_day.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.intake.from_sources import take
from tests.intake.test_from_sources import FLOW, THANKS
from tests.world import ADA, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

SHOP = PROJECT.replace("events:\n", "events:\n  checkout.started: {cart: text, total: money}\n") + (
    "sources:\n  woo:\n    kind: woocommerce\n    events:\n"
    "      order.pending:\n        event: checkout.started\n"
    "        contact: {phone: billing.phone, consent: meta_data.sms_consent}\n        data: {cart: id}\n"
)


class Woo(World):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, FLOW, THANKS, project=SHOP)
        self.seconds = 0

    def hook(self, status: str, topic: str = "order.updated", webhook: int = 1, phone: str = ADA, **more: Any) -> str:
        """A second later, as the shop counts: two calls of one webhook in a second share their delivery's id."""
        self.seconds += 1
        body = {
            "id": more.pop("id", 55),
            "status": status,
            "total": "20.00",
            "billing": {"phone": phone, "country": "US"},
            "date_modified_gmt": f"2027-04-01T13:00:{self.seconds:02}",
            **more,
        }
        headers = {
            "x-wc-webhook-topic": topic,
            "x-wc-webhook-id": str(webhook),
            "x-wc-webhook-delivery-id": f"{webhook}-{self.seconds}",
        }
        raw, now = orjson.dumps(body), self.clock.now()
        (what,) = take(self.app.database, self.app.deployed().project, "woo", headers, raw, now).counts
        return what

    def texts(self) -> list[str]:
        self.tick()
        self.send()
        return sorted(text for _, text in self.arrived())


@pytest.fixture
def woo(tmp_path: Path) -> Iterator[Woo]:
    with Woo(tmp_path) as made:
        yield made


def test_an_order_that_moves_on_at_once_by_many_calls_of_two_webhooks_thanks_once(woo: Woo) -> None:
    """Two texts a step (mageplaza/magento-2-webhook#67); `updated` several times (woocommerce#20047); `created` and `updated` with equal
    bodies (#19764); a webhook that is off fires all the same (#23708); silent, then twice (#15620)."""
    said = [
        woo.hook("on-hold", "order.created"),
        woo.hook("on-hold"),
        woo.hook("processing"),
        woo.hook("processing"),
        woo.hook("processing", webhook=9),
    ]
    assert said == ["event", "renewed", "renewed", "renewed", "renewed"]
    assert woo.texts() == ["Acme: thanks for 55"]


def test_a_tick_in_the_shops_checkbox_reaches_the_consent_of_that_number(woo: Woo) -> None:
    """Consent that was given and never arrived (mailchimp/mc-woocommerce#1340)."""
    box = [{"id": 1, "key": "sms_consent", "value": "true"}]
    assert woo.hook("pending", phone="(212) 555-0177", meta_data=box) == "event"
    with woo.app.database.reading() as db:
        log = db.execute("SELECT status, source FROM consent_log WHERE phone = '+12125550177'").fetchall()
    assert [tuple(row) for row in log] == [("subscribed", "source woo")]


def test_who_buys_between_the_reminder_and_its_sending_gets_none(woo: Woo) -> None:
    """Buyers who were reminded all the same (TycheSoftwares/woocommerce-abandoned-cart#874), sent only when it was taken (#1035)."""
    woo.hook("pending")
    woo.tick()
    assert [each.status for each in woo.messages()][-1] == "queued"
    woo.hook("processing")
    assert woo.send() == 0
    assert woo.texts() == ["Acme: thanks for 55"]


def test_a_guest_who_becomes_a_customer_while_paying_is_not_reminded_by_the_old_number(woo: Woo) -> None:
    """TycheSoftwares/woocommerce-abandoned-cart#166."""
    woo.hook("pending")
    woo.hook("processing", phone="+12125550177")
    assert woo.texts() == ["Acme: thanks for 55"]


def test_two_carts_of_one_person_are_one_run_and_the_journal_says_why(woo: Woo) -> None:
    """One message from two devices, and nobody could say why (Klaviyo community, 2025-12)."""
    woo.hook("pending", id=1)
    woo.hook("pending", id=2)
    assert woo.texts() == ["Acme: your cart of 0"]
    with woo.app.database.reading() as db:
        notes = [note for (note,) in db.execute("SELECT note FROM journal WHERE kind = 'refused'")]
    assert notes == ["already in this flow"]
