"""Somebody with a token who asks /v1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from engine.store import tokens
from tests.server.web.desk import Desk
from tests.world import ADA, World


class Caller:
    """Its token is an admin's unless a story says otherwise."""

    def __init__(self, desk: Desk, scope: str = "admin", name: str = "caller") -> None:
        self.desk, self.world = desk, desk.world
        self.name = name
        now = self.world.clock.now()
        self.token = self.world.app.database.write(lambda db: tokens.create(db, name, scope, now))

    def ask(self, method: str, path: str, said: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """`said` as JSON, unless it is bytes."""
        body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        kind = {"Content-Type": "application/json"} if said is not None else {}
        return self.desk.ask(method, path, body, {"Authorization": f"Bearer {self.token}", **kind, **(headers or {})})

    def post(self, said: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.ask("POST", "/v1/events", said, headers)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def results(self, said: list[Any]) -> list[str]:
        answer = self.post(said)
        assert answer.status_code == 202, answer.text
        return [each["status"] for each in answer.json()["results"]]


def joined(id: str | None = None, phone: str = ADA, **more: Any) -> dict[str, Any]:
    named = {} if id is None else {"id": id}
    return {**named, "event": "list.joined", "contact": {"phone": phone}, "data": {"list": "vip"}, **more}


def stored(world: World) -> int:
    """How many events and starts came in."""
    with world.app.database.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM event WHERE kind IN (0, 1)").fetchone()[0])
