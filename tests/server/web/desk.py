"""The site of a world, asked without a socket, and a provider's hand to sign with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from engine.senders.providers.simulator import SimulatorSender
from engine.senders.signatures import hmac_of_stamp as sign
from engine.server.web.app import create
from tests.server.web import routes_once
from tests.world import ADA, World

TOKEN = "simulator"
routes_once.install()


class Beat:
    """A heartbeat that beats when it is told to."""

    def __init__(self, last_beat: int | None) -> None:
        self.healthy, self.last_beat = True, last_beat


class Desk:
    """`woken` counts how often the engine was told that something came in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.woken = 0
        self.beat = Beat(world.clock.now())
        sender = world.outbox.sender
        assert isinstance(sender, SimulatorSender)
        self.site = create(world.app, self.beat, self._wake, {"main": sender})

    def _wake(self) -> None:
        self.woken += 1

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.site, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as client:
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(asked())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def head(self, path: str) -> httpx.Response:
        return self.ask("HEAD", path)

    def post(self, path: str, body: bytes, token: str = TOKEN, age: int = 0) -> httpx.Response:
        """As the provider posts it, `age` ms after it was signed."""
        stamp = str(self.world.clock.now() - age)
        signed = {"X-Simulator-Timestamp": stamp, "X-Simulator-Signature": sign(token, stamp, body)}
        return self.ask("POST", path, body, signed)

    def text(self, words: str, id: str = "in-1", phone: str = ADA) -> httpx.Response:
        """A person texts our number."""
        item = {
            "id": id,
            "from": phone,
            "to": "+18445550100",
            "text": words,
            "media_urls": [],
            "at": self.world.clock.now(),
        }
        return self.post("/callbacks/main/inbound", json.dumps([item]).encode())

    def status(self, id: str, tag: str, status: str) -> httpx.Response:
        """What the provider says of its message `id`."""
        item: dict[str, Any] = {"id": id, "tag": tag, "status": status, "code": None, "at": self.world.clock.now()}
        return self.post("/callbacks/main/status", json.dumps([item]).encode())


def is_problem(answer: httpx.Response, status: int) -> bool:
    """Whether it is an RFC 9457 problem document with that status, everywhere it says so."""
    body = answer.json()
    kind = answer.headers["Content-Type"]
    return answer.status_code == body["status"] == status and kind == "application/problem+json" and bool(body["title"])
