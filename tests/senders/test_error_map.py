"""What Bandwidth, Twilio and Telnyx answer, and what it means for the message: the tables of their senders, row by row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import SendError
from engine.senders.error_map import MEANINGS, codes_of
from engine.senders.sender import Ambiguous, LookupQuery, Receipt, SendDeferred, SendRejected, SendUnknown
from tests.senders.conftest import NOON, PERSON, outgoing
from tests.senders.makers import make
from tests.senders.rogue import Rogue, http

BODIES: dict[str, Callable[[str], dict[str, Any]]] = {
    "bandwidth": lambda code: {"type": code, "description": "No."},
    "twilio": lambda code: {"code": int(code), "message": "No.", "status": 400},
    "telnyx": lambda code: {"errors": [{"code": code, "title": "No", "detail": "No."}]},
}


def answered(provider: str, status: int, body: object) -> SendError:
    with Rogue(http(status, json.dumps(body))) as rogue, pytest.raises(SendError) as caught:
        make(provider, rogue.url).send(outgoing())
    return caught.value


def said(error: SendError) -> str:
    """An error in one word."""
    if isinstance(error, SendRejected):
        flags = [name for name in ("opted_out", "unreachable", "too_large") if getattr(error, name)]
        return ", ".join(flags) or "final"
    if isinstance(error, SendDeferred):
        return "set_up" if error.whole_sender else "retry"
    return "unknown"


@pytest.mark.parametrize(
    ("provider", "status", "code", "meaning"),
    [
        ("bandwidth", 400, "request-validation", "final"),
        ("bandwidth", 400, "4432", "final"),
        ("bandwidth", 400, "rejected-message-size-limit-exceeded", "too_large"),
        ("bandwidth", 400, "destination-rejected-due-to-user-opt-out", "opted_out"),
        ("bandwidth", 403, "rejected-forbidden-from-number", "set_up"),
        ("bandwidth", 401, "unauthorized", "set_up"),
        ("bandwidth", 500, "4475", "unknown"),
        ("twilio", 400, "21211", "unreachable"),
        ("twilio", 400, "21614", "unreachable"),
        ("twilio", 400, "21610", "opted_out"),
        ("twilio", 400, "21408", "final"),
        ("twilio", 400, "21617", "final"),
        ("twilio", 400, "11751", "too_large"),
        ("twilio", 400, "21606", "set_up"),
        ("twilio", 400, "21611", "retry"),
        ("twilio", 400, "29999", "final"),
        ("twilio", 401, "20003", "set_up"),
        ("twilio", 429, "20429", "set_up"),
        ("twilio", 409, "29999", "unknown"),
        ("twilio", 503, "21610", "unknown"),
        ("telnyx", 400, "40300", "opted_out"),
        ("telnyx", 400, "40310", "unreachable"),
        ("telnyx", 400, "40317", "too_large"),
        ("telnyx", 400, "40008", "final"),
        ("telnyx", 400, "40305", "set_up"),
        ("telnyx", 403, "20100", "set_up"),
        ("telnyx", 409, "40312", "set_up"),
        ("telnyx", 422, "40318", "retry"),
        ("telnyx", 422, "10027", "final"),
        ("telnyx", 408, "10008", "unknown"),
        ("telnyx", 500, "40300", "unknown"),
    ],
)
def test_what_a_code_means(provider: str, status: int, code: str, meaning: str) -> None:
    assert said(answered(provider, status, BODIES[provider](code))) == meaning


@pytest.mark.parametrize("field", ["applicationId", "from"])
def test_bandwidth_complains_of_the_set_up(field: str) -> None:
    body = {
        "type": "request-validation",
        "description": "No.",
        "fieldErrors": [{"fieldName": field, "description": "No."}],
    }
    assert said(answered("bandwidth", 400, body)) == "set_up"


ODD: list[Any] = [None, [], 5, {"code": "x"}, {"code": [1]}, {"errors": {}}, {"errors": [1]}, {"type": 5}]


@pytest.mark.parametrize("body", [*ODD, {"fieldErrors": [5, {"fieldName": []}]}])
@pytest.mark.parametrize("provider", BODIES)
def test_a_refusal_of_another_shape_is_a_refusal(provider: str, body: object) -> None:
    error = answered(provider, 400, body)
    assert said(error) == "final"


@pytest.mark.parametrize("provider", BODIES)
def test_every_code_means_something_and_the_source_is_named(provider: str) -> None:
    codes = codes_of(provider)
    assert len(codes.listed) > 30
    assert {listed.means for listed in codes.listed.values()} <= MEANINGS
    assert all(code.isdigit() and listed.words for code, listed in codes.listed.items())


# --- Asking for a message of unknown fate -------------------------------------------------------------------------------------

SOUGHT = LookupQuery(PERSON, "Hello Ann", False, NOON)


def looked_up(
    provider: str, body: object, sought: LookupQuery | None = SOUGHT, status: int = 200
) -> Receipt | Ambiguous | None:
    with Rogue(http(status, json.dumps(body))) as rogue:
        return make(provider, rogue.url).lookup("1-2-3", sought)


def of_bandwidth(identity: str, **changes: Any) -> dict[str, Any]:
    item = {"messageId": identity, "messageStatus": "SENT", "messageType": "sms", "receiveTime": "2025-11-25T12:00:02Z"}
    return item | changes


def of_twilio(identity: str, **changes: Any) -> dict[str, Any]:
    item = {"sid": identity, "status": "sent", "body": "Hello Ann", "num_media": "0", "direction": "outbound-api"}
    return item | {"date_created": "Tue, 25 Nov 2025 12:00:02 +0000"} | changes


LISTED = {"bandwidth": of_bandwidth, "twilio": of_twilio}
OTHERS: dict[str, list[dict[str, Any]]] = {
    "bandwidth": [{"messageType": "mms"}, {"receiveTime": "2025-11-25T11:58:59Z"}, {"receiveTime": "soon"}, {"receiveTime": None}],
    "twilio": [
        {"body": "Hello Ben"}, {"body": None}, {"num_media": "1"}, {"direction": "inbound"},
        {"date_created": "Tue, 25 Nov 2025 12:03:01 +0000"}, {"date_created": None}, {"date_created": "soon"},
    ],
}  # fmt: skip


@pytest.mark.parametrize("provider", LISTED)
def test_a_message_is_found_by_what_is_known_of_it(provider: str) -> None:
    of = LISTED[provider]
    others = [of(f"o-{n}", **change) for n, change in enumerate(OTHERS[provider])]
    assert looked_up(provider, {"messages": others}) is None
    assert looked_up(provider, {"messages": [*others, of("p-1")]}) == Receipt("p-1", "sent")
    assert looked_up(provider, {"messages": [of("p-1"), of("p-2")]}) == Ambiguous(("p-1", "p-2"))
    known = SOUGHT._replace(others=frozenset({"p-2"}))
    assert looked_up(provider, {"messages": [of("p-1"), of("p-2")]}, known) == Receipt("p-1", "sent")


def test_what_twilio_put_before_a_trial_accounts_text() -> None:
    item = of_twilio("p-1", body="Sent from your Twilio trial account - Hello Ann", status="queued")
    assert looked_up("twilio", {"messages": [item]}) == Receipt("p-1", "accepted")


def test_a_page_of_twilio_that_does_not_reach_back_says_nothing() -> None:
    newer = [of_twilio(f"o-{n}", body="Hello Ben") for n in range(100)]
    with pytest.raises(SendDeferred):
        looked_up("twilio", {"messages": newer})


def test_telnyx_is_asked_by_its_own_id() -> None:
    known = SOUGHT._replace(provider_id="p-1")
    found = {"data": {"id": "p-1", "to": [{"status": "delivered"}]}}
    assert looked_up("telnyx", found, known) == Receipt("p-1", "delivered")
    assert looked_up("telnyx", {"data": {"id": "p-1"}}, known) == Receipt("p-1", "accepted")
    assert looked_up("telnyx", {"errors": []}, known, status=404) is None
    with pytest.raises(SendDeferred):
        looked_up("telnyx", {"data": {"id": "p-2"}}, known)


@pytest.mark.parametrize("provider", BODIES)
@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 200), ([], 200), ({"messages": [5]}, 200), ({"messages": [{}]}, 500), ({}, 401), ({}, 429)],
)
def test_a_look_up_that_learns_nothing_says_so(provider: str, body: object, status: int) -> None:
    with pytest.raises(SendDeferred):
        looked_up(provider, body, SOUGHT._replace(provider_id="p-1"), status)
    with pytest.raises(SendDeferred):
        looked_up(provider, body, None, status)


def test_a_lost_answer_is_never_sent_again_by_the_sender() -> None:
    assert said(answered("twilio", 500, {"code": 20500})) == "unknown"
    assert isinstance(answered("telnyx", 502, {}), SendUnknown)
