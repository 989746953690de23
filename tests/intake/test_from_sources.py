"""Webhooks taken, by the threads of shops in which customers got two texts: each story ends with who was texted, and how often."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import orjson
import pytest

from engine.errors import Refused
from engine.intake.from_sources import Taken, say_refused, take
from engine.intake.source_replay import replay
from engine.store import source_bodies
from engine.store.database import Database
from engine.store.open_database import open_database
from engine.store.queries import source_messages
from engine.workspace import DEFAULT_DATABASE
from tests import databases
from tests.sources import shopify
from tests.world import ADA, BEN, DAY, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """flow: cart
language: 1
trigger: {event: checkout.started}
category: transactional
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps:
  - id: hello
    sms: "Acme: your cart of {{ event.total | default(0) }}"
  - id: think
    delay: 1d
  - id: again
    sms: "Acme: still there"
"""
REFUND = """flow: refund
language: 1
trigger: {event: order.refunded}
category: transactional
steps:
  - id: back
    sms: "Acme: {{ event.total | default(0) }} of {{ event.order_id | default(0) }} go back"
"""
THANKS = """flow: thanks
language: 1
trigger: {event: order.placed}
category: transactional
steps:
  - id: thanks
    sms: "Acme: thanks for {{ event.order_id | default(0) }}"
