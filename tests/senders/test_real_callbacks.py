"""What Bandwidth, Twilio and Telnyx post to us, and what we take from it: only what they signed, whatever else is in it."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.senders.provider_sender import ProviderSender
from engine.senders.sender import ACKNOWLEDGED, BadCallback, BadSignature, CallbackRequest, InboundText, StatusReport
from engine.senders.twilio_signature import sign
from tests.senders.conftest import NOON, PERSON, SHOP
from tests.senders.makers import CALLBACKS, SECRETS, environ, make

KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
BASIC = "Basic " + base64.b64encode(f"{SECRETS['CALLBACK_USER']}:{SECRETS['CALLBACK_PASSWORD']}".encode()).decode()
QUERY = "key=1-2-3"
REAL = ("bandwidth", "twilio", "telnyx")


def bandwidth() -> ProviderSender:
    return make("bandwidth", None)


def twilio(**changes: str) -> ProviderSender:
    return make("twilio", None, env=environ("twilio", **changes))


def telnyx(public_key: str = PUBLIC) -> ProviderSender:
    return make("telnyx", None, env=environ("telnyx", PUBLIC_KEY=public_key))


def from_bandwidth(*events: dict[str, Any]) -> CallbackRequest:
    return CallbackRequest({"Authorization": BASIC}, json.dumps(list(events)).encode())


def from_twilio(what: str, query: str = "", **params: str) -> CallbackRequest:
    signed = "".join(f"{name}{value}" for name, value in sorted(params.items()))
    url = f"{CALLBACKS}/{what}{'?' if query else ''}{query}"
    headers = {
        "X-Twilio-Signature": sign(SECRETS["TOKEN"], url + signed),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return CallbackRequest(headers, urlencode(params).encode(), query)


def from_telnyx(event_type: str, payload: dict[str, Any], query: str = "", at: int = NOON) -> CallbackRequest:
    data = {"event_type": event_type, "id": "e-1", "occurred_at": "2025-11-25T12:00:00.000+00:00", "payload": payload}
    body = json.dumps({"data": {**data, "record_type": "event"}, "meta": {"attempt": 1}}).encode()
    stamp = str(at // 1000)
    signature = base64.b64encode(KEY.sign(stamp.encode() + b"|" + body)).decode()
    return CallbackRequest({"telnyx-timestamp": stamp, "telnyx-signature-ed25519": signature}, body, query)


def status_of(provider: str, query: str = QUERY) -> tuple[ProviderSender, CallbackRequest]:
    """A sender, and word that its message p-1 of key 1-2-3 was delivered, with things in it that nobody told us of."""
    if provider == "bandwidth":
        message = {"id": "p-1", "tag": "1-2-3", "to": [PERSON], "new": {"a": 1}}
        return bandwidth(), from_bandwidth(
            {"type": "message-delivered", "time": "2025-11-25T12:00:00Z", "description": "ok", "message": message}
        )
    if provider == "twilio":
        params = {"MessageSid": "p-1", "MessageStatus": "delivered", "To": PERSON, "New": "", "RawDlrDoneDate": ""}
        return twilio(), from_twilio("status", query, **params)
    to = [{"phone_number": PERSON, "status": "delivered", "new": None}]
    return telnyx(), from_telnyx("message.finalized", {"id": "p-1", "to": to, "new": []}, query)


def text_of(provider: str) -> tuple[ProviderSender, CallbackRequest]:
    picture = "https://example.com/a.jpg"
    if provider == "bandwidth":
        message = {
            "id": "in-1", "direction": "in", "from": PERSON, "to": [SHOP], "text": "Stop.",
            "media": [picture], "time": "2025-11-25T12:00:00Z",
        }  # fmt: skip
        return bandwidth(), from_bandwidth({"type": "message-received", "to": SHOP, "message": message})
    if provider == "twilio":
        params = {
            "MessageSid": "in-1",
            "From": PERSON,
            "To": SHOP,
            "Body": "Stop.",
            "NumMedia": "1",
            "MediaUrl0": picture,
        }
        return twilio(), from_twilio("inbound", **params, FromCity="")
    payload = {
        "id": "in-1", "from": {"phone_number": PERSON}, "to": [{"phone_number": SHOP}], "text": "Stop.", "media": [{"url": picture}],
    }  # fmt: skip
    return telnyx(), from_telnyx("message.received", payload)


@pytest.mark.parametrize("provider", REAL)
def test_a_status_is_read_and_the_same_when_it_comes_again(provider: str) -> None:
    sender, call = status_of(provider)
    expected = [StatusReport("p-1", "1-2-3", "delivered", None, None, NOON)]
    for _ in range(2):
        assert [report._replace(reason=None) for report in sender.parse_status(call, NOON)] == expected


@pytest.mark.parametrize("provider", REAL)
def test_a_text_is_read_and_the_same_when_it_comes_again(provider: str) -> None:
    sender, call = text_of(provider)
    expected = [InboundText("in-1", PERSON, SHOP, "Stop.", ("https://example.com/a.jpg",), NOON)]
    assert [sender.parse_inbound(call, NOON) for _ in range(2)] == [expected, expected]


@pytest.mark.parametrize(
    ("said", "taken_for"),
    [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("", None), ("OTHER", None), (None, None)],
)
def test_what_twilio_and_telnyx_took_a_text_for(said: str | None, taken_for: str | None) -> None:
    params = {"MessageSid": "in-1", "From": PERSON, "To": SHOP, "Body": "ALTO"} | ({"OptOutType": said} if said else {})
    (text,) = twilio().parse_inbound(from_twilio("inbound", **params), NOON)
    assert text.taken_for == taken_for
    payload = {"id": "in-1", "from": {"phone_number": PERSON}, "to": [{"phone_number": SHOP}], "text": "ALTO"}
    (text,) = telnyx().parse_inbound(from_telnyx("message.received", {**payload, "autoresponse_type": said}), NOON)
    assert text.taken_for == taken_for


A = "https://example.com/a.jpg"


@pytest.mark.parametrize(
    ("media", "taken"),
    [(None, ()), ([None, A], (A,)), ([A] * 11, (A,) * 10), ([5, ["x"], A], (A,)), (5, ()), ("no list", ()), ({"a": A}, ())],
)  # fmt: skip
def test_a_text_is_not_refused_for_its_media(media: Any, taken: tuple[str, ...]) -> None:
    message = {"id": "in-1", "direction": "in", "from": PERSON, "to": [SHOP], "text": "STOP", "media": media}
    objects = [{"url": each} for each in media] if isinstance(media, list) else media
    payload = {"id": "in-1", "from": {"phone_number": PERSON}, "to": [{"phone_number": SHOP}], "text": "STOP"}
    read = [
        *bandwidth().parse_inbound(from_bandwidth({"type": "message-received", "message": message}), NOON),
        *telnyx().parse_inbound(from_telnyx("message.received", {**payload, "media": objects}), NOON),
    ]
    assert [(text.text, text.media_urls) for text in read] == [("STOP", taken)] * 2


@pytest.mark.parametrize(
    ("params", "taken"),
    [({"NumMedia": "11"} | {f"MediaUrl{n}": A for n in range(11)}, (A,) * 10), ({"NumMedia": "2", "MediaUrl1": A}, (A,)),
     ({"NumMedia": "many", "MediaUrl0": ""}, ()), ({"NumMedia": "1", "MediaUrl0": "x" * 2_001}, ())],
)  # fmt: skip
def test_a_text_of_twilio_is_not_refused_for_its_media(params: dict[str, str], taken: tuple[str, ...]) -> None:
    call = from_twilio("inbound", MessageSid="in-1", From=PERSON, To=SHOP, Body="STOP", **params)
    (text,) = twilio().parse_inbound(call, NOON)
    assert (text.text, text.media_urls) == ("STOP", taken)


@pytest.mark.parametrize("to", [f"whatsapp:{SHOP}", "acme", ""])
def test_a_text_is_not_refused_for_the_number_that_it_was_sent_to(to: str) -> None:
    payload = {"id": "in-1", "from": {"phone_number": PERSON}, "to": [{"phone_number": to}], "text": "STOP"}
    message = {"id": "in-1", "direction": "in", "from": PERSON, "to": [to], "text": "STOP"}
    read = [
        *telnyx().parse_inbound(from_telnyx("message.received", payload), NOON),
        *twilio().parse_inbound(from_twilio("inbound", MessageSid="in-1", From=PERSON, To=to, Body="STOP"), NOON),
        *bandwidth().parse_inbound(from_bandwidth({"type": "message-received", "message": message}), NOON),
    ]
    assert [(text.from_, text.to, text.text) for text in read] == [(PERSON, "", "STOP")] * 3


@pytest.mark.parametrize(
    "bad", [3, None, {"type": "message-received"}, {"type": "message-received", "message": {"id": 3, "text": "secret"}}]
)
def test_a_stop_beside_what_cannot_be_read_is_taken(bad: Any, caplog: pytest.LogCaptureFixture) -> None:
    message = {"id": "in-1", "direction": "in", "from": PERSON, "to": [SHOP], "text": "STOP"}
    stop = {"type": "message-received", "message": message}
    assert [text.text for text in bandwidth().parse_inbound(from_bandwidth(bad, stop, bad), NOON)] == ["STOP"]
    (record,) = caplog.records
    assert record.getMessage().startswith("2 of 3 items of a callback cannot be read")
    assert "secret" not in record.getMessage() and PERSON not in record.getMessage()
    with pytest.raises(BadCallback):
        bandwidth().parse_inbound(from_bandwidth(bad, bad), NOON)


def test_a_status_beside_what_cannot_be_read_is_taken() -> None:
    good = {"type": "message-sent", "message": {"id": "p-1"}}
    call = from_bandwidth({"type": ["message-sent"]}, {"type": "message-failed", "message": {}}, good)
    assert [report.provider_id for report in bandwidth().parse_status(call, NOON)] == ["p-1"]
    assert telnyx().parse_status(from_telnyx(["message.sent"], {"id": "p-1"}), NOON) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("sender", ["72975", "AMAZON", "Acme Corp"])
def test_a_short_code_and_a_name_are_taken(sender: str) -> None:
    payload = {"id": "in-1", "from": {"phone_number": sender}, "to": [{"phone_number": SHOP}], "text": "STOP"}
    params = {"MessageSid": "in-1", "From": sender, "To": SHOP, "Body": "STOP"}
    message = {"id": "in-1", "direction": "in", "from": sender, "to": [SHOP], "text": "STOP"}
    read = [
        *telnyx().parse_inbound(from_telnyx("message.received", payload), NOON),
        *twilio().parse_inbound(from_twilio("inbound", **params), NOON),
        *bandwidth().parse_inbound(from_bandwidth({"type": "message-received", "message": message}), NOON),
    ]
    assert [text.from_ for text in read] == [sender] * 3


def test_what_is_answered() -> None:
    assert bandwidth().inbound_reply == telnyx().inbound_reply == ACKNOWLEDGED
    assert twilio().inbound_reply == (200, "<Response/>", "text/xml")


# --- Not believed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", REAL)
@pytest.mark.parametrize("what", ["no headers", "headers twice", "another body"])
def test_what_is_not_signed_is_refused(provider: str, what: str) -> None:
    sender, call = status_of(provider)
    wrong = {
        "no headers": call._replace(headers={}),
        "headers twice": call._replace(headers={name: f"{value}, {value}" for name, value in call.headers.items()}),
        "another body": call._replace(body=call.body + b"&a=b"),
    }[what]
    expected = BadCallback if (provider, what) == ("bandwidth", "another body") else BadSignature  # Basic signs no body
    for read in (sender.parse_status, sender.parse_inbound):
        with pytest.raises(expected):
            read(wrong, NOON)


@pytest.mark.parametrize(
    ("provider", "unset"),
    [("bandwidth", "CALLBACK_USER"), ("bandwidth", "CALLBACK_PASSWORD"), ("telnyx", "PUBLIC_KEY")],
)
def test_without_the_secret_of_callbacks_nobody_is_believed(provider: str, unset: str) -> None:
    _, call = status_of(provider)
    sender = make(provider, None, env=environ(provider, **{unset: ""}))
    for given in (call, CallbackRequest({}, b"[]"), CallbackRequest({"Authorization": "Basic Og=="}, b"[]")):
        with pytest.raises(BadSignature):
            sender.parse_status(given, NOON)


def test_twilios_new_algorithm_wants_the_shared_secret_and_the_old_one_the_token() -> None:
    _, call = status_of("twilio")
    settings = {"X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
    params = dict(MessageSid="p-1", MessageStatus="sent")
    url = f"{CALLBACKS}/status?{QUERY}" + "".join(f"{name}{value}" for name, value in sorted(params.items()))
    new = CallbackRequest(
        {"X-Twilio-Signature": sign("shared", url, "sha256")} | settings, urlencode(params).encode(), QUERY
    )
    assert twilio(CALLBACK_PASSWORD="shared").parse_status(new, NOON)
    assert twilio(CALLBACK_PASSWORD="shared").parse_status(call, NOON)
    for sender, wrong in ((twilio(), new), (twilio(CALLBACK_PASSWORD="other"), new)):
        with pytest.raises(BadSignature):
            sender.parse_status(wrong, NOON)
    with_token = CallbackRequest(
        {"X-Twilio-Signature": sign(SECRETS["TOKEN"], url, "sha256")} | settings, new.body, QUERY
    )
    with pytest.raises(BadSignature):
        twilio(CALLBACK_PASSWORD="shared").parse_status(with_token, NOON)


def test_twilio_signs_the_address_that_it_called() -> None:
    sender, call = status_of("twilio")
    for wrong in (call._replace(query="key=1-2-4"), call._replace(query=""), call._replace(query=f"{QUERY}&a=")):
        with pytest.raises(BadSignature):
            sender.parse_status(wrong, NOON)
    with pytest.raises(BadSignature):
        sender.parse_inbound(call, NOON)
    (report,) = sender.parse_status(call._replace(headers={**call.headers, "Host": "evil.example"}), NOON)
    assert report.key == "1-2-3"


def test_telnyx_must_have_signed_it_just_now() -> None:
    sender, call = status_of("telnyx")
    for skew, fresh in ((300_000, True), (-300_000, True), (301_000, False), (-301_000, False)):
        if fresh:
            assert sender.parse_status(call, NOON + skew)
        else:
            with pytest.raises(BadSignature):
                sender.parse_status(call, NOON + skew)


@pytest.mark.parametrize("query", ["", "key=", "key=1-2-3&key=1-2-4", "key=a%00b", "other=1"])
def test_a_key_that_is_none_is_left_out(query: str) -> None:
    sender, call = status_of("telnyx", query)
    (report,) = sender.parse_status(call, NOON)
    assert (report.key, report.provider_id) == (None, "p-1")


# --- What it says -----------------------------------------------------------------------------------------------------------


def test_two_events_of_bandwidth_in_one_body() -> None:
    first, second = ({"id": f"p-{n}", "tag": f"1-2-{n}"} for n in (1, 2))
    call = from_bandwidth(
        {"type": "message-sending", "message": first},
        {"type": "message-sent", "time": "2025-11-25T12:00:00Z", "message": first},
        {"type": "message-failed", "time": "2025-11-25T11:59:00Z", "errorCode": 4720, "message": second},
        {"type": "message-of-the-future", "message": None},
    )
    assert bandwidth().parse_status(call, NOON) == [
        StatusReport("p-1", "1-2-1", "sent", None, None, NOON),
        StatusReport("p-2", "1-2-2", "failed", "4720", "invalid-destination-address", NOON - 60_000, unreachable=True),
    ]
    assert bandwidth().parse_inbound(call, NOON) == []


@pytest.mark.parametrize(
    ("code", "learned"),
    [(4411, "too_large"), (4711, "too_large"), (4751, "too_large"), (4475, "opted_out"), (4775, "opted_out"), (4721, "unreachable"),
     (4770, None), (1, None)],
)  # fmt: skip
def test_what_a_code_of_bandwidth_says(code: int, learned: str | None) -> None:
    event = {"type": "message-failed", "errorCode": code, "message": {"id": "p-1"}, "description": f"{PERSON} said no"}
    (report,) = bandwidth().parse_status(from_bandwidth(event), NOON)
    said = {name for name in ("too_large", "opted_out", "unreachable") if getattr(report, name)}
    assert said == ({learned} if learned else set())
    assert report.reason is not None and PERSON not in report.reason
    assert report.reason.startswith("too large") is (learned == "too_large")


def test_what_bandwidth_only_handed_on_or_lost_sight_of_is_sent() -> None:
    handed = {"type": "message-delivered", "description": "Message delivered to carrier.", "message": {"id": "p-1"}}
    lost = {
        "type": "message-failed",
        "errorCode": 9902,
        "description": "delivery-receipt-expired",
        "message": {"id": "p-2"},
    }
    assert [report.status for report in bandwidth().parse_status(from_bandwidth(handed, lost), NOON)] == [
        "sent",
        "sent",
    ]


def test_our_own_message_that_comes_in_is_no_text() -> None:
    message = {"id": "p-1", "direction": "out", "from": SHOP, "to": [PERSON], "text": "Hi"}
    assert bandwidth().parse_inbound(from_bandwidth({"type": "message-received", "message": message}), NOON) == []


@pytest.mark.parametrize(
    ("said", "status"),
    [("queued", None), ("sending", None), ("sent", "sent"), ("delivered", "delivered"), ("undelivered", "undelivered"),
     ("failed", "failed"), ("canceled", "failed"), ("read", "delivered"), ("of-the-future", None)],
)  # fmt: skip
def test_states_of_twilio(said: str, status: str | None) -> None:
    call = from_twilio("status", QUERY, MessageSid="p-1", MessageStatus=said)
    assert [report.status for report in twilio().parse_status(call, NOON)] == ([status] if status else [])


def test_what_a_code_of_twilio_says() -> None:
    for code, learned in (("30006", "unreachable"), ("21610", "opted_out"), ("30019", "too_large"), ("30003", None)):
        call = from_twilio("status", QUERY, MessageSid="p-1", MessageStatus="undelivered", ErrorCode=code)
        (report,) = twilio().parse_status(call, NOON)
        assert [name for name in ("too_large", "opted_out", "unreachable") if getattr(report, name)] == (
            [learned] if learned else []
        )


@pytest.mark.parametrize(
    ("event", "said", "status"),
    [("message.sent", "sent", "sent"), ("message.finalized", "delivered", "delivered"),
     ("message.finalized", "delivery_failed", "undelivered"), ("message.finalized", "sending_failed", "failed"),
     ("message.finalized", "delivery_unconfirmed", "sent"), ("message.finalized", "expired", "failed"),
     ("message.finalized", "queued", None), ("message.link_click", "delivered", None)],
)  # fmt: skip
def test_states_of_telnyx(event: str, said: str, status: str | None) -> None:
    payload = {"id": "p-1", "to": [{"status": said}], "errors": [{"code": "40001", "title": "Not routable"}]}
    reports = telnyx().parse_status(from_telnyx(event, payload), NOON)
    assert [report.status for report in reports] == ([status] if status else [])
    assert all(report.unreachable is (report.status in ("undelivered", "failed")) for report in reports)


@pytest.mark.parametrize("provider", REAL)
@pytest.mark.parametrize("change", ["empty", "not it", "no id", "huge"])
def test_what_is_signed_and_not_understood(provider: str, change: str) -> None:
    sender = {"bandwidth": bandwidth, "twilio": twilio, "telnyx": telnyx}[provider]()
    if change == "no id":
        call = {
            "bandwidth": lambda: from_bandwidth({"type": "message-sent", "message": {}}),
            "twilio": lambda: from_twilio("status", MessageStatus="sent"),
            "telnyx": lambda: from_telnyx("message.sent", {"to": [{"status": "sent"}]}),
        }[provider]()
    else:
        body = {"empty": b"", "not it": b"\xff\x00", "huge": b" " * 1_000_000}[change]
        signature = base64.b64encode(KEY.sign(f"{NOON // 1000}|".encode() + body)).decode()
        headers = {"Authorization": BASIC, "X-Twilio-Signature": sign(SECRETS["TOKEN"], f"{CALLBACKS}/status")}
        headers |= {"telnyx-timestamp": str(NOON // 1000), "telnyx-signature-ed25519": signature}
        call = CallbackRequest(headers, body)
    if (provider, change) == ("twilio", "empty"):
        assert sender.parse_status(call, NOON) == []
        return
    with pytest.raises(BadCallback):
        sender.parse_status(call, NOON)


def test_with_neither_secret_set_bandwidth_is_not_believed_by_empty_ones() -> None:
    sender = make("bandwidth", None, env=environ("bandwidth", CALLBACK_USER="", CALLBACK_PASSWORD=""))
    for header in ("Basic Og==", "Basic ", "", BASIC):
        for read in (sender.parse_status, sender.parse_inbound):
            with pytest.raises(BadSignature):
                read(CallbackRequest({"Authorization": header}, b"[]"), NOON)


def test_of_a_form_parameter_that_comes_twice_the_first_counts_and_the_same_pair_is_signed_once() -> None:
    pairs = [
        ("MessageSid", "in-1"),
        ("From", PERSON),
        ("To", SHOP),
        ("Body", "first"),
        ("Body", "second"),
        ("From", PERSON),
    ]
    signed = "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    headers = {
        "X-Twilio-Signature": sign(SECRETS["TOKEN"], f"{CALLBACKS}/inbound{signed}"),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    (text,) = twilio().parse_inbound(CallbackRequest(headers, urlencode(pairs).encode()), NOON)
    assert (text.text, text.from_) == ("first", PERSON)
