"""Bandwidth's dialect, which has no library of its own here: its description is the judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from engine.senders.http_exchange import tls_context
from engine.simulator import Simulator
from tests.simulator.app import App, Served
from tests.simulator.contract import hold, problems, unknown_fields
from tests.simulator.speakers import (
    ACCOUNT,
    APPLICATION,
    KEY,
    PASSWORD,
    PERSON,
    SHOP,
    USER,
    BandwidthSpeaker,
    spoken_to,
)

MESSAGES = f"/api/v2/users/{ACCOUNT}/messages"


@pytest.fixture
def simulator(app: App) -> Iterator[Simulator]:
    with spoken_to(app, api="bandwidth") as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.url, auth=(USER, PASSWORD), verify=tls_context(), trust_env=False) as client:
        yield client


@pytest.fixture
def speaker(client: httpx.Client, app: App, simulator: Simulator) -> BandwidthSpeaker:
    return BandwidthSpeaker(client, app, simulator)


def test_an_accepted_message_is_told_whole(speaker: BandwidthSpeaker) -> None:
    answer = speaker.post(speaker.message(text="é" * 200) | {"priority": "high"})
    hold("bandwidth", answer)
    said = answer.json()
    assert unknown_fields("bandwidth", "message", said) == set()
    assert (said["owner"], said["from"], said["to"], said["direction"]) == (SHOP, SHOP, [PERSON], "out")
    assert (said["applicationId"], said["tag"], said["segmentCount"]) == (APPLICATION, KEY, 2)
    assert len(said["id"]) == 29


def test_callbacks_are_lists_of_one_with_the_tag_and_without_the_text(
    speaker: BandwidthSpeaker, app: App, simulator: Simulator
) -> None:
    app.files["/m/a.png"] = Served()
    for changes in ({}, {"media": f"{app.url}/m/a.png"}, {"to": "+12025550199"}):
        speaker.send(**changes)
        assert simulator.settle()
    items = [item for post in app.posts for item in speaker.items(post)]
    assert [(item["type"], item.get("errorCode")) for item in items] == [
        ("message-sent", None),
        ("message-delivered", None),
        ("message-sending", None),
        ("message-delivered", None),
        ("message-sent", None),
        ("message-failed", 4702),
    ]
    for item in items:
        assert problems("bandwidth", "statusCallback", item) == []
        assert (item["message"]["tag"], item["message"]["text"]) == (KEY, "")
    assert {post.path for post in app.posts} == {"/callbacks/main/status"}
    assert app.posts[0].headers["User-Agent"] == "BandwidthAPI/v2"


def test_a_text_comes_to_the_application_before_any_message_and_keeps_its_id(
    speaker: BandwidthSpeaker, app: App, simulator: Simulator
) -> None:
    app.answers = [503]
    assert simulator.text_from(PERSON, SHOP, "Café") == 503
    assert simulator.settle()
    (once,), (again,) = (speaker.items(post) for post in app.posts)
    assert once == again
    assert problems("bandwidth", "inboundCallback", once) == []
    message = once["message"]
    assert (once["type"], message["direction"], message["text"]) == ("message-received", "in", "Café")
    assert (message["from"], message["to"], message["owner"]) == (PERSON, [SHOP], SHOP)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": PERSON}, "to"),
        ({"to": [PERSON, "+12025550144"]}, "to"),
        ({"to": []}, "to"),
        ({"from": None}, "from"),
        ({"applicationId": "another"}, "applicationId"),
        ({"applicationId": None}, "applicationId"),
        ({"tag": "x" * 1_025}, "tag"),
        ({"priority": "urgent"}, "priority"),
        ({"media": "http://127.0.0.1/a.png"}, "media"),
        ({"media": ["http://127.0.0.1/a.png", "http://127.0.0.1/b.png"]}, "media"),
        ({"media_url": ["http://127.0.0.1/a.png"]}, "media_url"),
    ],
)
def test_a_request_of_the_wrong_form_is_refused_by_field(
    speaker: BandwidthSpeaker, changes: dict[str, Any], field: str
) -> None:
    answer = speaker.post(speaker.message() | changes)
    assert answer.status_code == 400
    hold("bandwidth", answer)
    assert speaker.codes(answer) == ["request-validation", field]


@pytest.mark.parametrize(
    ("to", "code"), [("+18765550143", 4432), ("+12025550198", 4753)], ids=["region", "takes no pictures"]
)
def test_a_picture_that_cannot_be_taken_fails_later(
    speaker: BandwidthSpeaker, app: App, simulator: Simulator, to: str, code: int
) -> None:
    app.files["/m/a.png"] = Served()
    assert speaker.send(to=to, media=f"{app.url}/m/a.png").status_code == 202
    assert simulator.settle()
    assert speaker.items(app.posts[-1])[0]["errorCode"] == code
    assert simulator.ledger.refusals() == ()


def test_a_text_of_2048_characters_is_fine(speaker: BandwidthSpeaker) -> None:
    assert speaker.send(text="x" * 2_048).status_code == 202


def test_messages_are_found_by_number_and_time(
    client: httpx.Client, speaker: BandwidthSpeaker, simulator: Simulator
) -> None:
    identity = speaker.send().json()["id"]
    speaker.send(to="+12025550197")
    assert simulator.settle()
    found = client.get(
        MESSAGES, params={"sourceTn": SHOP, "destinationTn": PERSON, "fromDateTime": "2020-01-01T00:00:00Z"}
    )
    hold("bandwidth", found)
    (row,) = found.json()["messages"]
    assert unknown_fields("bandwidth", "listMessageItem", row) == set()
    assert (row["messageId"], row["messageStatus"], row["errorCode"]) == (identity, "DELIVERED", 0)
    failed = client.get(MESSAGES, params={"messageStatus": "UNDELIVERED"}).json()
    assert [row["errorCode"] for row in failed["messages"]] == [4720]
    assert client.get(MESSAGES, params={"toDateTime": "2020-01-01T00:00:00Z"}).json()["totalCount"] == 0
    assert len(client.get(MESSAGES, params={"limit": 1}).json()["messages"]) == 1
    assert client.get(MESSAGES, params={"messageDirection": "OUTBOUND"}).json()["totalCount"] == 2
    assert client.get(MESSAGES, params={"messageDirection": "INBOUND"}).json()["totalCount"] == 0
    for wrong in ({"tag": KEY}, {"limit": "0"}, {"fromDateTime": "yesterday"}):
        answer = client.get(MESSAGES, params=wrong)
        assert answer.status_code == 400
        hold("bandwidth", answer)


def test_another_type_and_another_path_are_refused(client: httpx.Client) -> None:
    form = client.post(MESSAGES, data={"to": PERSON})
    assert form.status_code == 415
    hold("bandwidth", form)
    assert client.get(f"/api/v2/users/{ACCOUNT}/media").status_code == 404
