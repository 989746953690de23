"""Who is let in, how much at once, and how large: what is sent away costs nothing and stores nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest

from engine.server.web import app as web_app
from engine.server.web import request_bodies
from engine.server.web.backpressure import EventBacklog, RequestSlots, TokenBuckets
from engine.server.web.request_bodies import MOST_BYTES, MOST_BYTES_OF_A_LIST
from engine.store import tokens
from tests.databases import file_of
from tests.server.web.caller import Caller, joined, stored
from tests.server.web.desk import Desk, is_problem
from tests.world import ADA

ROUTES = [
    ("POST", "/v1/events", "events"), ("POST", "/v1/flows/by-hand/start", "events"),
    ("GET", f"/v1/contacts/{ADA}", "read"), ("GET", "/v1/runs", "read"), ("GET", "/v1/messages", "read"), ("GET", "/v1/flows", "read"),
    ("PUT", f"/v1/contacts/{ADA}", "admin"), ("DELETE", f"/v1/contacts/{ADA}", "admin"),
]  # fmt: skip


@pytest.mark.parametrize("scope", tokens.SCOPES)
def test_a_token_opens_what_its_scope_says(caller: Caller, scope: str) -> None:
    one = Caller(caller.desk, scope, "one")
    for method, path, needed in ROUTES:
        said = {**joined()} if path == "/v1/events" else {"contact": {"phone": ADA}} if method == "POST" else {}
        answer = one.ask(method, path, said if method in ("POST", "PUT") else None)
        if needed in tokens.ALLOWS[scope]:
            assert answer.status_code in (200, 202), (method, path, answer.text)
        else:
            assert is_problem(answer, 403), (method, path)
            assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]


def test_without_a_known_token_nothing_opens(caller: Caller) -> None:
    for header in ("", "Bearer", "Bearer ", "Basic abc", "Bearer nope", "Bearer " + "x" * 5_000):
        for method, path, _ in ROUTES:
            answer = caller.ask(method, path, None, {"Authorization": header})
            assert is_problem(answer, 401), (header, method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), (header, method, path)
    assert stored(caller.world) == 0


def test_a_token_that_is_revoked_is_refused_at_once(caller: Caller) -> None:
    assert caller.post(joined()).status_code == 202
    caller.world.app.database.write(lambda db: tokens.revoke(db, caller.name, 1))
    assert is_problem(caller.post(joined()), 401)


@pytest.mark.only("sqlite", "it looks at the file")
def test_the_database_holds_no_token(caller: Caller) -> None:
    caller.post(joined())
    caller.world.app.database.erase()
    assert caller.token.encode() not in file_of(caller.world.app.database).read_bytes()


def test_no_token_stands_in_a_log(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caller.post(joined())
    caller.post(b"{")
    caller.ask("GET", "/v1/runs?status=x")
    assert caller.token not in caplog.text


def test_a_body_is_capped_one_event_lower_than_a_list(caller: Caller) -> None:
    item = b'{"event": "list.joined", "contact": {"phone": "%s"}}' % ADA.encode()
    assert caller.post(item.ljust(MOST_BYTES)).status_code == 202
    assert is_problem(caller.post(item.ljust(MOST_BYTES + 1)), 413)
    assert caller.post(b"[%s]" % item.ljust(MOST_BYTES_OF_A_LIST - 2)).status_code == 202
    assert is_problem(caller.post(b"[%s]" % item.ljust(MOST_BYTES_OF_A_LIST)), 413)
    assert is_problem(caller.ask("PUT", f"/v1/contacts/{ADA}", b"{}".ljust(MOST_BYTES + 1)), 413)
    assert stored(caller.world) == 2


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_another_type_of_body_is_refused(caller: Caller) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", "", "json"):
        assert is_problem(caller.post(joined(), {"Content-Type": kind}), 415), kind
    assert stored(caller.world) == 0


def streamed(desk: Desk, headers: dict[str, str], chunk: bytes | None) -> tuple[int, int]:
    """Post a body without an end, or (None) one that never comes: the status, and how often it was read."""
    read, answered = 0, []

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        read += 1
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk or b"", "more_body": True}

    async def send(part: MutableMapping[str, Any]) -> None:
        answered.append(part)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "query_string": b"",
        "path": "/v1/events", "raw_path": b"/v1/events", "client": None, "server": None,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    asyncio.run(desk.site(scope, receive, send))
    return answered[0]["status"], read


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_a_body_without_an_end_is_not_read_to_its_end(caller: Caller) -> None:
    known = {"Authorization": f"Bearer {caller.token}"}
    assert streamed(caller.desk, known, b" " * 10_000) == (413, MOST_BYTES // 10_000 + 1)
    assert streamed(caller.desk, known, b"[" * 10_000) == (413, MOST_BYTES_OF_A_LIST // 10_000 + 1)
    assert streamed(caller.desk, {"Authorization": "Bearer nope"}, b" ") == (401, 0), "a stranger's is not read at all"
    assert streamed(caller.desk, {"Authorization": "Bearer é"}, b" ") == (401, 0)


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_who_drips_a_body_is_hung_up_on(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "LONGEST_SECONDS", 0.01)
    assert streamed(caller.desk, {"Authorization": f"Bearer {caller.token}"}, None) == (408, 1)


def test_a_token_has_a_rate_of_its_own(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(web_app, "TokenBuckets", lambda: TokenBuckets(rate=2, seconds=lambda: seconds[0]))
    desk = Desk(caller.world)
    caller.desk, other = desk, Caller(desk, "events", "other")
    assert [caller.post(joined()).status_code for _ in range(3)] == [202, 202, 429]
    refused = caller.post(joined())
    assert is_problem(refused, 429)
    assert refused.headers["Retry-After"] == "1"
    assert other.post(joined()).status_code == 202
    seconds[0] = 0.5
    assert [caller.post(joined()).status_code for _ in range(2)] == [202, 429]


def test_a_full_house_sends_away(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "RequestSlots", lambda: RequestSlots(0))
    caller.desk = Desk(caller.world)
    answer = caller.post(joined())
    assert is_problem(answer, 503)
    assert answer.headers["Retry-After"]
    assert len(caller.get("/v1/flows")["flows"]) == 2, "reading goes on"


def test_an_engine_that_is_far_behind_takes_nothing_more(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(
        web_app, "EventBacklog", lambda database: EventBacklog(database, most=1, seconds=lambda: seconds[0])
    )
    caller.desk = Desk(caller.world)
    assert caller.results([joined(), joined()]) == ["accepted"] * 2
    seconds[0] = 1
    answer = caller.post([joined()])
    assert is_problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"
    assert stored(caller.world) == 2
    caller.world.tick()
    seconds[0] = 2
    assert caller.post(joined()).status_code == 202


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_methods_that_a_path_has_not_are_named(caller: Caller) -> None:
    for path, allowed in (
        ("/v1/events", "POST"),
        (f"/v1/contacts/{ADA}", "DELETE, GET, HEAD, PUT"),
        ("/v1/runs", "GET, HEAD"),
    ):
        for method in ("OPTIONS", "PATCH", "TRACE"):
            answer = caller.ask(method, path)
            assert is_problem(answer, 405), (method, path)
            assert answer.headers["Allow"] == allowed
    assert is_problem(caller.ask("GET", "/v1/event"), 404)
    assert is_problem(caller.ask("GET", "/v1"), 404)
    assert is_problem(caller.ask("GET", "/v1/runs/"), 404)


def test_head_is_get_without_the_body(caller: Caller) -> None:
    for path in ("/v1/runs", "/v1/messages", "/v1/flows", f"/v1/contacts/{ADA}"):
        answer = caller.ask("HEAD", path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_fault_of_ours_tells_nothing_of_the_machine(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Any]:
        raise RuntimeError(f"no such table in {file_of(caller.world.app.database)}")

    monkeypatch.setattr("engine.intake.events.accept_documents", broken)
    answer = caller.post(joined())
    assert is_problem(answer, 500)
    assert str(caller.world.folder) not in answer.text
    assert "table" not in answer.text
