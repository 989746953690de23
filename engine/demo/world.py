"""The demo's world: a scratch project, the simulator, the web server, and a clock that jumps when nothing is left to do."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import uvicorn

from engine.app import App
from engine.clock import ManualClock
from engine.core.calendar import DAY
from engine.delivery.outbox import Outbox, send_all_due
from engine.demo import provider_disguise
from engine.preview.worlds import sweeps
from engine.preview.worlds.jumps import Act, play
from engine.senders.http_exchange import tls_context
from engine.senders.simulator_token import new_token
from engine.server.web.app import create
from engine.store import inbox

PORT = 8025
QUIET_SECONDS = 20.0
LONGEST_MS, BEHIND_MS, YEAR_MS = 45 * DAY, 15 * DAY, 366 * DAY


def copy_project(source: Path, target: Path) -> None:
    """The project's files, without its databases and history."""
    left_out = shutil.ignore_patterns(".*", "__pycache__", "*.errors.csv")
    shutil.copytree(source, target, ignore=left_out, ignore_dangling_symlinks=True)


class DemoWorld:
    """Everything of one demo, its senders speaking `api`. `play` runs until nothing is due any more."""

    healthy = True  # its own heartbeat
    last_beat: int | None = None

    def __init__(self, folder: Path, start: int, api: str = "simulator") -> None:
        self.clock = ManualClock(start)
        self._end = start + LONGEST_MS
        self._socket = _bound()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        environ = {key: value for key, value in os.environ.items() if not key.startswith("LEADOFF_")}
        environ["LEADOFF_PUBLIC_URL"] = self.url
        names = provider_disguise.names(folder)
        token = new_token()
        self.simulator = provider_disguise.simulator(api, names, self.url, token, self.clock.now)
        self.simulator.start()
        if names:  # of any provider: no real phone is texted
            provider_disguise.rewrite(folder, api, names, self.simulator.url)
            environ |= provider_disguise.environment(api, names, token, self.simulator.telnyx_public_key)
        self.app = App(folder, environ, self.clock)
        self.client = httpx.Client(verify=tls_context(), trust_env=False, follow_redirects=False, timeout=10.0)
        self.outboxes: list[Outbox] = []
        self.webhooks = self.app.webhooks(for_show=True)  # on a clock that jumps, no other server is called

    def open(self) -> None:
        """After the project is applied: start the web server."""
        self.outboxes = self.app.outboxes(self.simulator.url)
        senders = {outbox.sender.name: outbox.sender for outbox in self.outboxes}
        web = create(self.app, self, lambda: None, senders)
        config = uvicorn.Config(web, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    def last_until(self, instant: int) -> None:
        """The demo runs at least until then, and as long after it as the longest flow takes."""
        self._end = min(max(self._end, instant + BEHIND_MS), self._end + YEAR_MS)

    def play(self, next_act: Act, jumped: Callable[[int], None]) -> None:
        """Until nothing is due: `next_act(now)` does what the script has for `now` and says when it has more."""
        self._engine = self.app.engine(for_show=True)
        play(self, next_act, lambda: self._end, jumped)

    def tick(self, now: int) -> int | None:
        due = self._engine.tick(now)
        self.last_beat = now
        if due is None:
            return None
        with self.app.database.reading() as db:
            return sweeps.next_due(db, self.app.deployed(), due, self._end + 1)

    def deliver(self) -> None:
        for outbox in self.outboxes:
            send_all_due(outbox, self.clock.now)
        send_all_due(self.webhooks, self.clock.now)
        self.simulator.settle(QUIET_SECONDS)

    def has_news(self) -> bool:
        with self.app.database.reading() as db:
            return inbox.more_than(db, 0)

    def next_deliveries(self, now: int) -> list[int | None]:
        return [self.webhooks.next_due(now), *(outbox.next_due(now) for outbox in self.outboxes)]

    def close(self) -> None:
        if self.outboxes:
            self._server.should_exit = True
            self._thread.join()
            for outbox in self.outboxes:
                outbox.sender.close()
        self._socket.close()  # first: no callback then waits for an answer
        self.simulator.stop()
        self.client.close()
        self.app.close()


def _bound() -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", PORT))
    except OSError:  # the port is taken
        return socket.create_server(("127.0.0.1", 0))
