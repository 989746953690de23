"""A message becomes an event by the mapping of leadoff.yaml, on top of what its kind brings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.intake.mapping import Became, became
from engine.language.check import ProjectFiles, check
from engine.language.model.project import Project
from engine.sources.kind import Message

PHONE = "+12025550143"
CHECKOUT = {"token": "c1", "sms_marketing_phone": PHONE, "buyer_accepts_sms_marketing": True}


def shop(events: str, sources: str, more: str = "") -> Project:
    text = f"project: shop\nbrand: Acme\ntimezone: UTC\n{more}\nevents: {events}\nsources: {sources}\n"
    checked = check(ProjectFiles({"leadoff.yaml": text.encode()}, lambda path: None), {})
    assert checked.project is not None, checked.findings
    return checked.project


def made(project: Project, topic: str, body: dict[str, Any], **more: Any) -> Became:
    return became(project, project.sources["store"], Message(topic, body, **more))


SHOP = shop(
    "{checkout.started: {cart: text, total: money}}",
    """
  store:
    kind: shopify
    events:
      checkouts/update:
        event: checkout.started
        contact: {phone: [note_attributes.phone, phone], consent: note_attributes.texts, tier: note_attributes.tier}
        data: {cart: [cart_token, token], total: total_price}
""",
    "fields: {tier: integer}",
)


def test_an_entry_takes_the_place_of_the_event_and_adds_to_the_contact() -> None:
    body = {**CHECKOUT, "total_price": "12.50", "customer": {"first_name": "Ada"}, "phone": PHONE}
    found = made(SHOP, "checkouts/update", body)
    assert (found.event, found.data) == ("checkout.started", {"cart": "c1", "total": 12.5})
    assert (found.person.phone, found.person.fields) == (PHONE, {"first_name": "Ada"})


def test_a_number_of_ones_own_takes_no_consent_from_the_kind() -> None:
    assert made(SHOP, "checkouts/update", {**CHECKOUT, "phone": PHONE}).person.consent is None


NOTHING_SAID: list[object] = [False, "false", "not_subscribed", "pending", "redacted", None, "yes", 1, [], {"a": 1}]


@pytest.mark.parametrize(
    ("said", "consent"),
    [
        *[(each, "subscribed") for each in (True, "true", "TRUE", "Subscribed", " subscribed ")],
        *[(each, "unsubscribed") for each in ("unsubscribed", "UNSUBSCRIBED")],
        *[(each, None) for each in NOTHING_SAID],
    ],
)
def test_only_three_values_say_something(said: object, consent: str | None) -> None:
    body = {"note_attributes": [{"name": "phone", "value": PHONE}, {"name": "texts", "value": said}]}
    found = made(SHOP, "checkouts/update", body)
    assert (found.person.phone, found.person.consent) == (PHONE, consent)


def test_consent_is_of_the_number_at_the_first_path_alone() -> None:
    body = {"phone": PHONE, "note_attributes": [{"name": "texts", "value": "subscribed"}]}
    found = made(SHOP, "checkouts/update", body)
    assert (found.person.phone, found.person.consent) == (PHONE, None)


def test_a_test_order_makes_nothing() -> None:
    found = made(SHOP, "checkouts/update", CHECKOUT, test=True)
    assert not found.has_effect
    assert found.nothing is not None


def test_a_kind_brings_only_what_is_declared() -> None:
    found = made(SHOP, "orders/create", {"id": 1, "phone": PHONE})
    assert (found.event, found.nothing) == (None, 'the event "order.placed" is not declared')


def test_without_declared_events_all_comes_as_it_is() -> None:
    project = shop("{}", "{store: {kind: shopify}}")
    found = made(project, "orders/create", {"id": 9007199254740993, "phone": PHONE, "total_price": Decimal("5.50")})
    assert found.event == "order.placed"
    assert found.data == {"order_id": 9007199254740993, "total": 5.5}


def test_what_does_not_fit_is_left_out_and_told() -> None:
    body = {**CHECKOUT, "phone": PHONE, "total_price": "much", "note_attributes": [{"name": "tier", "value": "gold"}]}
    found = made(SHOP, "checkouts/update", body)
    assert found.event == "checkout.started"
    assert {each.what for each in found.left_out} == {"total", "tier"}


@pytest.mark.parametrize("body", [{"a": "x"}, {"a": None}, {"a": []}, {}])
def test_an_event_without_what_it_requires_is_none(body: dict[str, Any]) -> None:
    project = shop(
        "{order.placed: {total: {type: money, required: true}}}",
        '{store: {kind: header, events: {"*": {event: order.placed, contact: {phone: p}, data: {total: a}}}}}',
    )
    found = made(project, "", {"p": PHONE, **body})
    assert found.event is None
    assert 'requires "total"' in str(found.nothing)


def test_a_refund_is_all_its_ways_of_payment_but_those_that_failed() -> None:
    project = shop("{order.refunded: {total: money}}", "{store: {kind: shopify}}")

    def refunded(*paid: object) -> object:
        ways = [{"amount": amount, "status": status} for amount, status in zip(paid[::2], paid[1::2], strict=True)]
        return made(
            project, "refunds/create", {"order_id": 1, "transactions": ways}, whose=("orders:1:create",)
        ).data.get("total")

    assert refunded("100.10", "success", "29.00", "pending", "29.00", "failure") == 129.1
    for amount in ("NaN", "1e999999", "much", None):
        assert refunded("5", "success", amount, "success") is None
    assert refunded() is None


@pytest.mark.parametrize("total", ["189.00", 189, Decimal("189.00"), "189", Decimal("189.00000001")])
def test_money_as_text_and_as_a_number(total: object) -> None:
    found = made(SHOP, "checkouts/update", {**CHECKOUT, "phone": PHONE, "total_price": total})
    assert found.data["total"] == 189


@pytest.mark.parametrize(
    "total", [Decimal("1e38"), Decimal("1e-38"), Decimal("9" * 40), 10**39, "1e5", "9" * 40, True, [], {}]
)
def test_money_that_is_none_is_left_out(total: object) -> None:
    found = made(SHOP, "checkouts/update", {**CHECKOUT, "phone": PHONE, "total_price": total})
    assert found.event == "checkout.started"
    assert found.data.get("total") in (None, 0)


def test_a_national_number_is_read_with_the_country_beside_it() -> None:
    body = {"id": 1, "shipping_address": {"phone": "0770 090 0123", "country_code": "GB"}}
    project = shop("{}", "{store: {kind: shopify}}")
    assert made(project, "orders/create", body).person.phone == "+447700900123"
    assert "no number to text" in str(made(project, "orders/create", {"id": 1, "phone": "0770 090 0123"}).nothing)


@pytest.mark.parametrize(
    ("shipping", "phone"), [("US", "+12025550143"), ("GB", None), (None, "+12025550143"), ([], "+12025550143")]
)
def test_a_gift_abroad_makes_no_foreign_number_of_the_buyers(shipping: object, phone: str | None) -> None:
    body = {
        "id": 1,
        "phone": "(202) 555-0143",
        "shipping_address": {"country_code": shipping},
        "billing_address": {"country_code": "us"},
    }
    found = made(shop("{}", "{store: {kind: shopify}}"), "orders/create", body)
    assert found.person.phone == phone


def test_a_text_that_only_begins_with_a_number_is_none() -> None:
    found = made(shop("{}", "{store: {kind: shopify}}"), "orders/create", {"id": 1, "phone": PHONE + " " * 30 + "or 9"})
    assert (found.event, found.person.phone) == (None, None)


def test_a_contact_can_be_named_by_its_key() -> None:
    project = shop(
        "{list.joined: {}}", '{store: {kind: header, events: {"*": {event: list.joined, contact: {key: user.id}}}}}'
    )
    found = made(project, "x", {"user": {"id": 9007199254740993}})
    assert (found.event, found.person.key, found.person.phone) == ("list.joined", "9007199254740993", None)


@pytest.mark.parametrize("value", ["null", "[]", "{}", "7", '"x"', "true", '[{"phone": 1}]'])
@pytest.mark.parametrize("topic", ["checkouts/update", "orders/create", "customers_marketing_consent/update"])
def test_nothing_has_to_be_what_it_should_be(topic: str, value: str) -> None:
    names = ("customer", "shipping_address", "billing_address", "line_items", "phone", "sms_marketing_phone", "total_price",
             "buyer_accepts_sms_marketing", "sms_marketing_consent", "token", "id", "note_attributes", "email")  # fmt: skip
    body = json.loads("{" + ", ".join(f'"{name}": {value}' for name in names) + "}")
    project = shop("{}", "{store: {kind: shopify}}")
    found = made(project, topic, body)
    assert found.event is None
    assert found.nothing is not None


LISTED = shop(
    "{checkout.started: {items: {type: list, of: {title: {type: text, required: true}, quantity: integer, price: money}}}}",
    "{store: {kind: shopify}}",
)


def items(*rows: object) -> Became:
    return made(LISTED, "checkouts/update", {**CHECKOUT, "line_items": list(rows)})


def test_a_list_has_the_declared_fields_of_its_items_and_no_other() -> None:
    found = items({"title": "Coat", "quantity": "2", "price": Decimal("41.66666667"), "sku": "SC-1", "tax_lines": []})
    assert found.data == {"items": [{"title": "Coat", "quantity": 2, "price": 41.666667}]}


def test_of_a_long_list_the_first_fifty_are_kept() -> None:
    found = items(*({"title": f"no. {number}"} for number in range(60)))
    assert len(found.data["items"]) == 50
    assert ("items[50…]", "of 60 items the first 50 are kept") in found.left_out


def test_an_item_without_what_it_requires_and_a_value_that_does_not_fit_are_left_out() -> None:
    found = items("Coat", None, {"quantity": 1}, {"title": "Sneakers", "quantity": "many"})
    assert found.data == {"items": [{"title": "Sneakers"}]}
    told = {each.what for each in found.left_out if each.what.startswith("items")}
    assert told == {"items[0]", "items[1]", "items[2]", "items[3].quantity"}
