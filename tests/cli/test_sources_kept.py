"""`sources list`, `show` and `replay`: webhooks that were taken, for the person who has to find out why nothing came of one."""

from __future__ import annotations

import orjson
import pytest

from engine.app import App
from engine.intake.from_sources import take
from engine.store import source_bodies
from tests.cli.conftest import Terminal
from tests.sources import shopify
from tests.world import ADA

WRONG = "store: {kind: shopify, events: {checkouts/update: {event: checkout.started, data: {cart: basket}}}}"
CHECKOUT = {
    "token": "c1",
    "sms_marketing_phone": ADA,
    "email": "ada@shop.example",
    "note": "call (202) 555-0143",
    "abandoned_checkout_url": "https://acme.example/recover?key=00ff",
    "updated_at": "2027-04-01T13:00:00Z",
}


@pytest.fixture
def fed(shop: Terminal) -> Terminal:
    """A shop whose mapping is wrong has sent four webhooks."""
    file = shop.folder / "leadoff.yaml"
    told = file.read_text().replace("cart: text", "cart: {type: text, required: true}")
    file.write_text(told.replace("store: {kind: shopify}", WRONG))
    shop.well("apply", "--yes")
    with App(shop.folder) as app:
        for number, (topic, body) in enumerate(
            [
                ("checkouts/update", orjson.dumps(CHECKOUT)),
                ("checkouts/update", b'{"token": "c2"}'),
                ("products/update", b"{}"),
                ("checkouts/update", b"<html>"),
            ]
        ):
            headers = shopify.headers(topic, f"d-{number}") | {shopify.SIGNATURE: "S1GN"}
            take(app.database, app.deployed().project, "store", headers, body, app.clock.now())
    return shop


def test_a_list_says_what_became_of_each_and_why_of_some_nothing_did(fed: Terminal) -> None:
    rows = fed.well("sources", "list", "--format", "json").json["bodies"]
    assert [(row["id"], row["topic"], row["became"], row["reason"]) for row in rows] == [
        (4, "", "unreadable", "the body is not JSON"),
        (3, "products/update", "not mapped", 'nothing is mapped for the topic "products/update"'),
        (2, "checkouts/update", "no number", "the body has no number"),
        (
            1,
            "checkouts/update",
            "not taken",
            '"checkout.started" requires "cart", and the body has none: nothing is at basket',
        ),
    ]
    for words in (("other",), ("other", "--nothing")):
        assert fed.well("sources", "list", *words) == (0, "", "no webhooks\n")
    assert "products/update" in fed.well("sources", "list", "store", "--nothing", "--limit", "2").out
    assert "`leadoff sources list store --nothing`" in fed.well("notices").out


def test_one_is_shown_with_its_numbers_addresses_and_keys_masked(fed: Terminal) -> None:
    for said in (fed.well("sources", "show", "1").out, fed.well("sources", "show", "1", "--format", "json").out):
        assert all(word in said for word in ("x-shopify-topic", "+1202•••0143", "•••@shop.example", "recover?…", "c1"))
        assert not any(word in said for word in (ADA, "555-0143", "ada@", "00ff", "S1GN"))
    assert "6 bytes: the body is not JSON" in fed.well("sources", "show", "4").out
    none = fed("sources", "show", "9")
    assert (none.code, "there is no kept body 9" in none.err) == (1, True)


def test_after_the_mapping_is_put_right_they_are_read_once_more(fed: Terminal) -> None:
    file = fed.folder / "leadoff.yaml"
    file.write_text(file.read_text().replace("cart: basket", "cart: token"))
    fed.well("apply", "--yes")
    assert fed("sources", "replay", "1").code == 1  # nobody confirms it
    assert fed("sources", "replay", "--yes").code == 2
    said = fed.well("sources", "replay", "--source", "store", "--yes").out
    assert said == "1 unreadable, 1 event, 1 no number, 1 not mapped\n"
    assert fed.well("sources", "replay", "1", "--yes").out == "1 webhook made something before: nothing again\n"
    rows = fed.well("sources", "list", "--format", "json").json["bodies"]
    assert [row["became"] for row in rows if row["id"] == 1] == ["event"]
    assert "could not become" in fed.well("notices").out  # one still cannot be read
    with App(fed.folder) as app:
        app.database.write(lambda db: source_bodies.drop(db, 4))
    fed.well("sources", "replay", "1", "--yes")
    assert "could not become" not in fed.well("notices").out


def test_who_asks_what_is_stored_is_shown_the_webhooks_that_name_them_until_they_are_forgotten(fed: Terminal) -> None:
    (stored,) = fed.well("contacts", "show", ADA, "--all").json["webhooks"]
    assert (stored["source"], orjson.loads(stored["body"])) == ("store", CHECKOUT)
    fed.well("contacts", "forget", ADA)
    rows = fed.well("sources", "list", "--format", "json").json["bodies"]
    assert [row["id"] for row in rows] == [4, 3, 2]
