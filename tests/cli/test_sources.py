"""`sources try`: what a recorded body becomes, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal
from tests.sources.test_cases import CASES, SHOP

__all__ = ["terminal"]

CHECKOUT = str(CASES / "shopify/checkouts_update.http")


@pytest.fixture
def shop(terminal: Terminal) -> Terminal:
    (terminal.folder / "leadoff.yaml").write_text(SHOP)
    return terminal


def test_people_see_what_it_becomes_and_what_is_left_out(shop: Terminal) -> None:
    assert shop.well("sources", "try", "shopify", CHECKOUT).out.splitlines() == [
        "shopify: Shopify; the signature is not checked here",
        "",
        "topic     checkouts/update",
        "about     checkouts:chk0001 as of 2026-11-27T14:00:00Z",
        "event     checkout.started",
        "contact   +1202•••0143 at sms_marketing_phone",
        "  first_name   Ada",
        "  last_name    Example",
        "  email        ada@shop.example",
        "  language     en-US",
        "consent   subscribed at buyer_accepts_sms_marketing",
        "data",
        "  cart         chk0001",
        "  total        189",
        "  currency     USD",
        "  url          https://acme.example/1/checkouts/ac/chk0001/recover?…",
        "  items[0]     title Spring coat, price 129, quantity 1",
        "  items[1]     title Sneakers, price 30, quantity 2",
    ]


def test_scripts_get_the_same(shop: Terminal) -> None:
    said = shop.well("sources", "try", "shopify", CHECKOUT, "--format", "json").json
    assert (said["source"], said["kind"], said["ping"]) == ("shopify", "shopify", False)
    (made,) = said["becomes"]
    assert (made["event"], made["consent"], made["contact"]["phone"]) == (
        "checkout.started",
        "subscribed",
        "+1202•••0143",
    )


@pytest.mark.parametrize("kind", sorted(path.name for path in CASES.iterdir()))
def test_no_number_and_no_key_of_a_cart_is_shown(shop: Terminal, kind: str) -> None:
    for case in sorted((CASES / kind).glob("*.http")):
        said = shop("sources", "try", kind, str(case))
        assert said.err == ""
        assert not any(secret in said.out for secret in ("+12025550143", "555-0144", "5550144", "key=", "00ff"))


def test_a_body_that_makes_nothing_says_why(shop: Terminal) -> None:
    said = shop("sources", "try", "shopify", str(CASES / "shopify/products_update.http"), "--topic", "themes/publish")
    assert (said.code, said.err) == (1, "")
    assert 'event     none: nothing is mapped for the topic "themes/publish"' in said.out


def test_a_product_shows_the_pictures_that_are_noted(shop: Terminal) -> None:
    said = shop.well("sources", "try", "shopify", str(CASES / "shopify/products_update.http")).out
    assert "event     none: a product: its pictures are noted" in said
    assert "  product:9007199254740993 https://cdn.example/coat.jpg" in said


def test_a_topic_can_be_named_beside_a_body_alone(shop: Terminal) -> None:
    Path("order.json").write_text('{"id": 1, "phone": "+12025550143"}')
    assert (
        "event     order.placed" in shop.well("sources", "try", "shopify", "order.json", "--topic", "orders/create").out
    )
    said = shop("sources", "try", "shopify", "order.json")
    assert (said.code, said.out) == (2, "")
    assert "does not say its topic" in said.err


def test_a_ping_and_a_batch(shop: Terminal) -> None:
    assert "a ping" in shop.well("sources", "try", "woocommerce", str(CASES / "woocommerce/ping.http")).out
    assert shop.well("sources", "try", "segment", str(CASES / "segment/batch.http")).out.count("topic ") == 2 + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shopfy", CHECKOUT), 'did you mean "shopify"?'),
        (("shopify", "nothing.json"), "cannot read nothing.json"),
        (("shopify", "broken.json"), "the body is not JSON"),
        (("shopify", "list.json"), "not an object"),
        (("shopify", "deep.json"), "32 levels deep"),
        (("shopify", "huge.json"), "more than 2,000,000 bytes"),
        (("shopify", "prose.txt"), "line 1 of its head is no header"),
        (("stripe", "list.json", "--topic", "a"), "names the topic in the body"),
    ],
)
def test_what_cannot_be_tried_says_why(shop: Terminal, words: tuple[str, ...], said: str) -> None:
    for name, text in (
        ("broken.json", "{"),
        ("list.json", "[1]"),
        ("deep.json", "[" * 5_000),
        ("huge.json", "[" + " " * 2_000_000 + "]"),
        ("prose.txt", "a body"),
    ):
        Path(name).write_text(text)
    found = shop("sources", "try", *words)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert "Traceback" not in found.err


def test_a_project_with_mistakes_is_not_tried(shop: Terminal) -> None:
    Path("leadoff.yaml").write_text(SHOP.replace("kind: stripe", "kind: strpe"))
    said = shop("sources", "try", "stripe", CHECKOUT)
    assert (said.code, said.out) == (2, "")
    assert "`leadoff check` shows them" in said.err
