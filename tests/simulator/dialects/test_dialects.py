"""One story in three languages: whatever API is spoken, the provider behind it is the same."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from openapi_core.validation.response.exceptions import InvalidData

from engine.errors import UsageError
from engine.senders.http_exchange import tls_context
from engine.simulator import Application, Simulator
from tests.simulator.app import App, Served
from tests.simulator.contract import hold
from tests.simulator.speakers import (
    ACCOUNT,
    APPLICATION,
    KEY,
    PERSON,
    SHOP,
    SID,
    SPEAKERS,
    Heard,
    Speaker,
    spoken_to,
)


@pytest.fixture(params=SPEAKERS, ids=lambda kind: kind.name)
def speaker(request: pytest.FixtureRequest, app: App) -> Iterator[Speaker]:
    with (
        spoken_to(app, api=request.param.name) as simulator,
        httpx.Client(base_url=simulator.url, verify=tls_context(), trust_env=False) as client,
    ):
        yield request.param(client, app, simulator)


def by(speaker: Speaker, twilio: str, bandwidth: str, telnyx: str) -> str:
    return {"twilio": twilio, "bandwidth": bandwidth, "telnyx": telnyx}[speaker.name]


def test_a_message_is_accepted_told_of_and_stands_in_the_ledger_under_our_key(speaker: Speaker) -> None:
    answer = speaker.send(text="Café €5 + tax & more")
    assert answer.status_code == speaker.accepted
    hold(speaker.name, answer)
    assert speaker.simulator.settle()
    identity = speaker.identity(answer)
    assert speaker.heard() == [Heard(identity, "sent", None, KEY), Heard(identity, "delivered", None, KEY)]
    (entry,) = speaker.simulator.ledger.messages()
    assert (entry.id, entry.api, entry.tag, entry.to, entry.from_) == (identity, speaker.name, KEY, PERSON, SHOP)
    assert (entry.text, entry.status) == ("Café €5 + tax & more", "delivered")


def test_a_picture_alone_is_fetched_and_delivered(speaker: Speaker) -> None:
    speaker.app.files["/m/a.png"] = Served()
    answer = speaker.send(text=None, media=f"{speaker.app.url}/m/a.png")
    hold(speaker.name, answer)
    assert speaker.simulator.settle()
    assert [heard.status for heard in speaker.heard()] == ["sent", "delivered"]
    assert speaker.simulator.ledger.messages()[0].media_sha256 is not None


@pytest.mark.parametrize(
    ("served", "twilio", "bandwidth", "telnyx"),
    [
        (Served(404), "11200", "4410", "40009"),
        (Served(body=b"x" * 500_001), "11751", "4411", "40317"),
        (Served(kind="text/html"), "12300", "4412", "40009"),
    ],
)
def test_a_picture_that_cannot_be_had_fails_with_the_providers_code(
    speaker: Speaker, served: Served, twilio: str, bandwidth: str, telnyx: str
) -> None:
    speaker.app.files["/m/a.png"] = served
    assert speaker.send(media=f"{speaker.app.url}/m/a.png").status_code == speaker.accepted
    assert speaker.simulator.settle()
    assert [(heard.status, heard.code) for heard in speaker.heard()] == [
        ("failed", by(speaker, twilio, bandwidth, telnyx))
    ]


@pytest.mark.parametrize(
    ("to", "twilio", "bandwidth", "telnyx"),
    [("+12025550199", "30003", "4702", "40008"), ("+12025550197", "30006", "4720", "40001")],
)
def test_a_phone_out_of_reach_and_a_landline_are_told_by_a_callback(
    speaker: Speaker, to: str, twilio: str, bandwidth: str, telnyx: str
) -> None:
    assert speaker.send(to=to).status_code == speaker.accepted
    assert speaker.simulator.settle()
    sent, end = speaker.heard()
    assert (sent.status, sent.code) == ("sent", None)
    assert (end.status, end.code) == (
        by(speaker, "undelivered", "failed", "undelivered"),
        by(speaker, twilio, bandwidth, telnyx),
    )
    assert speaker.simulator.ledger.messages()[0].status == "undelivered"


def test_after_a_stop_the_provider_refuses_in_its_own_words(speaker: Speaker) -> None:
    speaker.simulator.text_from(PERSON, SHOP, "STOP")
    answer = speaker.send()
    assert speaker.simulator.settle()
    if speaker.name == "bandwidth":
        assert answer.status_code == speaker.accepted
        assert [(heard.status, heard.code) for heard in speaker.heard()] == [("failed", "4475")]
    else:
        hold_unless_undescribed(speaker, answer)
        assert (answer.status_code, speaker.codes(answer)) == (400, [by(speaker, "21610", "", "40300")])
        assert [refusal.code for refusal in speaker.simulator.ledger.refusals()] == ["opted-out"]
        assert speaker.heard() == []


@pytest.mark.parametrize(
    ("to", "text", "twilio", "bandwidth", "telnyx"),
    [
        ("12025550143", "Hello", "21211", "to", "40310"),
        ("+12025550143", "x" * 2_049, "21617", "text", "40302"),
        ("+12025550143", None, "21602", "text", "40316"),
    ],
)
def test_a_message_that_cannot_be_is_refused_at_once(
    speaker: Speaker, to: str, text: str | None, twilio: str, bandwidth: str, telnyx: str
) -> None:
    answer = speaker.send(to=to, text=text)
    assert answer.status_code in (400, 422)
    hold_unless_undescribed(speaker, answer)
    assert by(speaker, twilio, bandwidth, telnyx) in speaker.codes(answer)
    assert speaker.simulator.ledger.messages() == ()


def test_a_misspelt_field_is_refused_and_not_dropped(speaker: Speaker) -> None:
    answer = speaker.post(speaker.message() | {"bodi": "Hello"})
    assert answer.status_code == 400
    hold_unless_undescribed(speaker, answer)
    assert "bodi" in answer.text
    assert by(speaker, "20001", "request-validation", "10015") in speaker.codes(answer)


def test_wrong_credentials_open_nothing(speaker: Speaker) -> None:
    for header in ("", "Basic", "Basic !", "Basic YTpi", "Bearer nobody"):
        for path in (
            f"/2010-04-01/Accounts/AC{'0a' * 16}/Messages.json",
            "/api/v2/users/5500000/messages",
            "/v2/messages",
        ):
            answer = speaker.client.post(path, headers={"Authorization": header}, json={})
            assert answer.status_code == 401, (header, path)


@pytest.mark.parametrize("fault", ["drop_answer", "half_answer", "reset_after"])
def test_a_lost_answer_leaves_an_accepted_message_behind(speaker: Speaker, fault: str) -> None:
    speaker.simulator.add_fault(fault)
    with pytest.raises(httpx.TransportError):
        speaker.send()
    assert speaker.simulator.settle()
    assert [(heard.status, heard.tag) for heard in speaker.heard()] == [("sent", KEY), ("delivered", KEY)]


@pytest.mark.parametrize(
    ("fault", "status", "kept", "twilio", "bandwidth", "telnyx"),
    [
        ("429;retry_after=3", 429, 0, "20429", "max-message-queue-size-exceeded", "10011"),
        ("503;retry_after=3", 503, 0, "20503", "service-unavailable", "10007"),
        ("500", 500, 1, "20500", "internal-server-error", "10007"),
    ],
)
def test_a_provider_in_trouble_says_so_in_its_own_form(
    speaker: Speaker, fault: str, status: int, kept: int, twilio: str, bandwidth: str, telnyx: str
) -> None:
    speaker.simulator.add_fault(fault)
    answer = speaker.send()
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == (None if kept else "3")
    assert speaker.codes(answer) == [by(speaker, twilio, bandwidth, telnyx)]
    if (speaker.name, status) != ("bandwidth", 503):
        hold_unless_undescribed(speaker, answer)
    assert len(speaker.simulator.ledger.messages()) == kept
    assert speaker.send().status_code == speaker.accepted


def test_a_reset_leaves_nothing_behind(speaker: Speaker) -> None:
    speaker.simulator.add_fault("reset")
    with pytest.raises(httpx.TransportError):
        speaker.send()
    assert speaker.simulator.ledger.messages() == ()


def test_callbacks_come_twice_turned_round_and_before_the_answer(speaker: Speaker) -> None:
    for fault in ("duplicate_callbacks", "out_of_order_callbacks", "callback_before_answer"):
        speaker.simulator.add_fault(fault)
    speaker.send()
    assert speaker.simulator.settle()
    assert [heard.status for heard in speaker.heard()] == ["sent", "sent", "delivered", "delivered"]
    speaker.app.posts.clear()
    speaker.send()
    assert speaker.simulator.settle()
    assert [heard.status for heard in speaker.heard()] == ["delivered", "sent"]
    speaker.app.posts.clear()
    speaker.send()
    assert len(speaker.app.posts) == 2, "both were posted before the answer came"


def test_a_callback_that_is_answered_503_comes_again(speaker: Speaker) -> None:
    speaker.app.answers = [503]
    speaker.send()
    assert speaker.simulator.settle()
    assert [heard.status for heard in speaker.heard()] == ["sent", "sent", "delivered"]


def test_a_text_goes_beside_the_statuses_of_its_number(speaker: Speaker) -> None:
    speaker.send()
    assert speaker.simulator.settle()
    assert speaker.simulator.text_from(PERSON, SHOP, "hi") == 200
    assert speaker.app.posts[-1].path == "/callbacks/main/inbound"


def test_a_text_to_a_number_that_has_sent_nothing_goes_where_its_owner_says(speaker: Speaker) -> None:
    account, application = {"twilio": (SID, None), "bandwidth": (ACCOUNT, APPLICATION), "telnyx": ("", None)}[
        speaker.name
    ]
    url = f"{speaker.app.url}/callbacks/shop/inbound"
    route = {"api": speaker.name, "account": account, "application": application, "url": url}
    said = {"text": "JOIN", "to": "+18445550199", "route": route}
    answer = speaker.client.post(f"/v1/phones/{PERSON}/texts", json=said)
    assert answer.json() == {"app_status": 200}
    assert speaker.app.posts[-1].path == "/callbacks/shop/inbound"
    for wrong in (
        {"api": "pigeon"},
        {"account": "nobody"},
        {"url": "https://acme.example/"},
        {"url": None},
        {"more": 1},
    ):
        refused = speaker.client.post(f"/v1/phones/{PERSON}/texts", json={**said, "route": route | wrong})
        assert refused.status_code in (400, 404), wrong
    assert speaker.client.post(f"/v1/phones/{PERSON}/texts", json={**said, "route": "x"}).status_code == 400


def test_a_body_too_long_is_refused_in_the_providers_form(speaker: Speaker) -> None:
    answer = speaker.send(text="x" * 70_000)
    assert answer.status_code == 413
    assert speaker.codes(answer)


def test_nobody_else_can_look_up_a_message(speaker: Speaker) -> None:
    identity = speaker.identity(speaker.send())
    answer = speaker.client.get(f"/v2/messages/{identity}", headers={"Authorization": "Bearer pass"})
    assert answer.status_code == 401


def test_callbacks_go_to_loopback_only() -> None:
    with pytest.raises(UsageError, match="loopback only"):
        Simulator(applications={"a": Application("https://acme.example", "user", "password")})


def test_the_descriptions_would_see_another_answer(speaker: Speaker) -> None:
    answer = speaker.send()
    wrong = answer.text.replace('"from": ', '"from": 5, "was": ').encode()
    spoilt = httpx.Response(answer.status_code, content=wrong, request=answer.request)
    with pytest.raises(InvalidData):
        hold(speaker.name, spoilt)


def hold_unless_undescribed(speaker: Speaker, answer: httpx.Response) -> None:
    """Twilio describes no refusals."""
    if speaker.name != "twilio":
        hold(speaker.name, answer)
