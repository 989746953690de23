"""The provider's HTTP interface as any client sees it."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from engine.errors import UsageError
from engine.simulator import Simulator
from tests.simulator.app import App
from tests.simulator.conftest import NOON

MESSAGES = "/v1/accounts/demo/messages"
PERSON = "+12025550143"


def message(**changes: Any) -> dict[str, Any]:
    return {"to": PERSON, "from": "+18445550100", "text": "Hello", "tag": "1-2-hero"} | changes


def test_a_message_is_accepted_and_stands_in_the_ledger(client: httpx.Client, simulator: Simulator) -> None:
    answer = client.post(MESSAGES, json=message())
    assert simulator.settle()
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    (row,) = client.get("/v1/ledger").json()["messages"]
    assert row["id"] == answer.json()["id"]
    assert (row["to"], row["from"], row["text"], row["tag"]) == (PERSON, "+18445550100", "Hello", "1-2-hero")
    assert (row["accepted_at"], row["status"]) == (NOON, "delivered")
    assert [posted["answer"] for posted in row["callbacks"]] == [200, 200]


def test_a_tag_that_comes_twice_makes_two_entries_so_that_a_double_send_shows(
    client: httpx.Client, simulator: Simulator
) -> None:
    ids = [client.post(MESSAGES, json=message()).json()["id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert [entry.id for entry in simulator.ledger.messages()] == ids
    found = client.get(MESSAGES, params={"tag": "1-2-hero"}).json()["messages"]
    assert [row["id"] for row in found] == ids
    assert client.get(MESSAGES, params={"tag": "1-2-other"}).json() == {"messages": []}
    assert client.get(MESSAGES).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"to": "2025550143"}, 422, "bad-number"),
        ({"to": "+1"}, 422, "bad-number"),
        ({"to": None}, 422, "bad-number"),
        ({"from": "acme"}, 422, "bad-number"),
        ({"text": "x" * 1_601}, 422, "text-too-long"),
        ({"text": ""}, 422, "no-content"),
        ({"media_url": ["http://127.0.0.1/a.png"] * 2}, 422, "too-many-media"),
        ({"media_url": ["http://127.0.0.1/a.png"], "to": "+18765550143"}, 422, "mms-region"),
        ({"media_url": ["http://127.0.0.1/a.png"], "to": "+447700900143"}, 422, "mms-region"),
        ({"media_url": ["http://127.0.0.1/a.png"], "to": "+12025550198"}, 422, "mms-unreachable"),
        ({"to": "+12025550197"}, 422, "landline"),
        ({"media_url": "http://127.0.0.1/a.png"}, 400, "bad-request"),
        ({"text": 5}, 400, "bad-request"),
        ({"text": "\ud83d"}, 400, "bad-request"),
        ({"urgent": True}, 400, "bad-request"),
        ({"callback_url": "http://192.0.2.1/"}, 400, "bad-request"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name_and_is_not_accepted(
    client: httpx.Client, simulator: Simulator, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(MESSAGES, content=json.dumps(message(**changes)))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert simulator.ledger.messages() == ()
    well_formed = status == 422 and code != "too-many-media"
    assert [refusal.code for refusal in simulator.ledger.refusals()] == ([code] if well_formed else [])


def test_a_text_of_1600_characters_and_a_phone_that_takes_no_pictures_are_fine_for_sms(client: httpx.Client) -> None:
    assert client.post(MESSAGES, json=message(text="é" * 1_600, to="+12025550198")).status_code == 202


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 60_000])
def test_a_body_that_is_no_object_is_refused(client: httpx.Client, body: bytes) -> None:
    assert client.post(MESSAGES, content=body).status_code == 400


def test_only_the_right_token_opens_an_account(client: httpx.Client, simulator: Simulator) -> None:
    wrong = {"Authorization": "Bearer tokem"}
    assert client.post(MESSAGES, json=message(), headers=wrong).status_code == 401
    assert client.post(MESSAGES, json=message(), headers={"Authorization": ""}).status_code == 401
    assert client.get(MESSAGES, params={"tag": "1-2-hero"}, headers=wrong).status_code == 401
    assert client.post("/v1/accounts/other/messages", json=message()).status_code == 404
    assert simulator.ledger.messages() == ()


def test_a_body_too_long_or_of_unknown_length_is_not_read(client: httpx.Client) -> None:
    assert client.post(MESSAGES, content=b"x" * 65_537).status_code == 413
    assert client.post(MESSAGES, content=iter([b"{}"])).status_code == 411


def test_one_connection_carries_many_requests(client: httpx.Client, simulator: Simulator) -> None:
    host, port = simulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        for _ in range(3):
            wire.sendall(f"GET /v1/ledger HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert wire.recv(4096).startswith(b"HTTP/1.1 200 OK")


def test_a_request_under_a_foreign_name_is_turned_away(client: httpx.Client) -> None:
    answer = client.get("/v1/ledger", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-loopback")


def test_what_is_not_there_is_404(client: httpx.Client) -> None:
    assert client.get("/v1/nothing").status_code == 404
    assert client.get("/v1/faults").status_code == 404


def test_a_taken_port_and_a_public_host_are_said_plainly(simulator: Simulator) -> None:
    with pytest.raises(UsageError, match="is taken"):
        Simulator(port=int(simulator.url.rpartition(":")[2])).start()
    with pytest.raises(UsageError, match="loopback only"):
        Simulator(host="0.0.0.0")
    with pytest.raises(UsageError, match="loopback only"):
        Simulator(callback_url="https://acme.example")


def test_while_it_pauses_connections_are_refused_and_the_ledger_is_kept(
    client: httpx.Client, simulator: Simulator
) -> None:
    client.post(MESSAGES, json=message())
    simulator.pause_listening()
    with pytest.raises(httpx.ConnectError):
        client.post(MESSAGES, json=message())
    simulator.resume_listening()
    assert client.post(MESSAGES, json=message()).status_code == 202
    assert len(simulator.ledger.messages()) == 2


def test_faults_can_be_added_while_it_runs(client: httpx.Client, simulator: Simulator) -> None:
    assert client.post("/v1/faults", json={"fault": "503"}).status_code == 200
    assert client.post(MESSAGES, json=message()).json()["code"] == "not-accepted"
    assert client.post(MESSAGES, json=message()).status_code == 202
    refused = client.post("/v1/faults", json={"fault": "sunshine"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-fault")
    assert simulator.faults() == ()


def test_stop_hangs_up_on_a_slow_answer_at_once(app: App) -> None:
    simulator = Simulator(callback_url=app.url, faults=["slow;seconds=3600"])
    simulator.start()
    body = b'{"to": "+12025550143", "from": "+18445550100", "text": "Hello"}'
    head = f"POST {MESSAGES} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer token\r\nContent-Length: {len(body)}"
    with socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2])), timeout=20) as wire:
        wire.sendall(head.encode() + b"\r\n\r\n" + body)
        assert simulator.ledger.wait_for(1, timeout=10)
        assert not simulator.settle(0.01), "the message is still being answered"
        simulator.stop()
        assert wire.recv(100) == b"", "closed without an answer"
    assert simulator.settle(5), "nothing is left waiting behind"
