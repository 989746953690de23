"""What a shop posts: taken when its signature fits the body as it came, answered when it is stored."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.web.desk import Desk, is_problem
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
    desk: Desk, body: bytes = BODY, secret: str = "new", to: str = "store", signed: bytes | None = None
) -> httpx.Response:
    made = hmac.digest(secret.encode(), body if signed is None else signed, "sha256")
    headers = {"X-Shopify-Topic": "checkouts/update", "X-Shopify-Hmac-Sha256": base64.b64encode(made).decode()}
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


def test_an_unknown_source_and_a_huge_body(desk: Desk) -> None:
    assert is_problem(post(desk, to="shop"), 404)
    assert is_problem(post(desk, body=b'"' + b"a" * 2_000_000 + b'"'), 413)


@pytest.mark.parametrize("body", [b"\xff", b"[" * 5_000, b"[1]", b"{}", b'{"token": "c1"}'])
def test_a_body_that_makes_nothing_is_answered_200_and_kept(desk: Desk, body: bytes) -> None:
    assert post(desk, body=body).status_code == 200
    assert (count(desk.world, "event"), count(desk.world, "source_body")) == (0, 1)


def test_the_ping_of_woocommerce_is_answered_and_does_nothing(desk: Desk) -> None:
    answer = desk.ask("POST", "/sources/woo", b"webhook_id=7", {"Content-Type": "application/x-www-form-urlencoded"})
    assert (answer.status_code, desk.woken) == (200, 0)
    assert (count(desk.world, "source_body"), count(desk.world, "notice")) == (0, 0)
