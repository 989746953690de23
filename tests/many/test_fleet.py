"""Four daemons on one database against a provider that misbehaves, while they are killed, frozen and cut off: the ledger agrees.

`LEADOFF_FLEET_SECONDS=600 python -m pytest tests/many/test_fleet.py` plays the long form, with a fault every ten seconds.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.contacts import consent
from engine.store import contacts, outbox
from engine.store.queries import outcomes
from engine.store.queries.outcomes import RunRow
from tests.fork_server import leadoff
from tests.many.proxy import Balancer, Proxy
from tests.server.stage import Daemon, Stage, phone, until

SECONDS = float(os.environ.get("LEADOFF_FLEET_SECONDS", "0"))  # at least each harm once
HARMS = ("kill", "cut", "stop", "freeze", "cut", "stop")
PAUSE_SECONDS = 10.0 if SECONDS > 60 else 0.6
PROVIDER_FAULTS = cycle(
    ["drop_answer", "reset", "reset_after", "429;retry_after=1", "500", "duplicate_callbacks", "callback_before_answer"]
)
ENDED = {"delivered", "unknown", "cancelled", "skipped", "expired", "failed", "undelivered"}


class Fleet(Stage):
    """A shop whose database is PostgreSQL, behind a proxy, with four daemons behind a balancer."""

    def __init__(self, folder: Path, url: str) -> None:
        at = urlsplit(url)
        said = parse_qs(at.query)
        self.proxy, self.balancer = Proxy(f"{said['host'][0]}/.s.PGSQL.{said.get('port', ['5432'])[0]}"), Balancer()
        user = said.get("user", ["postgres"])[0]
        direct = {"LEADOFF_DATABASE_URL": url, "LEADOFF_PUBLIC_URL": f"http://127.0.0.1:{self.balancer.port}"}
        self.behind = {**direct, "LEADOFF_DATABASE_URL": f"postgresql://{user}@127.0.0.1:{self.proxy.port}{at.path}"}
        super().__init__(folder, environ=direct)
        self.ports: dict[int, int] = {}
        self.stopped: dict[str, int] = {}  # number -> when its STOP was acknowledged

    def add(self) -> Daemon:
        daemon = Daemon(leadoff(), self.folder, 0, more=self.behind)
        self.daemons.append(daemon)
        self.ports[id(daemon)] = int(daemon.url.rsplit(":", 1)[1])
        self.balancer.ports.append(self.ports[id(daemon)])
        return daemon

    def lose(self, daemon: Daemon) -> None:
        self.balancer.ports.remove(self.ports[id(daemon)])
        self.daemons.remove(daemon)
        daemon.kill()

    def freeze(self, daemon: Daemon) -> None:
        """It stands still for a moment, in the middle of whatever it does."""
        port = self.ports[id(daemon)]
        self.balancer.ports.remove(port)
        daemon.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(PAUSE_SECONDS)
        daemon.process.send_signal(signal.SIGCONT)
        self.balancer.ports.append(port)

    def stop(self, number: str) -> None:
        consent.unsubscribe(self.app.database, number, "test", self.app.clock.now())
        self.stopped[number] = self.app.clock.now()
        self.app.wake_daemon()

    def runs(self) -> list[RunRow]:
        with self.app.database.reading() as db:
            return outcomes.runs(db)

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self.proxy.close()
        self.balancer.close()


def test_the_ledger_agrees_with_four_daemons(url: str, tmp_path: Path) -> None:
    draw = random.Random(7)
    with Fleet(tmp_path / "shop", url) as fleet:
        for _ in range(4):
            fleet.add()
        began, joined, harms = time.monotonic(), 0, cycle(HARMS)
        while joined < 10 * len(HARMS) or time.monotonic() - began < SECONDS:
            fleet.join([phone(number % 300) for number in range(joined, joined + 10)])
            joined += 10
            fleet.simulator.add_fault(next(PROVIDER_FAULTS))
            harm, daemon = next(harms), draw.choice(fleet.daemons)
            if harm == "kill":
                fleet.lose(daemon)
                fleet.add()
            elif harm == "cut":
                fleet.proxy.cut()
            elif harm == "freeze":
                fleet.freeze(daemon)
            elif harm == "stop":
                fleet.stop(phone(draw.randrange(min(joined, 300))))
            threading.Event().wait(PAUSE_SECONDS)
        fleet.app.database.write(lambda db: outbox.recover(db, fleet.app.clock.now()))  # as two minutes later
        fleet.app.wake_daemon()
        until(lambda: {run.status for run in fleet.runs()} == {"exited"}, "the end of every run")
        until(lambda: set(fleet.states()) <= {*ENDED, "accepted", "sent"}, "nothing that waits")
        assert fleet.simulator.settle(30)
        until(lambda: set(fleet.states()) <= ENDED, "nothing under way")
        check_books(fleet)


def check_books(fleet: Fleet) -> None:
    messages, tags = fleet.messages(), fleet.tags()
    assert set(tags.values()) <= {1}, "nothing is sent twice"
    assert len(messages) == len({message.tag for message in messages})
    by_tag = {message.tag: message for message in messages}
    assert set(tags) <= set(by_tag), "everything that was sent is known"
    assert {by_tag[tag].status for tag in tags if tag is not None} <= {"delivered", "unknown"}
    assert {message.tag for message in messages if message.status == "delivered"} <= set(tags)
    with fleet.app.database.reading() as db:
        stopped = {who.id: fleet.stopped[who.phone] for who in contacts.find(db, fleet.stopped, [])}
    late = [
        each for each in messages if each.sent_at is not None and each.sent_at > stopped.get(each.contact, each.sent_at)
    ]
    assert late == [], "nothing is claimed after a STOP"
    assert len(messages) > 60
