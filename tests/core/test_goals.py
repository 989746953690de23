"""What is read of an order's event: ids and amounts as they were written."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.core.goals import NO_CURRENCY, amount, currency, order_id


def data(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    ("written", "millionths"),
    [
        ("19.99", 19_990_000),
        ('"19.99"', 19_990_000),
        ('" 5 "', 5_000_000),
        ("1e-7", 0),
        ("9007199254740993", 0),  # 16 digits before the point: no order
        ("100000000000.000001", 100_000_000_000_000_001),
        ("-3.10", -3_100_000),
        ('"1,50"', 0),
        ("true", 0),
        ("null", 0),
        ("[]", 0),
    ],
)
def test_an_amount_is_exact_or_nothing(written: str, millionths: int) -> None:
    assert amount(data(f'{{"total": {written}}}'), "total") == millionths


def test_an_id_is_a_text_or_a_whole_number_of_any_length() -> None:
    found = data('{"text": " A-1 ", "number": 9007199254740993, "empty": " ", "flag": true, "list": [1]}')
    assert [order_id(found, name) for name in ("text", "number", "empty", "flag", "list", "missing")] == [
        "A-1", "9007199254740993", None, None, None, None,
    ]  # fmt: skip


def test_a_currency_is_the_orders_own_or_the_projects_and_never_guessed() -> None:
    found = data('{"good": "eur", "bad": "euros", "none": null}')
    assert [currency(found, name, "USD") for name in ("good", "bad", "none", None)] == [
        "EUR",
        NO_CURRENCY,
        "USD",
        "USD",
    ]
