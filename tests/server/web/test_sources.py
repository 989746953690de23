"""What a shop posts: taken when its signature fits the body as it came, answered when it is stored."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from tests.server.web.desk import Desk, is_problem
from tests.sources import shopify
from tests.world import ADA, PROJECT, World

FLOW = "flow: cart\nlanguage: 1\ncategory: transactional\ntrigger: {event: checkout.started}\nsteps:\n  - {id: hello, sms: Hello}\n"
SHOP = PROJECT.replace("events:\n", "events:\n  checkout.started: {cart: text}\n") + (
    "sources:\n  store: {kind: shopify}\n  woo: {kind: woocommerce}\n"
)
SECRETS = {
    "LEADOFF_SOURCE_STORE_SECRET": "new",
    "LEADOFF_SOURCE_STORE_SECRET_OLD": "old",
    "LEADOFF_SOURCE_WOO_SECRET": "w",
}
BODY = b'{"token": "c1", "sms_marketing_phone": "%s", "updated_at": "2027-04-01T13:00:00Z"}' % ADA.encode()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW, project=SHOP, environ=SECRETS) as world:
        yield world


def post(
    desk: Desk,
    body: bytes = BODY,
    secret: str = "new",
    to: str = "store",
    signed: bytes | None = None,
    topic: str = "checkouts/update",
) -> httpx.Response:
    headers = {"X-Shopify-Topic": topic, **shopify.signed(secret, body if signed is None else signed)}
    return desk.ask("POST", f"/sources/{to}", body, {"Content-Type": "application/json", **headers})


def count(world: World, table: str) -> int:
    with world.app.database.reading() as db:
        return int(db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("secret", ["new", "old"])
def test_a_signed_body_is_stored_before_it_is_answered(desk: Desk, secret: str) -> None:
    assert post(desk, secret=secret).status_code == 200
    assert (count(desk.world, "event"), count(desk.world, "source_body"), desk.woken) == (1, 1, 1)


def test_what_is_not_signed_for_this_body_and_this_source_is_not_stored(desk: Desk) -> None:
    for answer in (
        post(desk, secret="a guess"),
        post(desk, signed=BODY + b"\n"),
        post(desk, to="woo"),
        desk.ask("POST", "/sources/store", BODY),
    ):
        assert is_problem(answer, 401)
    assert (count(desk.world, "event"), count(desk.world, "source_body"), desk.woken) == (0, 0, 0)
    assert count(desk.world, "notice") == 2  # one a source


def test_after_a_secret_is_replaced_the_old_one_is_none_any_more(tmp_path: Path) -> None:
    rotated = {"LEADOFF_SOURCE_STORE_SECRET": "newest", "LEADOFF_SOURCE_STORE_SECRET_OLD": "new"}
    for environ, wanted in ((rotated, {"newest": 200, "new": 200, "old": 401}), ({}, {"": 401, "new": 401})):
        with World(tmp_path, FLOW, project=SHOP, environ=environ) as world:
            assert {secret: post(Desk(world), secret=secret).status_code for secret in wanted} == wanted


def test_an_unknown_source_and_a_huge_body(desk: Desk) -> None:
    assert is_problem(post(desk, to="shop"), 404)
    assert is_problem(post(desk, body=b'"' + b"a" * 2_000_000 + b'"'), 413)


STRANGE = {
    "a list where a mapping is expected": {"customer": [1], "shipping_address": "none", "line_items": {"title": "x"}},
    "an empty list for an object": {"customer": [], "shipping_address": [], "billing_address": []},
    "nobody": {"customer": None, "line_items": None, "total_price": None},
    "ids beyond 2^53, as numbers": {"id": 2**63 + 1, "total_price": 189.5, "line_items": [{"product_id": 2**70}]},
    "money as text": {"id": str(2**70), "total_price": "189.50", "line_items": []},
    "no money at all": {"total_price": "a lot", "currency": 7},
    "numbers without end": {"total_price": "9" * 400, "id": int("9" * 400)},
    "deep": {"note": ast.literal_eval("[" * 20 + "]" * 20)},
}


def test_a_strange_body_is_answered_and_makes_one_event_at_most(desk: Desk) -> None:
    for number, (what, strange) in enumerate(STRANGE.items(), start=1):
        body = orjson.dumps({"token": f"c{number}", "sms_marketing_phone": ADA}).removesuffix(b"}")
        said = body + b"," + json.dumps(strange).encode().removeprefix(b"{")
        assert [post(desk, body=said).status_code for _ in range(2)] == [200, 200], what
        assert (count(desk.world, "event"), count(desk.world, "contact")) == (number, 3), what


def test_a_signature_is_good_for_its_body_alone_and_a_body_that_comes_again_changes_nothing(desk: Desk) -> None:
    assert [post(desk).status_code for _ in range(3)] == [200, 200, 200]
    renewed = BODY.replace(b"13:00", b"13:05")
    assert is_problem(post(desk, body=renewed, signed=BODY), 401)
    assert post(desk, body=renewed).status_code == 200
    assert count(desk.world, "event") == 1


def test_somebody_who_is_being_texted_is_forgotten_when_the_shop_asks_again(desk: Desk) -> None:
    world = desk.world
    post(desk)
    world.tick()
    with world.app.database.reading() as db:
        (id,) = db.execute("SELECT id FROM message").fetchone()
    world.app.database.write(lambda db: db.execute("UPDATE message SET status = 2 WHERE id = ?", (id,)))
    ask = b'{"customer": {"phone": "%s"}}' % ADA.encode()
    assert is_problem(post(desk, body=ask, topic="customers/redact"), 409)
    world.app.database.write(lambda db: db.execute("UPDATE message SET status = 3 WHERE id = ?", (id,)))
    assert post(desk, body=ask, topic="customers/redact").status_code == 200
    assert (count(world, "contact"), count(world, "source_body")) == (2, 0)
    world.is_counted = False


def test_metrics_count_what_webhooks_became(desk: Desk) -> None:
    post(desk)
    post(desk, body=b'{"token": "c2"}')
    post(desk, body=b"?")
    told = desk.get("/metrics").text
    for what in ("event", "no number", "unreadable"):
        assert f'leadoff_source_messages{{became="{what}",source="store"}} 1.0' in told


def test_a_body_that_makes_nothing_is_answered_200_and_kept(desk: Desk) -> None:
    for number, body in enumerate((b"\xff", b"[" * 5_000, b"[1]", b"{}", b'{"token": "c1"}'), start=1):
        assert post(desk, body=body).status_code == 200, body[:20]
        assert (count(desk.world, "event"), count(desk.world, "source_body")) == (0, number), body[:20]


def test_the_ping_of_woocommerce_is_answered_and_does_nothing(desk: Desk) -> None:
    answer = desk.ask("POST", "/sources/woo", b"webhook_id=7", {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, desk.woken) == (200, 0)
    assert (count(desk.world, "source_body"), count(desk.world, "notice")) == (0, 0)
