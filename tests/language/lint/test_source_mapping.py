"""What `check` says of the mapping of a source: each mistake at its place, and none that follows from another."""

from __future__ import annotations

import pytest

from engine.language.check import ProjectFiles, check

HEAD = """project: shop
brand: Acme
timezone: UTC
fields: {tier: integer, since: date}
events:
  checkout.started: {cart: {type: text, required: true}, total: money, at: time, gift: boolean}
  order.placed: {order_id: text, total: money}
sources:
"""


def findings(sources: str) -> list[str]:
    checked = check(ProjectFiles({"leadoff.yaml": (HEAD + sources).encode()}, lambda path: None), {})
    return [f"{found.path}: {found.code} {found.message}" for found in checked.findings]


def of_topic(topic: str, kind: str = "shopify") -> list[str]:
    found = findings(f"  store:\n    kind: {kind}\n    events:\n      checkouts/update: {topic}\n")
    return [each.removeprefix("sources.store.events.checkouts/update.") for each in found]


def test_a_kind_alone_is_a_source() -> None:
    assert findings("  store: {kind: shopify}\n  other-shop: {kind: woocommerce}\n") == []


@pytest.mark.parametrize("name", ["Store", "my shop", "my.shop", "-shop", "shop-", "my--shop", "1shop", "a" * 41])
def test_a_name_is_of_lower_case_words(name: str) -> None:
    (said,) = findings(f'  "{name}": {{kind: shopify}}\n')
    assert ": LO231 " in said


def test_an_event_that_is_not_declared() -> None:
    assert of_topic("{event: checkout.startd}") == ['event: LO304 the event "checkout.startd" is not declared']


def test_a_field_that_is_not_declared() -> None:
    assert of_topic("{event: order.placed, contact: {teir: note}, data: {totl: total_price}}") == [
        'contact.teir: LO305 there is no field "teir"',
        'data.totl: LO305 "order.placed" has no field "totl"',
    ]


def test_the_country_comes_from_the_number_alone() -> None:
    assert of_topic("{event: order.placed, contact: {country: a}}") == [
        'contact.country: LO305 there is no field "country"'
    ]


@pytest.mark.parametrize(
    ("field", "path", "what"),
    [
        ("cart", "line_items", "a list"),
        ("cart", "customer", "an object"),
        ("total", "updated_at", "a timestamp"),
        ("gift", "total_price", "an amount of money"),
        ("at", "buyer_accepts_sms_marketing", "true or false"),
        ("total", "line_items[3].title", None),
    ],
)
def test_a_value_that_can_never_be_of_the_fields_type(field: str, path: str, what: str | None) -> None:
    data = f"cart: token, {field}: {path}" if field != "cart" else f"cart: {path}"
    said = [] if what is None else [f'data.{field}: LO313 "{path}" can never be "{field}": it is {what}']
    assert of_topic(f"{{event: checkout.started, data: {{{data.replace(path, chr(34) + path + chr(34))}}}}}") == said


def test_of_several_paths_it_is_told_which() -> None:
    assert of_topic("{event: order.placed, data: {total: [total_price, line_items]}}") == [
        'data.total[1]: LO313 "line_items" can never be "total": it is a list'
    ]


def test_what_a_number_and_consent_can_be_made_of() -> None:
    assert of_topic("{event: order.placed, contact: {phone: customer, consent: total_price, tier: line_items}}") == [
        'contact.phone: LO313 "customer" can never be "phone": it is an object',
        'contact.consent: LO313 "total_price" can never be "consent": it is an amount of money',
        'contact.tier: LO313 "line_items" can never be "tier": it is a list',
    ]


@pytest.mark.parametrize(("data", "place"), [("", ""), (", data: {total: total_price}", ".data")])
def test_a_required_field_without_a_mapping(data: str, place: str) -> None:
    (said,) = findings(
        f"  store:\n    kind: shopify\n    events:\n      checkouts/update: {{event: checkout.started{data}}}\n"
    )
    assert said == (
        f"sources.store.events.checkouts/update{place}: "
        'LO313 "checkout.started" is rejected without "cart", which is required'
    )


def test_what_a_kind_brings_is_held_against_what_is_required_too() -> None:
    head = HEAD.replace("order_id: text", "order_id: text, channel: {type: text, required: true}")
    checked = check(
        ProjectFiles({"leadoff.yaml": f"{head}  store: {{kind: stripe}}\n".encode()}, lambda path: None), {}
    )
    assert [(each.path, each.code, each.severity, each.message) for each in checked.findings] == [
        (
            "sources.store",
            "LO313",
            "warning",
            'checkout.session.completed makes no "order.placed": it brings no "channel", which is required',
        )
    ]


@pytest.mark.parametrize("kind", ["standard", "header"])
def test_where_a_kind_knows_no_number_one_has_to_be_named(kind: str) -> None:
    assert of_topic("{event: order.placed, contact: {first_name: name}}", kind) == ['contact: LO205 "phone" is missing']
    assert of_topic("{event: order.placed, contact: {key: id}}", kind) == []


def test_one_mistake_hides_no_other_and_causes_none() -> None:
    assert of_topic("{event: order.plced, contact: {phone: a..b}, data: {total: total_price}}") == [
        'event: LO304 the event "order.plced" is not declared',
        'contact.phone: LO243 "a..b" is not a path into a body',
    ]


def test_an_unknown_kind_and_an_unknown_key() -> None:
    said = findings("  store: {kind: shopfy}\n  other: {kind: stripe, topic: x}\n")
    assert [each.split(" ")[:2] for each in said] == [
        ["sources.store.kind:", "LO207"],
        ["sources.other.topic:", "LO201"],
    ]


def test_without_declared_events_any_event_goes() -> None:
    text = "project: shop\nbrand: Acme\ntimezone: UTC\nsources:\n  store: {kind: shopify, events: {a: {event: b, data: {c: d}}}}\n"
    assert check(ProjectFiles({"leadoff.yaml": text.encode()}, lambda path: None), {}).findings == ()
