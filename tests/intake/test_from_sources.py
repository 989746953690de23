"""Webhooks taken, by the threads of shops in which customers got two texts: each story ends with who was texted, and how often."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.errors import Refused
from engine.intake.from_sources import Taken, replay, say_refused, take
from engine.store import source_bodies
from tests.world import ADA, BEN, DAY, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """flow: cart
language: 1
trigger: {event: checkout.started}
category: transactional
steps:
  - id: hello
    sms: "Acme: your cart of {{ event.total | default(0) }}"
"""
SHOP = PROJECT.replace("events:\n", "events:\n  checkout.started: {cart: text, total: money}\n") + (
    "sources:\n  store: {kind: shopify}\n  other: {kind: shopify}\n"
)


class Shop(World):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, FLOW, project=SHOP)
        self._numbers = itertools.count(1)

    def hook(self, topic: str, body: Any, source: str = "store", delivery: str | None = None) -> Taken:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": delivery or f"d-{next(self._numbers)}",
            "x-shopify-hmac-sha256": "never kept",
        }
        return take(self.app.database, self.app.deployed().project, source, headers, raw, self.clock.now())

    def became(self, topic: str, body: Any, **more: Any) -> str:
        (what,) = self.hook(topic, body, **more).counts
        return what

    def texts(self) -> list[str]:
        self.tick()
        self.send()
        return sorted(str(message.text) for message in self.messages())

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.app.database.reading() as db:
            return [tuple(row) for row in db.execute(sql)]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as made:
        yield made


def checkout(minute: int = 0, phone: str | None = ADA, **more: Any) -> dict[str, Any]:
    return {"token": "c1", "updated_at": f"2027-04-01T13:{minute:02}:00Z", "sms_marketing_phone": phone, **more}


def test_a_delivery_that_comes_again_counts_once(shop: Shop) -> None:
    said = [shop.became("checkouts/update", checkout(), delivery="d-0") for _ in range(5)]
    assert said == ["event", "again", "again", "again", "again"]
    assert len(shop.texts()) == 1


def test_so_does_a_checkout_that_comes_by_two_topics_and_other_deliveries(shop: Shop) -> None:
    said = [shop.became(topic, checkout()) for topic in ("checkouts/create", "checkouts/update", "checkouts/update")]
    assert said == ["event", "same", "same"]
    assert len(shop.texts()) == 1


def test_a_later_body_renews_the_data_and_enters_nobody_again(shop: Shop) -> None:
    assert shop.became("checkouts/create", checkout(1, total_price="10.00")) == "event"
    assert shop.became("checkouts/update", checkout(3, total_price="30.00")) == "renewed"
    assert shop.became("checkouts/update", checkout(2, total_price="20.00")) == "older"
    assert shop.texts() == ["Acme: your cart of 30"]


def test_the_first_body_that_names_a_number_makes_the_event(shop: Shop) -> None:
    assert shop.became("checkouts/create", checkout(1, phone=None)) == "nothing"
    assert shop.became("checkouts/update", checkout(2)) == "event"
    assert len(shop.texts()) == 1


def test_a_checkout_that_changes_its_number_texts_one_of_the_two(shop: Shop) -> None:
    assert shop.became("checkouts/create", checkout(1)) == "event"
    assert shop.became("checkouts/update", checkout(2, phone=BEN)) == "renewed"
    assert len(shop.texts()) == 1


def test_the_same_id_of_another_source_is_another_thing(shop: Shop) -> None:
    assert shop.became("checkouts/create", checkout(), delivery="d-0") == "event"
    assert shop.became("checkouts/create", checkout(phone=BEN), source="other", delivery="d-0") == "event"


@pytest.mark.parametrize("seed", range(4))
def test_a_day_that_is_posted_twice_and_shuffled_texts_each_once(shop: Shop, seed: int) -> None:
    day = [
        (topic, {**checkout(minute, phone), "token": f"c-{phone}"}, f"d-{phone}-{minute}")
        for phone in (ADA, BEN)
        for minute, topic in enumerate(("checkouts/create", "checkouts/update", "checkouts/update"))
    ] * 2
    random.Random(seed).shuffle(day)
    for topic, body, delivery in day:
        shop.hook(topic, body, delivery=delivery)
    assert len(shop.texts()) == 2


def test_an_unreadable_body_is_kept_and_does_nothing(shop: Shop) -> None:
    assert shop.hook("checkouts/update", b"\xff{").unreadable == "the body is not JSON"
    assert shop.rows("SELECT source, reason FROM source_body") == [("store", "the body is not JSON")]
    assert shop.texts() == []


def test_no_signature_is_kept(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout())
    ((headers,),) = shop.rows("SELECT CAST(headers AS TEXT) FROM source_body")
    assert "never kept" not in headers
    assert set(orjson.loads(headers)) == {"x-shopify-topic", "x-shopify-webhook-id"}


def consent(state: str, phone: str = ADA) -> dict[str, Any]:
    return {"phone": phone, "sms_marketing_consent": {"state": state, "consent_updated_at": "2027-04-01T13:00:00Z"}}


def test_consent_alone_is_stored_for_its_number_and_lifts_no_opt_out(shop: Shop) -> None:
    new = "+12125550177"
    status = f"SELECT status, source FROM consent WHERE phone = '{new}'"
    assert shop.became("customers_marketing_consent/update", consent("pending", new)) == "nothing"
    assert shop.rows(status) == []
    assert shop.became("customers_marketing_consent/update", consent("subscribed", new)) == "consent"
    assert shop.rows(status) == [("subscribed", "source store")]
    assert shop.became("customers_marketing_consent/update", consent("UNSUBSCRIBED", new)) == "consent"
    assert shop.became("customers_marketing_consent/update", consent("subscribed", new)) == "consent"
    assert shop.rows(status) == [("unsubscribed", "source store")]


def test_a_request_to_forget_is_done_by_number_or_address_and_takes_kept_bodies_along(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout(1, ADA, email="ada@shop.example"))
    shop.hook("products/update", {"note": "call (202) 555-0143"})
    shop.hook("products/update", {"note": "call (312) 555-0123"})
    shop.texts()
    assert shop.became("customers/redact", {"customer": {"email": "Ada@shop.example"}}) == "forgotten"
    assert shop.rows(f"SELECT COUNT(*) FROM contact WHERE phone = '{ADA}'") == [(0,)]
    assert [orjson.loads(bytes(body)) for (body,) in shop.rows("SELECT body FROM source_body")] == [
        {"note": "call (312) 555-0123"}
    ]
    assert shop.became("customers/redact", {"customer": {"phone": ADA}}) == "forgotten"


def test_after_that_a_later_body_of_the_checkout_enters_nobody(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout(1))
    shop.texts()
    shop.hook("customers/redact", {"customer": {"phone": ADA}})
    before = len(shop.texts())
    assert shop.became("checkouts/update", checkout(2)) == "renewed"
    assert len(shop.texts()) == before


@pytest.mark.parametrize(
    ("topic", "says"), [("customers/data_request", "contacts show"), ("shop/redact", "nothing is erased")]
)
def test_a_request_for_data_or_of_a_shop_is_a_notice(shop: Shop, topic: str, says: str) -> None:
    body = {"customer": {"phone": ADA}}
    assert [shop.became(topic, body, delivery="d-1") for _ in range(2)] == ["notice", "notice"]
    ((note,),) = shop.rows("SELECT note FROM notice")
    assert says in note
    assert shop.rows("SELECT COUNT(*) FROM contact") == [(3,)]


def test_bodies_are_kept_for_a_week_and_keys_for_thirty_days(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout(1))
    database, now = shop.app.database, shop.clock.now()
    for days, bodies, messages in ((6, 1, 1), (8, 0, 1), (29, 0, 1), (31, 0, 0)):
        database.write(lambda db, days=days: source_bodies.forget(db, now + days * DAY))  # type: ignore[misc]
        assert shop.rows("SELECT COUNT(*) FROM source_body") == [(bodies,)]
        assert shop.rows("SELECT COUNT(*) FROM source_message") == [(messages,)]


def test_the_first_bad_signature_of_a_day_is_a_notice(shop: Shop) -> None:
    for _ in range(3):
        say_refused(shop.app.database, "store", "the signature does not fit", shop.clock.now())
    assert shop.rows("SELECT note FROM notice") == [
        ("a webhook to the source store was refused with 401: the signature does not fit",)
    ]


WRONG = SHOP.replace("order_id: text", "order_id: {type: text, required: true}").replace(
    "store: {kind: shopify}",
    "store: {kind: shopify, events: {checkouts/update: {event: order.placed, data: {order_id: nowhere}}}}",
)


def test_a_mapping_that_was_wrong_loses_nothing(shop: Shop) -> None:
    shop.write(FLOW, project=WRONG)
    shop.apply()
    assert shop.became("checkouts/update", checkout(1)) == "nothing"
    shop.write(FLOW, project=SHOP)
    shop.apply()
    project = shop.app.deployed().project
    assert [replay(shop.app.database, project, 1, shop.clock.now()).counts for _ in range(2)] == [
        {"event": 1},
        {"again": 1},
    ]
    assert len(shop.texts()) == 1


def test_a_body_that_is_not_kept_is_not_replayed(shop: Shop) -> None:
    with pytest.raises(Refused, match="no kept body 7"):
        replay(shop.app.database, shop.app.deployed().project, 7, shop.clock.now())