"""
EVENTS = "events:\n  checkout.started: {cart: text, total: money}\n  order.refunded: {order_id: text, total: money}\n"
SHOP = PROJECT.replace("events:\n", EVENTS) + ("sources:\n  store: {kind: shopify}\n  other: {kind: shopify}\n")


class Shop(World):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, FLOW, REFUND, THANKS, project=SHOP)
        self._numbers = itertools.count(1)

    def hook(self, topic: str, body: Any, source: str = "store", delivery: str | None = None) -> Taken:
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = shopify.headers(topic, delivery or f"d-{next(self._numbers)}") | {shopify.SIGNATURE: "never kept"}
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
    assert shop.became("checkouts/create", checkout(1, phone=None)) == "no number"
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


def order(number: int = 1001, phone: str | None = ADA, **more: Any) -> dict[str, Any]:
    return {"id": number, "phone": phone, "updated_at": "2027-04-01T13:30:00Z", **more}


def test_a_refund_is_about_whoever_placed_the_order_also_where_it_comes_first(shop: Shop) -> None:
    refund = {"order_id": 1001, "transactions": [{"amount": "20.00"}]}
    assert shop.became("refunds/create", {**refund, "id": 1}) == "no number"
    assert shop.became("refunds/create", {**refund, "id": 2, "order_id": 1002}) == "no number"
    why = "the body has no number, and what it belongs to is not known here"
    assert shop.rows("SELECT became, reason, waits_for FROM source_message ORDER BY id") == [
        ("no number", why, "orders:1001"),
        ("no number", why, "orders:1002"),
    ]
    assert shop.became("orders/create", order()) == "event"
    assert shop.became("refunds/create", {**refund, "id": 3, "transactions": [{"amount": 5}]}) == "event"
    assert shop.texts() == [
        "Acme: 20 of 1001 go back",
        "Acme: 5 of 1001 go back",
        "Acme: thanks for 1001",
    ]


def test_an_order_by_another_number_ends_the_reminders_of_its_checkout_and_thanks_once(shop: Shop) -> None:
    assert shop.became("checkouts/create", checkout(1)) == "event"
    shop.texts()
    assert shop.became("orders/create", order(phone=BEN, checkout_token="c1")) == "event"
    shop.tick()
    shop.tick(after=2 * DAY)
    assert shop.texts() == ["Acme: thanks for 1001", "Acme: your cart of 0"]
    assert [run.reason for run in shop.runs() if run.flow == "cart"] == ["bought"]


def test_an_order_without_a_number_is_of_whoever_began_its_checkout(shop: Shop) -> None:
    shop.hook("checkouts/create", checkout(1))
    guest = order(phone=None, customer=None, shipping_address=[], checkout_token="c1")
    assert shop.became("orders/create", guest) == "event"
    assert "Acme: thanks for 1001" in shop.texts()
    assert [run.reason for run in shop.runs() if run.flow == "cart"] == ["bought"]


def test_a_body_that_is_older_than_what_is_remembered_makes_nothing(shop: Shop) -> None:
    old = {**checkout(), "updated_at": "2026-12-01T13:00:00Z"}
    assert shop.became("checkouts/update", old) == "not taken"
    assert shop.texts() == []
    assert shop.rows("SELECT kind, note FROM notice") == [
        (
            "source",
            "a webhook to the source store of the topic checkouts/update could not become an event. It is kept for a week:"
            " `leadoff sources list store --nothing`",
        )
    ]


def test_an_opt_out_counts_though_its_event_cannot_be_made(shop: Shop) -> None:
    shop.write(project=WRONG.replace("data: {", "contact: {phone: phone, consent: texts}, data: {"))
    shop.apply()
    shop.hook("checkouts/update", {**checkout(), "phone": BEN, "texts": "unsubscribed"})
    assert shop.rows(f"SELECT status FROM consent WHERE phone = '{BEN}'") == [("unsubscribed",)]


def test_an_opt_out_is_heard_in_an_old_body_in_one_about_an_order_and_after_a_start(shop: Shop) -> None:
    refunds = "refunds/create: {event: order.refunded, contact: {phone: customer.phone, consent: customer.sms}, data: {order_id: order_id}}"
    shop.write(project=SHOP.replace("store: {kind: shopify}", f"store: {{kind: shopify, events: {{{refunds}}}}}"))
    shop.apply()
    status = f"SELECT status FROM consent WHERE phone = '{ADA}'"
    shop.hook("orders/create", order())
    refund = {"id": 1, "order_id": 1001, "customer": {"phone": ADA, "sms": "unsubscribed"}}
    assert shop.became("refunds/create", refund) == "event"
    assert shop.rows(status) == [("unsubscribed",)]
    shop.receive_text(ADA, "START")
    shop.tick()
    old = {**checkout(), "updated_at": "2026-12-01T13:00:00Z", "buyer_accepts_sms_marketing": "unsubscribed"}
    assert shop.became("checkouts/update", old) == "not taken"
    assert shop.rows(status) == [("unsubscribed",)]
    shop.receive_text(ADA, "Start")
    shop.tick()
    assert shop.rows(status) == [("subscribed",)]
    assert shop.became("customers_marketing_consent/update", consent("unsubscribed")) == "consent"  # of an hour before
    assert shop.rows(status) == [("unsubscribed",)]


def test_two_who_take_the_same_at_the_same_time_make_one_event(shop: Shop) -> None:
    """Two daemons, each with a connection of its own: the same delivery to both, and one checkout by two deliveries."""
    project, now = shop.app.deployed().project, shop.clock.now()
    url = databases.environ().get(databases.URL, DEFAULT_DATABASE)

    def taken(database: Database, both: Barrier, token: str, phone: str, delivery: str) -> str:
        raw = orjson.dumps({**checkout(0, phone), "token": token})
        headers = shopify.headers("checkouts/update", f"{token}-{delivery}")
        both.wait()
        (what,) = take(database, project, "store", headers, raw, now).counts
        return what

    with (
        closing(open_database(url, shop.folder)) as first,
        closing(open_database(url, shop.folder)) as second,
        ThreadPoolExecutor(2) as threads,
    ):
        for turn in range(9):
            phone, delivery, loses = ((ADA, "a", "again"), (ADA, "b", "same"), (BEN, "b", "same"))[turn % 3]
            both, token = Barrier(2), f"t-{turn}"
            said = [
                threads.submit(taken, first, both, token, ADA, "a"),
                threads.submit(taken, second, both, token, phone, delivery),
            ]
            assert sorted(each.result() for each in said) == sorted(("event", loses))
    assert shop.rows("SELECT COUNT(*) FROM event") == [(9,)]


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
    with shop.app.database.reading() as db:
        told = [(row["became"], row["reason"]) for row in source_messages.listing(db, "store", False, None)]
    assert told[:2] == [("forgotten", "nothing was stored of that person"), ("forgotten", "forgot 1 contact")]


def test_the_id_of_a_body_that_is_deleted_never_comes_back(shop: Shop) -> None:
    """What is remembered of its message would be told of another body, and a replay would look at that one's row."""

    def listed() -> list[tuple[int, str]]:
        with shop.app.database.reading() as db:
            return [(row["id"], row["topic"]) for row in source_messages.listing(db, None, False, None)]

    shop.hook("orders/create", {"id": 1, "phone": BEN})
    shop.hook("checkouts/update", checkout(1))
    shop.hook("customers/redact", {"customer": {"phone": ADA}})
    shop.hook("products/update", {"id": 7, "image": {"src": "https://cdn.example/7.jpg"}})
    shop.hook("orders/create", {"id": 2, "phone": BEN})
    shop.app.database.write(lambda db: source_bodies.forget(db, shop.clock.now() + 8 * DAY))
    shop.hook("orders/create", {"id": 3, "phone": BEN})
    said = listed()
    assert [topic for _, topic in said] == ["orders/create", "customers/redact"]
    (joined,) = shop.rows("SELECT COUNT(*) FROM source_body b JOIN source_message m ON m.body = b.id")
    assert joined == (1,)


