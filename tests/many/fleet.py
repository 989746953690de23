"""Four daemons on one PostgreSQL, behind a proxy and a balancer, and all that may befall them.

Their clock is a few seconds before a whole minute when they start, so that the schedule of the shop fires while they run.
"""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from engine.app import App
from engine.clock import from_environment
from engine.contacts import consent
from engine.core.calendar import MINUTE
from engine.store.queries import outcomes
from engine.store.queries.outcomes import RunRow
from engine.store.states import START
from tests.fork_server import leadoff
from tests.many.own_server import OwnServer
from tests.many.proxy import Balancer, Proxy
from tests.server.stage import Daemon, Stage, phone

RATE = 30  # parts a second
PEOPLE = 300
FIRST = 20  # of them are there before the daemons
EACH_MINUTE = """\
flow: minute
language: 1
category: transactional
trigger: {schedule: {cron: "* * * * *", timezone: project, audience: {contact: {country: [US, CA]}}}}
steps: [{id: tick, sms: Another minute.}]
"""
BEFORE_MS = 4_000  # the first firing


class Fleet(Stage):
    """A shop whose database is PostgreSQL. What befalls a daemon is drawn by `draw`."""

    def __init__(self, folder: Path, server: OwnServer, draw: random.Random) -> None:
        at = urlsplit(server.url)
        said = parse_qs(at.query)
        self._server, self._draw = server, draw
        self.proxy, self.balancer = Proxy(f"{said['host'][0]}/.s.PGSQL.{said.get('port', ['5432'])[0]}"), Balancer()
        user = said.get("user", ["postgres"])[0]
        direct = {"LEADOFF_DATABASE_URL": server.url, "LEADOFF_PUBLIC_URL": f"http://127.0.0.1:{self.balancer.port}"}
        super().__init__(folder, environ=direct)
        self._set_up(direct)
        through = f"postgresql://{user}@127.0.0.1:{self.proxy.port}{at.path}"
        self._behind = {**self.environ, "LEADOFF_DATABASE_URL": through}
        self._endings = cycle([signal.SIGQUIT, signal.SIGINT])
        self._frozen: Standing | None = None
        self.ports: dict[int, int] = {}
        self.joined = 0
        self.stopped: dict[str, int] = {}  # number -> when its STOP was acknowledged

    def _set_up(self, direct: Mapping[str, str]) -> None:
        shop = self.folder / "leadoff.yaml"
        shop.write_text(shop.read_text().replace("rate: 500", f"rate: {RATE}"))
        (self.folder / "flows/minute.yaml").write_text(EACH_MINUTE)
        self.apply()
        self.app.close()
        self.environ = {**self.environ, **direct, **shortly_before_a_minute(self.app.clock.now())}
        self.app = App(self.folder, self.environ, from_environment(self.environ))

    def __exit__(self, *raised: Any) -> None:
        self.thaw()
        super().__exit__(*raised)
        self.proxy.close()
        self.balancer.close()

    def add(self) -> None:
        daemon = Daemon(leadoff(), self.folder, 0, more=self._behind)
        self.daemons.append(daemon)
        self.ports[id(daemon)] = int(daemon.url.rsplit(":", 1)[1])
        self.balancer.ports.append(self.ports[id(daemon)])

    def join_next(self, count: int) -> None:
        """The next ones of all people, from the first one again behind the last."""
        numbers = range(self.joined, self.joined + count)
        self.join([phone(number % PEOPLE) for number in numbers])
        self.joined += count

    def kill(self) -> None:
        daemon = self._draw.choice(self.daemons)
        self.balancer.ports.remove(self.ports[id(daemon)])
        self.daemons.remove(daemon)
        daemon.kill()
        self.add()

    def cut(self) -> None:
        """Every connection to the database, in the middle of whatever it says."""
        self.proxy.cut()

    def restart(self) -> None:
        """The database: once as a machine that fails, once as somebody does it."""
        self._server.restart(next(self._endings))

    def freeze(self) -> None:
        """One stands still until `thaw`, in the middle of whatever it does."""
        port = self.ports[id(self._draw.choice(self.daemons))]
        self.balancer.ports.remove(port)
        self._frozen = Standing(self._process_at(port), port)
        signal.pidfd_send_signal(self._frozen.process, signal.SIGSTOP)

    def thaw(self) -> None:
        if self._frozen is not None:
            signal.pidfd_send_signal(self._frozen.process, signal.SIGCONT)
            self.balancer.ports.append(self._frozen.port)
            self._frozen = None

    def stop(self) -> None:
        """Somebody texts STOP."""
        number = phone(self._draw.randrange(min(self.joined, PEOPLE)))
        consent.unsubscribe(self.app.database, number, "test", self.app.clock.now())
        self.stopped[number] = self.app.clock.now()
        self.app.wake_daemon()

    def _process_at(self, port: int) -> int:
        """The daemon itself, not the one that stands for it here."""
        with self.app.database.reading() as db:
            rows = db.execute("SELECT pid, facts FROM daemon").fetchall()
        return os.pidfd_open(next(pid for pid, facts in rows if json.loads(facts).get("port") == port))

    def waiting(self) -> int:
        """How many messages have not left yet."""
        return sum(state in ("queued", "held", "sending") for state in self.states())

    def runs(self) -> list[RunRow]:
        with self.app.database.reading() as db:
            return outcomes.runs(db)

    def firings(self) -> dict[int, list[int]]:
        """Of the schedule: the instant of each (UTC ms) -> the contacts that it has entered. Two of one instant would be a mistake."""
        with self.app.database.reading() as db:
            occasions = db.execute(
                f"SELECT id, occurred_at FROM event WHERE contact IS NULL AND kind = {START}"
            ).fetchall()
            entered = db.execute("SELECT event, contact FROM run ORDER BY id").fetchall()
        found = {at: [contact for event, contact in entered if event == id] for id, at in occasions}
        assert len(found) == len(occasions), "each minute fires once"
        return found


class Standing(NamedTuple):
    """A process that stands still."""

    process: int  # a pidfd
    port: int


def shortly_before_a_minute(now: int) -> dict[str, str]:
    """The test clock that is so from now on (UTC ms)."""
    ahead = (now // MINUTE + 1) * MINUTE - BEFORE_MS - now
    origin = datetime.fromtimestamp(now / 1000, UTC).isoformat()
    return {"LEADOFF_CLOCK_ORIGIN": origin, "LEADOFF_CLOCK_OFFSET": str(ahead / 1000)}
