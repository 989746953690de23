"""Twilio's dialect as Twilio's own library meets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from engine.senders.http_exchange import tls_context
from engine.simulator import Simulator
from tests.senders.openapi.described import document
from tests.simulator.app import App, Served
from tests.simulator.contract import hold
from tests.simulator.speakers import PERSON, SHOP, SID, TOKEN, TwilioSpeaker, spoken_to

MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages"


@pytest.fixture
def simulator(app: App) -> Iterator[Simulator]:
    with spoken_to(app, api="twilio", callback_url=app.url) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.url, auth=(SID, TOKEN), verify=tls_context(), trust_env=False) as client:
        yield client


@pytest.fixture
def speaker(client: httpx.Client, app: App, simulator: Simulator) -> TwilioSpeaker:
    return TwilioSpeaker(client, app, simulator)


@pytest.fixture
def sdk(simulator: Simulator) -> Iterator[Any]:
    class ToTheSimulator(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
            return super().request(method, url.replace("https://api.twilio.com", simulator.url), *args, **options)

    http = ToTheSimulator()
    http.session.trust_env = False
    yield Client(SID, TOKEN, http_client=http)
    http.session.close()


def test_the_library_sends_a_picture_and_reads_it_back(sdk: Any, app: App, simulator: Simulator) -> None:
    app.files["/m/a.png"] = Served()
    made = sdk.messages.create(to=PERSON, from_=SHOP, body="Hello", media_url=[f"{app.url}/m/a.png"])
    assert made.sid.startswith("MM")
    assert (made.status, made.num_media, made.num_segments, made.error_code) == ("queued", "1", "1", None)
    assert simulator.settle()
    read = sdk.messages(made.sid).fetch()
    assert (read.status, read.body, read.direction) == ("delivered", "Hello", "outbound-api")
    assert read.date_sent >= read.date_created


@pytest.mark.parametrize(
    ("to", "body", "status", "code"),
    [("+120255501", "Hello", 400, 21211), (PERSON, "", 400, 21602), (PERSON, "x" * 1_601, 400, 21617)],
)
def test_the_library_raises_with_twilios_codes(sdk: Any, to: str, body: str, status: int, code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        sdk.messages.create(to=to, from_=SHOP, body=body)
    assert (refused.value.status, refused.value.code) == (status, code)


def test_the_library_raises_on_a_stop_and_on_429(sdk: Any, simulator: Simulator) -> None:
    assert simulator.text_from(PERSON, SHOP, "STOP") == 200
    simulator.add_fault("429")
    for to, code in ((PERSON, 21610), ("+12025550144", 20429)):
        with pytest.raises(TwilioRestException) as refused:
            sdk.messages.create(to=to, from_=SHOP, body="Hello")
        assert refused.value.code == code


def test_the_library_believes_every_callback_and_no_other(
    speaker: TwilioSpeaker, app: App, simulator: Simulator
) -> None:
    speaker.send()
    assert simulator.settle()
    simulator.text_from(PERSON, SHOP, "Café €5 + tax")
    validator = RequestValidator(TOKEN)
    for post in app.posts:
        fields = dict(parse_qsl(post.body.decode(), keep_blank_values=True))
        signature = post.headers["X-Twilio-Signature"]
        assert validator.validate(app.url + post.path, fields, signature)
        assert not validator.validate(app.url + post.path, fields | {"To": "+12025550144"}, signature)
        assert not RequestValidator("another").validate(app.url + post.path, fields, signature)
    assert len(app.posts) == 3


def test_a_status_has_what_twilio_documents(speaker: TwilioSpeaker, app: App, simulator: Simulator) -> None:
    sid = speaker.send(to="+12025550199").json()["sid"]
    assert simulator.settle()
    first, last = (speaker.form(post) for post in app.posts)
    assert (first["MessageSid"], first["SmsSid"], first["MessageStatus"], first["SmsStatus"]) == (
        sid,
        sid,
        "sent",
        "sent",
    )
    assert (last["MessageStatus"], last["ErrorCode"], last["ApiVersion"]) == ("undelivered", "30003", "2010-04-01")


def test_a_text_before_any_message_goes_to_the_numbers_own_address(
    speaker: TwilioSpeaker, app: App, simulator: Simulator
) -> None:
    app.answers = [503]
    assert simulator.text_from(PERSON, SHOP, "Café") == 503
    assert simulator.settle()
    once, again = (speaker.form(post) for post in app.posts)
    assert once == again, "the same MessageSid, so that it is taken once"
    assert app.posts[0].headers["I-Twilio-Idempotency-Token"] == app.posts[1].headers["I-Twilio-Idempotency-Token"]
    assert (once["Body"], once["From"], once["To"], once["NumMedia"]) == ("Café", PERSON, SHOP, "0")
    assert app.posts[0].path == "/inbound"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"To": None}, 400, "21604"),
        ({"From": None}, 400, "21603"),
        ({"From": "acme"}, 400, "21212"),
        ({"MediaUrl": ["http://127.0.0.1/a.png", "http://127.0.0.1/b.png"]}, 400, "21623"),
        ({"MediaUrl": "http://127.0.0.1/a.png", "To": "+18765550143"}, 400, "21622"),
        ({"StatusCallback": "https://acme.example/status"}, 400, "21609"),
        ({"To": ["+12025550143", "+12025550144"]}, 400, "20001"),
        ({"ScheduleType": "fixed"}, 400, "20001"),
    ],
)
def test_what_twilio_would_not_take_is_refused_by_its_code(
    speaker: TwilioSpeaker, changes: dict[str, Any], status: int, code: str
) -> None:
    fields = {name: value for name, value in (speaker.message() | changes).items() if value is not None}
    answer = speaker.post(fields)
    assert (answer.status_code, speaker.codes(answer)) == (status, [code])


def test_every_field_that_is_taken_is_one_of_twilios(speaker: TwilioSpeaker) -> None:
    spec = document("twilio")
    form = spec["paths"][f"{MESSAGES}.json".replace(SID, "{AccountSid}")]["post"]["requestBody"]["content"]
    known = form["application/x-www-form-urlencoded"]["schema"]["properties"].keys()
    taken = {"ValidityPeriod": "600", "SmartEncoded": "true", "RiskCheck": "disable", "ShortenUrls": "false"}
    assert taken.keys() <= known
    assert speaker.post(speaker.message() | taken).status_code == 201


def test_json_and_other_methods_and_paths_are_not_twilios(client: httpx.Client, speaker: TwilioSpeaker) -> None:
    assert client.post(f"{MESSAGES}.json", json=speaker.message()).json()["code"] == 20415
    assert client.get("/2010-04-01/Accounts.json").json()["code"] == 20404
    assert client.get(f"{MESSAGES}/SM{'0' * 32}.json").json()["code"] == 20404
    sid = speaker.send().json()["sid"]
    assert client.post(f"{MESSAGES}/{sid}.json", data={"Status": "canceled"}).status_code == 405


def test_the_list_is_found_by_number_and_time_and_comes_in_pages(
    client: httpx.Client, speaker: TwilioSpeaker, sdk: Any, simulator: Simulator
) -> None:
    sids = [speaker.send().json()["sid"] for _ in range(3)]
    speaker.send(to="+12025550144")
    assert simulator.settle()
    now = datetime.now(UTC)
    assert {row.sid for row in sdk.messages.list(to=PERSON, from_=SHOP, page_size=2)} == set(sids)
    assert len(sdk.messages.list(date_sent_after=now - timedelta(hours=1))) == 4
    assert sdk.messages.list(date_sent_before=now - timedelta(hours=1)) == []
    page = client.get(
        f"{MESSAGES}.json", params={"To": PERSON, "DateSent>": f"{now - timedelta(days=1):%Y-%m-%d}", "PageSize": 2}
    )
    hold("twilio", page)
    assert len(page.json()["messages"]) == 2
    assert page.json()["next_page_uri"] is not None
    for wrong in ({"Recipient": PERSON}, {"DateSent": "yesterday"}, {"PageSize": "0"}):
        assert client.get(f"{MESSAGES}.json", params=wrong).json()["code"] == 20001
