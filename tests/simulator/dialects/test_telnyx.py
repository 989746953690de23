"""Telnyx's dialect as Telnyx's own library meets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from engine.clock import ManualClock
from engine.senders.http_exchange import tls_context
from engine.simulator import Simulator
from tests.simulator.app import App, Served
from tests.simulator.contract import hold, problems, unknown_fields
from tests.simulator.speakers import API_KEY, KEY, PERSON, SHOP, TelnyxSpeaker, spoken_to

if TYPE_CHECKING:
    import telnyx


@pytest.fixture
def simulator(app: App) -> Iterator[Simulator]:
    with spoken_to(app, api="telnyx", callback_url=app.url) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with httpx.Client(base_url=simulator.url, headers=headers, verify=tls_context(), trust_env=False) as client:
        yield client


@pytest.fixture
def speaker(client: httpx.Client, app: App, simulator: Simulator) -> TelnyxSpeaker:
    return TelnyxSpeaker(client, app, simulator)


@pytest.fixture
def sdk(simulator: Simulator) -> Iterator[telnyx.Telnyx]:
    """Strict about answers; it would try twice more by itself."""
    import telnyx  # slow to load

    with telnyx.Telnyx(
        api_key=API_KEY,
        base_url=f"{simulator.url}/v2",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
        _strict_response_validation=True,
    ) as sdk:
        yield sdk


def test_the_library_sends_a_picture_and_reads_it_back(sdk: telnyx.Telnyx, app: App, simulator: Simulator) -> None:
    app.files["/m/a.png"] = Served()
    sent = sdk.messages.send(to=PERSON, from_=SHOP, text="Hello", media_urls=[f"{app.url}/m/a.png"], type="MMS").data
    assert sent is not None
    assert sent.id is not None
    assert sent.to is not None
    assert (sent.type, sent.to[0].status, sent.parts, sent.errors) == ("MMS", "queued", 1, [])
    assert simulator.settle()
    read: Any = sdk.messages.retrieve(sent.id).data
    assert (read.to[0].status, read.text, read.direction) == ("delivered", "Hello", "outbound")
    assert read.completed_at is not None


def test_the_library_raises_with_telnyx_codes(sdk: telnyx.Telnyx, simulator: Simulator) -> None:
    import telnyx

    simulator.text_from(PERSON, SHOP, "STOP")
    simulator.add_fault("429@+12025550144")
    simulator.add_fault("500@+12025550145")
    wanted: list[tuple[str, str, type[telnyx.APIStatusError], str]] = [
        (PERSON, "Hello", telnyx.BadRequestError, "40300"),
        ("+120255501", "Hello", telnyx.BadRequestError, "40310"),
        ("+12025550144", "", telnyx.UnprocessableEntityError, "40316"),
        ("+12025550144", "Hello", telnyx.RateLimitError, "10011"),
        ("+12025550145", "Hello", telnyx.InternalServerError, "10007"),
    ]
    for to, text, error, code in wanted:
        with pytest.raises(error) as refused:
            sdk.messages.send(to=to, from_=SHOP, text=text)
        assert refused.value.response.json()["errors"][0]["code"] == code
    with pytest.raises(telnyx.AuthenticationError):
        sdk.with_options(api_key="another").messages.send(to=PERSON, from_=SHOP, text="Hello")
    with pytest.raises(telnyx.NotFoundError):
        sdk.messages.retrieve("40385f64-5717-4562-b3fc-2c963f66afa6")


def test_the_library_believes_every_callback_and_no_other(
    speaker: TelnyxSpeaker, app: App, simulator: Simulator
) -> None:
    from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

    speaker.send()
    assert simulator.settle()
    simulator.text_from(PERSON, SHOP, "Café")
    assert len(app.posts) == 3
    for post in app.posts:
        verify_webhook_signature(post.body, post.headers, simulator.telnyx_public_key)
        with pytest.raises(WebhookVerificationError):
            verify_webhook_signature(post.body + b" ", post.headers, simulator.telnyx_public_key)


def test_events_are_what_telnyx_describes(speaker: TelnyxSpeaker, app: App, simulator: Simulator) -> None:
    app.files["/m/a.png"] = Served()
    speaker.send(media=f"{app.url}/m/a.png")
    speaker.send(to="+12025550199")
    assert simulator.settle()
    events = [speaker.event(post) for post in app.posts]
    assert len({event["data"]["id"] for event in events}) == 4
    for event in events:
        assert event["data"]["event_type"] in ("message.sent", "message.finalized")
        assert event["meta"] == {"attempt": 1, "delivered_to": speaker.callback}
        assert problems("telnyx", "OutboundMessageEvent", event) == []
        assert unknown_fields("telnyx", "OutboundMessagePayload", event["data"]["payload"]) <= {"cc"}


def test_a_text_is_an_inbound_event_that_keeps_its_id_when_it_comes_again(
    speaker: TelnyxSpeaker, app: App, simulator: Simulator
) -> None:
    app.answers = [503]
    assert simulator.text_from(PERSON, SHOP, "Café") == 503
    assert simulator.settle()
    once, again = (speaker.event(post)["data"] for post in app.posts)
    assert once == again
    assert problems("telnyx", "InboundMessage", once) == []
    payload = once["payload"]
    assert (once["event_type"], payload["direction"], payload["text"]) == ("message.received", "inbound", "Café")
    assert (payload["from"]["phone_number"], payload["to"][0]["phone_number"]) == (PERSON, SHOP)


def test_the_signature_bears_the_simulators_clock(app: App, clock: ManualClock) -> None:
    with spoken_to(app, now=clock.now) as simulator, httpx.Client(base_url=simulator.url, trust_env=False) as client:
        TelnyxSpeaker(client, app, simulator).send()
        assert simulator.settle()
        assert {post.headers["telnyx-timestamp"] for post in app.posts} == {str(clock.now() // 1000)}
        said = httpx.Response(200, content=app.posts[0].body).json()["data"]["occurred_at"]
        assert datetime.fromisoformat(said) == datetime.fromtimestamp(clock.now() / 1000, UTC)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"to": None}, 422, "10004"),
        ({"from": None}, 422, "10004"),
        ({"to": [PERSON]}, 400, "10015"),
        ({"from": "acme"}, 400, "40305"),
        ({"type": "sms"}, 400, "10015"),
        ({"webhook_url": "https://acme.example/status"}, 422, "10003"),
        ({"media_urls": "http://127.0.0.1/a.png"}, 400, "10015"),
        ({"media_urls": ["http://127.0.0.1/a.png"] * 2}, 422, "40317"),
        ({"media_urls": ["http://127.0.0.1/a.png"], "to": "+18765550143"}, 400, "40301"),
        ({"media_urls": ["http://127.0.0.1/a.png"], "to": "+12025550198"}, 400, "40319"),
        ({"send_at": "2027-04-01T12:00:00Z"}, 400, "10015"),
    ],
)
def test_what_telnyx_would_not_take_is_refused_by_its_code(
    speaker: TelnyxSpeaker, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = speaker.post(speaker.message() | changes)
    assert (answer.status_code, speaker.codes(answer)) == (status, [code])
    hold("telnyx", answer)


def test_without_a_webhook_url_the_profiles_is_used_unless_it_is_not_wanted(
    speaker: TelnyxSpeaker, app: App, simulator: Simulator
) -> None:
    fields = speaker.message()
    del fields["webhook_url"]
    assert speaker.post(fields | {"use_profile_webhooks": False}).status_code == 200
    assert simulator.settle()
    assert app.posts == []
    assert speaker.post(fields).status_code == 200
    assert simulator.settle()
    assert {post.path for post in app.posts} == {"/status"}
    assert [entry.tag for entry in simulator.ledger.messages()] == [None, None]
    assert speaker.send().status_code == 200
    assert simulator.ledger.find("telnyx", KEY) == simulator.ledger.messages()[2:]
