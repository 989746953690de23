"""What our senders ask, held against the providers' own descriptions of their APIs (openapi/), and against what their SDKs ask."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from openapi_core.exceptions import OpenAPIError
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from engine.senders.sender import LookupQuery, Outgoing, SendDeferred
from tests.senders.conftest import NOON, PERSON, SHOP, outgoing
from tests.senders.makers import ACCOUNT, CALLBACKS, SECRETS, TAKEN_AS, make
from tests.senders.openapi.spec import fields, holds
from tests.senders.rogue import Asked, Rogue, http

PICTURE = "https://flows.example.com/m/0123abcd.png"
STATUS = f"{CALLBACKS}/status?key=1-2-3"
CASES = {
    "sms": outgoing(key="1-2-3"),
    "mms": outgoing(key="1-2-3", media_url=PICTURE),
    "picture alone": outgoing(key="1-2-3", text="", media_url=PICTURE),
    "long text": outgoing(key="1-2-3", text="word " * 320),
    "unicode": outgoing(key="1-2-3", text='Grüße 🌷 "50 % + more" & \\ \n{{€}} =?#'),
    "expires": outgoing(key="1-2-3")._replace(expires_at=NOON + 90_500),
}
REAL = ("bandwidth", "twilio", "telnyx")


@pytest.fixture(params=REAL)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def asked_by(provider: str, message: Outgoing) -> Asked:
    with Rogue(http(201, TAKEN_AS[provider])) as rogue:
        sender = make(provider, rogue.url)
        sender.send(message)
        sender.close()
    (asked,) = rogue.asked
    return asked


@pytest.mark.parametrize("case", CASES)
def test_every_message_is_asked_as_the_provider_describes_it(provider: str, case: str) -> None:
    asked = asked_by(provider, CASES[case])
    holds(provider, asked)
    found = fields(asked)
    assert CASES[case].text in (found.get("Body"), found.get("text"))


def test_a_prefix_of_the_base_url_stands_before_the_providers_own_path(provider: str) -> None:
    with Rogue(http(201, TAKEN_AS[provider])) as rogue:
        make(provider, f"{rogue.url}/proxy/").send(CASES["sms"])
    (asked,) = rogue.asked
    assert asked.path.startswith("/proxy/")
    holds(provider, asked._replace(path=asked.path.removeprefix("/proxy")))


def test_the_tests_would_see_a_wrong_request(provider: str) -> None:
    right = asked_by(provider, CASES["sms"])
    to, content = ("To", right.body) if provider == "twilio" else ("to", right.body)
    misspelt = right._replace(body=content.replace(b'"text"', b'"txet"').replace(b"Body=", b"Bdoy="))
    without_to = right._replace(body=content.replace(to.encode(), b"too", 1))
    for wrong in (misspelt, without_to, right._replace(headers={"content-type": right.headers["content-type"]})):
        with pytest.raises((OpenAPIError, AssertionError)):
            holds(provider, wrong)


def test_our_key_goes_with_it() -> None:
    assert fields(asked_by("bandwidth", CASES["sms"]))["tag"] == "1-2-3"
    assert fields(asked_by("twilio", CASES["sms"]))["StatusCallback"] == STATUS
    assert fields(asked_by("telnyx", CASES["sms"]))["webhook_url"] == STATUS


def test_what_expires_says_when_where_the_provider_has_a_field_for_it() -> None:
    assert fields(asked_by("bandwidth", CASES["expires"]))["expiration"] == "2025-11-25T12:01:30Z"
    assert fields(asked_by("twilio", CASES["expires"]))["ValidityPeriod"] == "90"
    soon, late = (CASES["sms"]._replace(expires_at=NOON + wait) for wait in (200, 10**9))
    assert fields(asked_by("twilio", soon))["ValidityPeriod"] == "1"
    assert fields(asked_by("twilio", late))["ValidityPeriod"] == "36000"


@pytest.mark.parametrize(
    ("provider", "answer"),
    [("bandwidth", '{"messages": []}'), ("twilio", '{"messages": []}'), ("telnyx", '{"data": {"id": "%s"}}')],
)
def test_a_look_up_is_asked_as_the_provider_describes_it(provider: str, answer: str) -> None:
    identity = "834f3d53-8a3c-4aa0-a733-7f2d682a72df"
    sought = LookupQuery(PERSON, "Hello Ann", False, NOON, identity)
    with Rogue(http(200, answer.replace("%s", identity))) as rogue:
        make(provider, rogue.url).lookup("1-2-3", sought)
    (asked,) = rogue.asked
    assert asked.body == b""
    holds(provider, asked)


def test_without_telnyxs_id_there_is_nothing_to_ask() -> None:
    with Rogue(http(200)) as rogue, pytest.raises(SendDeferred, match="lookup-impossible"):
        make("telnyx", rogue.url).lookup("1-2-3", LookupQuery(PERSON, "Hello Ann", False, NOON))
    assert rogue.asked == []


# --- Against the official SDKs --------------------------------------------------------------------------------------------


def by_twilio(message: Outgoing, url: str) -> None:
    client = Client(ACCOUNT, SECRETS["TOKEN"], http_client=TwilioHttpClient(pool_connections=False, timeout=5.0))
    client.api.base_url = url
    more: dict[str, Any] = {} if message.media_url is None else {"media_url": [message.media_url]}
    if message.expires_at is not None:
        more["validity_period"] = (message.expires_at - NOON) // 1000
    client.messages.create(to=message.to, from_=SHOP, body=message.text, status_callback=STATUS, **more)


def by_telnyx(message: Outgoing, url: str) -> None:
    more: dict[str, Any] = {} if message.media_url is None else {"media_urls": [message.media_url]}
    kind: Any = "SMS" if message.media_url is None else "MMS"
    from telnyx import Telnyx  # slow to load

    with Telnyx(api_key=SECRETS["API_KEY"], base_url=f"{url}/v2", max_retries=0) as client:
        client.messages.send(to=message.to, from_=SHOP, text=message.text, type=kind, webhook_url=STATUS, **more)


SDKS: dict[str, Callable[[Outgoing, str], None]] = {"twilio": by_twilio, "telnyx": by_telnyx}


@pytest.mark.parametrize("provider", SDKS)
def test_we_ask_what_the_providers_own_sdk_asks(provider: str) -> None:
    for case, message in CASES.items():  # one test: a process that loads Telnyx's SDK needs two seconds for it
        ours = asked_by(provider, message)
        with Rogue(http(201, TAKEN_AS[provider], Content_Type="application/json")) as rogue:
            SDKS[provider](message, rogue.url)
        (theirs,) = rogue.asked
        assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query), case
        assert ours.headers["content-type"] == theirs.headers["content-type"], case
        assert ours.headers["authorization"] == theirs.headers["authorization"], case
        assert fields(ours) == fields(theirs), case


def test_bandwidth_is_asked_with_user_and_password() -> None:
    asked = asked_by("bandwidth", CASES["mms"])
    expected = base64.b64encode(f"{SECRETS['USER']}:{SECRETS['PASSWORD']}".encode()).decode()
    assert asked.headers["authorization"] == f"Basic {expected}"
    assert (asked.path, json.loads(asked.body)["media"]) == (f"/api/v2/users/{ACCOUNT}/messages", [PICTURE])
