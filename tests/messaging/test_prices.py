"""What a message costs, in millionths."""

from __future__ import annotations

from engine.messaging.prices import DEFAULTS, price


def test_an_sms_costs_by_its_parts_an_mms_does_not() -> None:
    assert price(DEFAULTS, "US", "sms", 3) == 45_000
    assert price(DEFAULTS, "CA", "mms", 3) == 45_000


def test_a_project_has_its_own_prices() -> None:
    assert price({**DEFAULTS, ("CA", "sms"): 9_000}, "CA", "sms", 2) == 18_000


def test_a_region_without_a_price_takes_that_of_anywhere_else_that_of_the_us() -> None:
    dear = {**DEFAULTS, ("*", "sms"): 80_000, ("US", "mms"): 50_000}

    assert price(dear, "JM", "sms", 1) == 80_000
    assert price(dear, "JM", "mms", 1) == 50_000
    assert price({}, "JM", "sms", 1) == 15_000


def test_a_price_of_nothing_is_a_price() -> None:
    assert price({("US", "sms"): 0}, "US", "sms", 4) == 0
