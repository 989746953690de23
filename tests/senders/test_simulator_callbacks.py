"""Callbacks are believed when the simulator signed them just now, and in no other case."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import BadCallback, BadSignature, CallbackRequest, InboundText, StatusReport
from engine.simulator import Simulator
from tests.senders.conftest import NOON, PERSON, SHOP, outgoing
from tests.simulator.app import App, Served

MINUTE = 60_000


def signed(body: bytes, stamp: str = str(NOON), token: str = "token") -> dict[str, str]:
    signature = hmac.new(token.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Simulator-Timestamp": stamp, "X-Simulator-Signature": signature}


def status(**changes: Any) -> dict[str, Any]:
    return {"id": "sim-1", "tag": "1-2-hero", "status": "delivered", "code": None, "at": NOON} | changes


def text(**changes: Any) -> dict[str, Any]:
    return {"id": "in-1", "from": PERSON, "to": SHOP, "text": "STOP", "media_urls": [], "at": NOON} | changes


def test_what_the_simulator_posts_of_a_message_is_read(sender: SimulatorSender, simulator: Simulator, app: App) -> None:
    app.files["/a.png"] = Served(404)
    receipt = sender.send(outgoing(media_url=f"{app.url}/a.png"))
    sender.send(outgoing(key="1-2-next", to="+12025550144"))
    assert simulator.settle()
    reports = [
        report for post in app.posts for report in sender.parse_status(CallbackRequest(post.headers, post.body), NOON)
    ]
    by_key = {key: [report for report in reports if report.key == key] for key in ("1-2-hero", "1-2-next")}
    assert by_key["1-2-hero"] == [StatusReport(receipt.provider_id, "1-2-hero", "failed", "media-status", None, NOON)]
    assert [report.status for report in by_key["1-2-next"]] == ["sent", "delivered"]


@pytest.mark.parametrize("code", ["opted-out", "landline", "unreachable"])
def test_a_status_says_what_is_to_be_learned_of_the_number(sender: SimulatorSender, code: str) -> None:
    body = json.dumps([status(status="undelivered", code=code)]).encode()
    (report,) = sender.parse_status(CallbackRequest(signed(body), body), NOON)
    assert (report.opted_out, report.unreachable) == (code == "opted-out", code == "landline")


def test_what_a_person_texts_is_read(sender: SimulatorSender, simulator: Simulator, app: App) -> None:
    sender.send(outgoing())
    assert simulator.settle()
    assert simulator.text_from(PERSON, SHOP, "stop 🛑\0") == 200
    (inbound,) = sender.parse_inbound(CallbackRequest(app.posts[-1].headers, app.posts[-1].body), NOON)
    assert inbound == InboundText(inbound.id, PERSON, SHOP, "stop 🛑", (), NOON)


def test_header_names_come_in_any_case(sender: SimulatorSender) -> None:
    body = json.dumps([status()]).encode()
    headers = {name.lower(): value for name, value in signed(body).items()}
    assert len(sender.parse_status(CallbackRequest(headers, body), NOON)) == 1


def test_the_signature_is_the_documented_one(sender: SimulatorSender) -> None:
    # printf %s '1764072000000.[]' | openssl dgst -sha256 -hmac token
    known = "6c3d025ac09cb659d7baea698cf7a329edc8b47f037e73bb802c5dfadd7654e3"
    headers = {"X-Simulator-Timestamp": "1764072000000", "X-Simulator-Signature": known}
    assert sender.parse_status(CallbackRequest(headers, b"[]"), NOON) == []


@pytest.mark.parametrize("skew", [-5 * MINUTE, 5 * MINUTE])
def test_five_minutes_either_way_are_fresh_and_more_is_not(sender: SimulatorSender, skew: int) -> None:
    body = json.dumps([status()]).encode()
    assert sender.parse_status(CallbackRequest(signed(body), body), NOON + skew)
    with pytest.raises(BadSignature):
        sender.parse_status(CallbackRequest(signed(body), body), NOON + skew + (1 if skew > 0 else -1))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Simulator-Timestamp": str(NOON)},
        {"X-Simulator-Timestamp": str(NOON), "X-Simulator-Signature": ""},
        {"X-Simulator-Timestamp": str(NOON), "X-Simulator-Signature": "ü\udcff"},
        {"X-Simulator-Timestamp": "now", "X-Simulator-Signature": "0" * 64},
        {"X-Simulator-Timestamp": "٣", "X-Simulator-Signature": "0" * 64},
        {"X-Simulator-Timestamp": "9" * 5_000, "X-Simulator-Signature": "0" * 64},
        signed(b"[]"),
        signed(json.dumps([status()]).encode(), token="other"),
        signed(json.dumps([status()]).encode()) | {"X-Simulator-Timestamp": str(NOON + 1)},
    ],
)
def test_without_the_right_signature_nothing_is_believed(sender: SimulatorSender, headers: dict[str, str]) -> None:
    body = json.dumps([status()]).encode()
    with pytest.raises(BadSignature):
        sender.parse_status(CallbackRequest(headers, body), NOON)
    with pytest.raises(BadSignature):
        sender.parse_inbound(CallbackRequest(headers, body), NOON)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        b"[" + b" " * 262_143 + b"]",
        json.dumps([status(status="read"), status(id=5)]).encode(),
        b'[{"id": "sim-1", "id": "sim-2", "status": "delivered", "at": 1}]',
        json.dumps([status(status=["sent"])]).encode(),
        json.dumps([status(id="")]).encode(),
        json.dumps([status(id=5)]).encode(),
        json.dumps([status(id="a\nb")]).encode(),
        json.dumps([status(tag=5)]).encode(),
        json.dumps([status(at="now")]).encode(),
        json.dumps([status(at=True)]).encode(),
        json.dumps([status(at=-1)]).encode(),
        json.dumps([status(at=2**53)]).encode(),
        json.dumps([status(at=1e400)]).encode(),
        b'[{"at": ' + b"9" * 10_000 + b"}]",
    ],
)
def test_a_signed_status_of_another_shape_is_a_bad_callback(sender: SimulatorSender, body: bytes) -> None:
    with pytest.raises(BadCallback) as caught:
        sender.parse_status(CallbackRequest(signed(body), body), NOON)
    assert not isinstance(caught.value, BadSignature)


@pytest.mark.parametrize(
    "changes",
    [
        {"from": "12025550143"},
        {"from": None},
        {"text": None},
        {"text": "x" * 10_001},
        {"id": None},
        {"at": None},
    ],
)
def test_a_signed_text_of_another_shape_is_a_bad_callback(sender: SimulatorSender, changes: dict[str, Any]) -> None:
    body = json.dumps([text(**changes)]).encode()
    with pytest.raises(BadCallback) as caught:
        sender.parse_inbound(CallbackRequest(signed(body), body), NOON)
    assert PERSON not in str(caught.value)
    assert "STOP" not in str(caught.value)


PICTURE = "http://127.0.0.1/a.png"


@pytest.mark.parametrize(
    ("changes", "to", "media"),
    [
        ({"to": "acme"}, "", ()),
        ({"to": None}, "", ()),
        ({"media_urls": None}, SHOP, ()),
        ({"media_urls": PICTURE}, SHOP, ()),
        ({"media_urls": {"url": PICTURE}}, SHOP, ()),
        ({"media_urls": [5, None, PICTURE, "", "x" * 2_001]}, SHOP, (PICTURE,)),
        ({"media_urls": [PICTURE] * 11}, SHOP, (PICTURE,) * 10),
    ],
)
def test_a_text_is_not_refused_for_its_media_or_its_number(
    sender: SimulatorSender, changes: dict[str, Any], to: str, media: tuple[str, ...]
) -> None:
    body = json.dumps([text(**changes)]).encode()
    assert sender.parse_inbound(CallbackRequest(signed(body), body), NOON) == [
        InboundText("in-1", PERSON, to, "STOP", media, NOON)
    ]


def test_each_item_is_read_alone(sender: SimulatorSender) -> None:
    twice = '{"id": "a", "id": "b"}'  # nobody knows which one is meant
    body = f"[1, {twice}, {json.dumps(status(id=5))}, {json.dumps(status())}]".encode()
    assert [each.provider_id for each in sender.parse_status(CallbackRequest(signed(body), body), NOON)] == ["sim-1"]


def test_what_no_database_stores_is_taken_out_of_a_text(sender: SimulatorSender) -> None:
    body = json.dumps([text(text="ST\0OP \ud83d")]).encode()
    assert sender.parse_inbound(CallbackRequest(signed(body), body), NOON)[0].text == "STOP ?"


def test_a_code_that_is_none_is_left_out_and_a_status_without_tag_is_fine(sender: SimulatorSender) -> None:
    body = json.dumps([status(tag=None, code="<b>", reason="+12025550143 is off")]).encode()
    (report,) = sender.parse_status(CallbackRequest(signed(body), body), NOON)
    assert (report.key, report.code, report.reason) == (None, None, "+1202•••0143 is off")
