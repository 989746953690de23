"""What follows an accepted message: signed statuses, pictures, people's texts."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import httpx
import pytest

from engine.simulator import Simulator
from tests.simulator.app import PNG, App, Served
from tests.simulator.conftest import NOON

MESSAGES = "/v1/accounts/demo/messages"
PERSON, SHOP = "+12025550143", "+18445550100"


def send(client: httpx.Client, **changes: Any) -> str:
    body = {"to": PERSON, "from": SHOP, "text": "Hello", "tag": "1-2-hero"} | changes
    answer = client.post(MESSAGES, json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_sent_and_delivered_are_posted_signed_with_the_clock_of_the_simulator(
    client: httpx.Client, simulator: Simulator, app: App
) -> None:
    identity = send(client)
    assert simulator.settle()
    assert app.statuses() == [("sent", None), ("delivered", None)]
    post = app.posts[0]
    assert post.items == [{"id": identity, "tag": "1-2-hero", "status": "sent", "code": None, "at": NOON}]
    stamp = post.headers["X-Simulator-Timestamp"]
    assert stamp == str(NOON)
    signature = hmac.new(b"token", f"{NOON}.".encode() + post.body, hashlib.sha256).hexdigest()
    assert post.headers["X-Simulator-Signature"] == signature


def test_a_phone_that_cannot_be_reached_is_accepted_and_then_undelivered(
    client: httpx.Client, simulator: Simulator, app: App
) -> None:
    send(client, to="+12025550199")
    assert simulator.settle()
    assert app.statuses() == [("sent", None), ("undelivered", "unreachable")]
    assert simulator.ledger.messages()[0].status == "undelivered"


def test_a_message_may_name_its_own_callback_address(client: httpx.Client, simulator: Simulator, app: App) -> None:
    send(client, callback_url=f"{app.url}/hooks/main/")
    assert simulator.settle()
    assert {post.path for post in app.posts} == {"/hooks/main/status"}
    assert simulator.text_from(PERSON, SHOP, "hi") == 200
    assert app.posts[-1].path == "/hooks/main/inbound"


def test_a_callback_is_tried_again_after_5xx_and_after_silence_until_it_is_given_up(
    client: httpx.Client, simulator: Simulator, app: App
) -> None:
    app.answers = [503, 200, 500, 500, 500]
    send(client)
    assert simulator.settle()
    (entry,) = simulator.ledger.messages()
    assert [(posted.status, posted.attempts, posted.answer) for posted in entry.callbacks] == [
        ("sent", 2, 200),
        ("delivered", 3, 500),
    ]
    app.close()
    send(client, to="+12025550144")
    assert simulator.settle()
    assert [(p.attempts, p.answer) for p in simulator.ledger.messages()[1].callbacks] == [(3, None), (3, None)]


def test_a_4xx_is_an_answer(client: httpx.Client, simulator: Simulator, app: App) -> None:
    app.answers = [401]
    send(client)
    assert simulator.settle()
    assert app.statuses() == [("sent", None), ("delivered", None)]


def test_faults_duplicate_callbacks_turn_them_round_and_bring_them_before_the_answer(
    client: httpx.Client, simulator: Simulator, app: App
) -> None:
    for fault in ("duplicate_callbacks", "out_of_order_callbacks", "callback_before_answer"):
        simulator.add_fault(fault)
    send(client)
    assert simulator.settle()
    assert [status for status, _ in app.statuses()] == ["sent", "sent", "delivered", "delivered"]
    app.posts.clear()
    send(client)
    assert simulator.settle()
    assert [status for status, _ in app.statuses()] == ["delivered", "sent"]
    assert simulator.ledger.messages()[1].status == "delivered"
    app.posts.clear()
    send(client)
    assert len(app.posts) == 2, "both were posted before the answer came"


def test_the_picture_is_fetched_by_head_and_get_and_stands_in_the_ledger_by_its_hash(
    client: httpx.Client, simulator: Simulator, app: App
) -> None:
    app.files["/media/a.png"] = Served()
    send(client, media_url=[f"{app.url}/media/a.png"])
    assert simulator.settle()
    assert app.fetched == [("HEAD", "/media/a.png"), ("GET", "/media/a.png")]
    (entry,) = simulator.ledger.messages()
    assert (entry.media_sha256, entry.media_bytes) == (hashlib.sha256(PNG).hexdigest(), len(PNG))
    assert entry.status == "delivered"


@pytest.mark.parametrize(
    ("served", "code"),
    [
        (Served(404), "media-status"),
        (Served(302, location="/media/b.png"), "media-redirect"),
        (Served(body=PNG + b"x" * 500_000), "media-too-large"),
        (Served(kind="image/webp"), "media-type"),
        (Served(kind="image/jpeg"), "media-mismatch"),
        (Served(head_kind="image/gif"), "media-mismatch"),
    ],
)
def test_a_picture_that_cannot_be_had_fails_the_accepted_message(
    client: httpx.Client, simulator: Simulator, app: App, served: Served, code: str
) -> None:
    app.files |= {"/media/a.png": served, "/media/b.png": Served()}
    send(client, media_url=[f"{app.url}/media/a.png"])
    assert simulator.settle()
    assert app.statuses() == [("failed", code)]
    assert simulator.ledger.messages()[0].media_sha256 is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://192.0.2.1/a.png", "media-host"),
        ("http://127.0.0.1.example/a.png", "media-host"),
        ("http://user@127.0.0.1/a.png", "media-host"),
        ("file:///etc/passwd", "media-host"),
        ("http://127.0.0.1:1/a.png", "media-unreachable"),
    ],
)
def test_nothing_is_fetched_but_from_loopback(
    client: httpx.Client, simulator: Simulator, app: App, url: str, code: str
) -> None:
    send(client, media_url=[url])
    assert simulator.settle()
    assert app.statuses() == [("failed", code)]


def test_stop_blocks_the_pair_and_start_frees_it(client: httpx.Client, simulator: Simulator, app: App) -> None:
    assert simulator.text_from(PERSON, SHOP, " Stop. ") == 200
    (item,) = app.posts[-1].items
    assert (item["from"], item["to"], item["text"], item["at"]) == (PERSON, SHOP, " Stop. ", NOON)
    body = {"to": PERSON, "from": SHOP, "text": "Hello", "tag": "1-2-hero"}
    answer = client.post(MESSAGES, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "opted-out")
    assert [(refusal.tag, refusal.code) for refusal in simulator.ledger.refusals()] == [("1-2-hero", "opted-out")]
    send(client, to="+12025550144")
    send(client, **{"from": "+18445550101"})
    simulator.text_from(PERSON, SHOP, "START")
    send(client)


@pytest.mark.parametrize("number", ["+12025550100", "55501"])
def test_a_stop_to_another_number_leaves_room_for_one_confirmation(
    client: httpx.Client, simulator: Simulator, number: str
) -> None:
    simulator.text_from(PERSON, number, "STOP")
    simulator.text_from(PERSON, number, "STOP")
    body = {"to": PERSON, "from": number, "text": "Bye", "tag": "1-2-bye"}
    simulator.add_fault("503")
    assert [client.post(MESSAGES, json=body).status_code for _ in range(4)] == [503, 202, 403, 403]
    simulator.text_from(PERSON, number, "START")
    send(client, **{"from": number})


def test_a_text_that_the_application_could_not_store_comes_again_under_the_same_id(
    simulator: Simulator, app: App
) -> None:
    app.answers = [503]
    assert simulator.text_from(PERSON, SHOP, "STOP") == 503
    assert simulator.settle()
    assert len(app.posts) == 2
    assert app.posts[0].items == app.posts[1].items


def test_a_phone_can_text_over_http(client: httpx.Client, app: App) -> None:
    answer = client.post("/v1/phones/%2B12025550143/texts", json={"text": "STOP", "to": SHOP})
    assert answer.json() == {"app_status": 200}
    assert app.posts[-1].path == "/inbound"
    assert client.post("/v1/phones/me/texts", json={"text": "STOP", "to": SHOP}).status_code == 400


def test_without_an_application_nothing_is_posted(clock: Any) -> None:
    with Simulator(now=clock.now) as alone, httpx.Client(base_url=alone.url, trust_env=False) as client:
        client.headers["Authorization"] = "Bearer token"
        send(client)
        assert alone.settle()
        assert alone.text_from(PERSON, SHOP, "hi") is None
        (entry,) = alone.ledger.messages()
        assert (entry.status, entry.callbacks) == ("delivered", ())
