"""What providers post: taken when it is signed and small, acknowledged when it is stored."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, MutableMapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.server.web.request_bodies import MOST_BYTES
from engine.store import contacts, migrations
from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.server.web.desk import Desk, is_problem
from tests.world import ADA, World


def consent(world: World) -> str:
    with world.app.database.reading() as db:
        return contacts.consents(db, [ADA])[ADA][0]


def stored(world: World) -> int:
    with world.app.database.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM event WHERE kind IN (3, 4)").fetchone()[0])


def test_a_stop_is_stored_before_it_is_answered(desk: Desk) -> None:
    assert consent(desk.world) == "subscribed"
    assert desk.text("Stop.").status_code == 204
    assert consent(desk.world) == "unsubscribed"
    assert desk.woken == 1


def test_a_status_moves_its_message_at_the_next_tick(desk: Desk) -> None:
    desk.world.event("list.joined", ADA, {"list": "vip"})
    desk.world.tick()
    desk.world.send()
    (message,) = desk.world.messages()
    assert message.status == "accepted"
    (accepted,) = desk.world.simulator.ledger.messages()
    assert desk.status(accepted.id, message.tag, "delivered").status_code == 204
    desk.world.tick()
    assert [message.status for message in desk.world.messages()] == ["delivered"]


def test_what_comes_twice_counts_once(desk: Desk) -> None:
    assert [desk.text("hello").status_code for _ in range(2)] == [204, 204]
    assert stored(desk.world) == 1


@pytest.mark.parametrize("what", ["inbound", "status"])
def test_what_is_not_signed_is_not_stored(desk: Desk, what: str) -> None:
    assert is_problem(desk.post(f"/callbacks/main/{what}", b"[]", token="a guess"), 403)
    assert is_problem(desk.post(f"/callbacks/main/{what}", b"[]", age=600_000), 403)
    assert is_problem(desk.ask("POST", f"/callbacks/main/{what}", b"[]"), 403)
    assert (stored(desk.world), desk.woken) == (0, 0)


def test_what_is_signed_and_not_understood_is_said_to_be(desk: Desk) -> None:
    assert is_problem(desk.post("/callbacks/main/status", b"{"), 400)
    assert is_problem(desk.post("/callbacks/main/inbound", b'[{"id": 3}]'), 400)
    assert desk.woken == 0


def test_a_stop_beside_what_cannot_be_read_is_stored(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    at = desk.world.clock.now()
    stop = {"id": "in-1", "from": ADA, "to": "whatsapp:+18445550100", "text": "STOP", "media_urls": None, "at": at}
    items = [{"id": 3, "text": "secret"}, "secret", stop, {**stop, "id": "in-2", "from": None}]
    body = json.dumps(items).encode()
    assert is_problem(desk.post("/callbacks/main/inbound", body, token="a guess"), 403)
    assert (stored(desk.world), consent(desk.world)) == (0, "subscribed")
    assert desk.post("/callbacks/main/inbound", body).status_code == 204
    assert (stored(desk.world), consent(desk.world), desk.woken) == (1, "unsubscribed", 1)
    assert "3 of 4 items" in caplog.text
    assert "secret" not in caplog.text and ADA not in caplog.text


@pytest.mark.parametrize("sender", ["72975", "AMAZON"])
def test_a_text_of_a_short_code_or_a_name_is_taken(desk: Desk, sender: str) -> None:
    assert desk.text("STOP", phone=sender).status_code == 204
    assert (stored(desk.world), consent(desk.world)) == (1, "subscribed")


def test_an_unknown_sender_or_thing_is_not_found(desk: Desk) -> None:
    assert is_problem(desk.post("/callbacks/other/status", b"[]"), 404)
    assert is_problem(desk.post("/callbacks/main/else", b"[]"), 404)
    assert is_problem(desk.post("/callbacks/main/status/", b"[]"), 404)
    assert is_problem(desk.get("/callbacks/main/status"), 405)
    assert is_problem(desk.get("/docs"), 404)


def test_a_body_at_the_cap_is_read_and_one_beyond_is_not(desk: Desk) -> None:
    assert desk.post("/callbacks/main/status", b"[]".ljust(MOST_BYTES)).status_code == 204
    assert is_problem(desk.post("/callbacks/main/status", b"[]".ljust(MOST_BYTES + 1)), 413)


def test_a_body_without_an_end_is_not_read_to_its_end(desk: Desk) -> None:
    """It says no length, so only reading shows that it is too long."""
    read = 0
    answered: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 10_000, "more_body": True}

    async def send(part: MutableMapping[str, Any]) -> None:
        answered.append(part)

    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "query_string": b"",
        "path": "/callbacks/main/status", "raw_path": b"/callbacks/main/status", "headers": [], "client": None, "server": None,
    }  # fmt: skip
    asyncio.run(desk.site(scope, receive, send))
    assert answered[0]["status"] == 413
    assert read == MOST_BYTES // 10_000 + 1


def gone(path: Path) -> None:
    path.rename(path.with_name("aside.db"))


def replaced(path: Path) -> None:
    gone(path)
    migrations.upgrade(SqliteDatabase(path))


@pytest.mark.only("sqlite", "it is about files")
@pytest.mark.parametrize("lost", [gone, replaced])
def test_a_database_that_is_not_there_any_more_acknowledges_nothing(world: World, lost: Callable[[Path], None]) -> None:
    world.is_counted = False  # it is gone in the end
    desk, path = Desk(world), file_of(world.app.database)
    assert desk.text("hello").status_code == 204
    lost(path)
    assert is_problem(desk.text("STOP", id="in-2"), 503)
    assert is_problem(desk.get("/readyz"), 503)
    assert desk.woken == 1


@pytest.mark.only("sqlite", "it is about files")
def test_one_that_is_put_back_takes_what_the_provider_brings_again(world: World) -> None:
    desk, path = Desk(world), file_of(world.app.database)
    gone(path)
    assert is_problem(desk.text("STOP", id="in-2"), 503)
    path.with_name("aside.db").rename(path)
    assert desk.get("/readyz").status_code == 200
    assert desk.text("STOP", id="in-2").status_code == 204
    assert consent(world) == "unsubscribed"


@pytest.mark.only("sqlite", "it is about files")
def test_a_damaged_database_is_503(world: World) -> None:
    world.is_counted = False  # it cannot be read in the end
    database = world.app.database
    database.erase()
    world.app.database = SqliteDatabase(file_of(database))  # it has read nothing yet
    size = file_of(database).stat().st_size
    with file_of(database).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    desk = Desk(world)
    assert is_problem(desk.text("STOP"), 503)
    assert is_problem(desk.get("/readyz"), 503)
    assert is_problem(desk.get("/l/abc"), 503)


@pytest.mark.only("sqlite", "another writer keeps all of it locked")
def test_a_locked_database_is_503_and_stores_nothing(world: World) -> None:
    world.app.database = SqliteDatabase(file_of(world.app.database), busy_seconds=0.05)
    desk = Desk(world)
    with closing(sqlite3.connect(file_of(world.app.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = desk.text("STOP")
        assert is_problem(answer, 503)
        assert answer.headers["Retry-After"]
        assert (consent(world), desk.woken) == ("subscribed", 0)
        other.execute("ROLLBACK")
        assert desk.text("STOP").status_code == 204
        assert (consent(world), desk.woken) == ("unsubscribed", 1)