def test_a_request_forgets_one_person_and_is_a_notice_where_it_is_not_clear_whom(shop: Shop) -> None:
    ben, cy = "ben@shop.example", "fam@shop.example"
    shop.contact(ADA, email=cy)
    shop.contact(BEN, email=cy.upper())
    shop.hook("products/update", {"note": f"write to jo{cy}"})
    for customer in ({"email": cy}, {"email": "a", "phone": ""}, None, {"phone": "555-0143"}):
        assert shop.became("customers/redact", {"customer": customer}) == "notice"
    notes = [note for (note,) in shop.rows("SELECT note FROM notice ORDER BY id")]
    assert [note.partition(": ")[2].partition(",")[0] for note in notes] == [
        "2 contacts have its e-mail address",
        "it names nobody",
        "it names nobody",
        "its number cannot be read",
    ]
    assert shop.became("customers/redact", {"customer": {"email": ben}}) == "forgotten"  # nobody's
    assert len(shop.rows("SELECT id FROM contact")) == 3
    assert shop.became("customers/redact", {"customer": {"phone": "202-555-0143", "email": cy}}) == "forgotten"
    assert ADA not in [phone for (phone,) in shop.rows("SELECT phone FROM contact")]
    assert shop.became("customers/redact", {"customer": {"email": f"{cy} "}}) == "forgotten"
    assert len(shop.rows("SELECT id FROM contact")) == 1
    assert [orjson.loads(bytes(body)) for (body,) in shop.rows("SELECT body FROM source_body")] == [
        {"note": f"write to jo{cy}"}
    ]


@pytest.mark.parametrize("written", ["(202)555-0143", "1-202.555.0143", "202\u00a0555\u20110143"])
def test_a_number_is_found_in_kept_bodies_however_it_is_written(shop: Shop, written: str) -> None:
    shop.hook("products/update", {"note": written})
    shop.hook("products/update", {"note": "202-555-01431"})
    shop.hook("customers/redact", {"customer": {"phone": ADA}})
    assert shop.rows("SELECT COUNT(*) FROM source_body") == [(1,)]


def test_after_that_a_later_body_of_the_checkout_enters_nobody(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout(1))
    shop.texts()
    shop.hook("customers/redact", {"customer": {"phone": ADA}})
    before = len(shop.texts())
    assert shop.became("checkouts/update", checkout(2)) == "renewed"
    assert len(shop.texts()) == before


def test_nor_does_it_change_what_the_next_person_gets(shop: Shop) -> None:
    shop.hook("checkouts/create", checkout(1))
    shop.tick()
    (before,) = shop.rows("SELECT MAX(id) FROM event")
    shop.hook("customers/redact", {"customer": {"phone": ADA}})
    assert shop.rows("SELECT event, contact FROM source_message WHERE key <> ''") == [(0, None)]
    shop.hook("checkouts/create", checkout(1, BEN, total_price="22.00") | {"token": "b1"})
    shop.tick()
    theirs = "SELECT id, data FROM event WHERE name = 'checkout.started'"
    (event,) = shop.rows(theirs)
    assert event[0] > before[0]
    assert shop.became("checkouts/update", checkout(2, total_price="999.00")) == "renewed"
    # nor by its id alone
    ours = source_bodies.Made(1, event[0], None, 999)
    assert not shop.app.database.write(lambda db: source_bodies.renew(db, ours, 3, {"total": 999}))
    assert shop.rows(theirs) == [event]


@pytest.mark.parametrize(
    ("topic", "says"),
    [("customers/data_request", "contacts show"), ("shop/redact", "`leadoff contacts forget NUMBER`")],
)
def test_a_request_for_data_or_of_a_shop_is_a_notice(shop: Shop, topic: str, says: str) -> None:
    body = {"customer": {"phone": ADA}}
    assert [shop.became(topic, body, delivery="d-1") for _ in range(2)] == ["notice", "notice"]
    ((note,),) = shop.rows("SELECT note FROM notice")
    assert says in note
    assert shop.rows("SELECT COUNT(*) FROM contact") == [(3,)]


def test_bodies_are_kept_for_a_week_and_keys_for_ninety_days(shop: Shop) -> None:
    shop.hook("checkouts/update", checkout(1))
    database, now = shop.app.database, shop.clock.now()
    for days, bodies, messages in ((6, 1, 1), (8, 0, 1), (89, 0, 1), (91, 0, 0)):
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
    shop.write(project=WRONG)
    shop.apply()
    assert shop.became("checkouts/update", checkout(1)) == "not taken"
    shop.write(project=SHOP)
    shop.apply()
    project = shop.app.deployed().project
    assert [replay(shop.app.database, project, [1], shop.clock.now()) for _ in range(2)] == [
        {"event": 1},
        {"again": 1},
    ]
    assert len(shop.texts()) == 1


def test_a_body_that_is_not_kept_is_not_replayed(shop: Shop) -> None:
    with pytest.raises(Refused, match="no kept body 7"):
        replay(shop.app.database, shop.app.deployed().project, [7], shop.clock.now())
