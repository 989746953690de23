"""What is left at a provider, where it has a call for it."""

from __future__ import annotations

import json

import pytest

from engine.senders.sender import Balance, HasBalance, SendDeferred
from tests.senders.makers import make
from tests.senders.rogue import Rogue, http

TWILIO = {"currency": "usd", "balance": "11.23", "account_sid": "AC0"}
TELNYX = {"data": {"record_type": "balance", "balance": "300.00", "available_credit": "400.00", "currency": "USD"}}


@pytest.mark.parametrize(
    ("provider", "answer", "left"),
    [("twilio", TWILIO, Balance(11.23, "USD")), ("telnyx", TELNYX, Balance(400.0, "USD"))],
)
def test_it_is_asked_for(provider: str, answer: object, left: Balance) -> None:
    with Rogue(http(200, json.dumps(answer))) as rogue:
        sender = make(provider, rogue.url)
        assert isinstance(sender, HasBalance) and sender.balance() == left


@pytest.mark.parametrize("provider", ["bandwidth", "simulator"])
def test_where_there_is_no_such_call_there_is_none(provider: str) -> None:
    assert not isinstance(make(provider, "http://127.0.0.1:9"), HasBalance)


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", '{"balance": "much", "currency": "USD"}', '{"balance": "NaN", "currency": "USD"}', '{"balance": "1"}'],
)
@pytest.mark.parametrize("status", [200, 401, 500])
def test_what_cannot_be_read_is_not_told(body: str, status: int) -> None:
    with Rogue(http(status, body)) as rogue:
        sender = make("twilio", rogue.url)
        assert isinstance(sender, HasBalance)
        with pytest.raises(SendDeferred):
            sender.balance()
