"""A shop on disk, its daemon as a real process that may be killed, and the provider in the test's own process.

Nothing here waits for a time to pass: every wait is for a thing to be so, with a deadline at which the test fails.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from engine.app import App
from engine.deploy.read_project import read_and_check
from engine.intake.events import IncomingEvent, accept
from engine.simulator import Simulator
from engine.store.queries import outcomes
from engine.store.queries.outcomes import MessageRow
from engine.store.states import SENDING
from tests import databases
from tests.fork_server import leadoff

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
SETTLED = {"accepted", "sent", "delivered", "undelivered", "failed", "cancelled", "unknown"}
PROJECT = """\
project: test-shop
brand: Acme
timezone: America/New_York
senders:
  main: {provider: simulator, number: "+18445550100", rate: 500, on_unknown: %s%s}
links: {shop: "https://acme.example/spring"}
events:
  list.joined: {list: text}
"""
FLOW = """\
flow: hello
language: 1
category: transactional
trigger:
  event: list.joined
steps:
  - id: hi
    sms: {text: "Hello! {{ link('shop') }}"}
  - id: pause
    delay: 1s
  - id: more
    sms: {text: "One more thing."}
"""


def until(seen: Callable[[], bool], what: str, patience: float = PATIENCE_SECONDS) -> None:
    """Wait for something that another process does."""
    deadline, never, pause = time.monotonic() + patience, threading.Event(), 0.005
    while not seen():
        assert time.monotonic() < deadline, f"never seen: {what}"
        never.wait(pause)
        pause = min(pause * 1.5, 0.05)  # who looks again and again takes the time of whoever is looked at


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def phone(number: int) -> str:
    """Numbers for fiction: the last two digits count, the area codes go round."""
    return f"+1{('202', '312', '416', '503')[number // 90]}55501{number % 90:02d}"


TOKENS = {"LEADOFF_SENDER_MAIN_TOKEN": "simulator"}  # the stage's provider is a process of its own


class Daemon:
    """The daemon as a process of its own: `command run …`. `said` is what it wrote to stderr."""

    def __init__(
        self, command: Sequence[str], folder: Path, port: int, web: bool = True, more: Mapping[str, str] | None = None
    ) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
            **TOKENS,
            **databases.environ(),
            **(more or {}),
        }
        words = ["run", "--project", str(folder), "--port", str(port), *([] if web else ["--no-web"])]
        self.process = subprocess.Popen([*command, *words], env=environ, stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.said.append(line.rstrip())
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, words: str) -> str:
        """The first line with these words."""

        def found() -> str | None:
            return next(
                (line for line in self.said if words in line and not line.startswith(" ")), None
            )  # no traceback

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or self._ended, PATIENCE_SECONDS)
            line = found()
        assert line is not None, f"the daemon never said {words!r}, but: {self.said}"
        return line

    def ready(self) -> Daemon:
        self.wait_for("leadoff runs:")
        return self

    @property
    def url(self) -> str:
        return self.wait_for("leadoff runs:").split()[2]

    def kill(self) -> None:
        """As the power does."""
        self.process.kill()
        self._close()

    def terminate(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.code()

    def code(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        self._close()
        return code

    def _close(self) -> None:
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()


class Stage:
    """`with Stage(tmp_path) as stage:` a deployed shop, its provider, and no daemon yet."""

    def __init__(
        self,
        folder: Path,
        on_unknown: str = "settle",
        own_simulator: bool = False,
        flow: str = FLOW,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.environ = {**TOKENS, **databases.environ(), **(environ or {})}
        self.simulator = Simulator(accounts={"demo": "simulator"}, retry_delays=(0.1,) * 100)
        self.simulator.start()
        self.port = free_port()  # the same for every daemon: callbacks find the next one
        self.daemons: list[Daemon] = []
        (folder / "flows").mkdir(parents=True)
        base = "" if own_simulator else f", base_url: {self.simulator.url!r}"
        (folder / "media").mkdir()
        Image.new("RGB", (32, 40), "teal").save(folder / "media/hero.png")
        (folder / "leadoff.yaml").write_text(PROJECT % (on_unknown, base))
        (folder / "flows/hello.yaml").write_text(flow)
        self.folder = folder
        self.app = App(folder, self.environ)
        self.apply()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for daemon in self.daemons:
            if daemon.process.poll() is None:
                daemon.kill()
        self.simulator.stop()
        self.app.close()

    def apply(self) -> None:
        checked = read_and_check(self.folder, self.app.registry)
        assert checked.ok, checked.findings
        self.app.apply(checked)

    def daemon(self, web: bool = True, more: Mapping[str, str] | None = None) -> Daemon:
        return self._started(Daemon(leadoff(), self.folder, self.port, web, more))

    def fresh_daemon(self) -> Daemon:
        """By an interpreter that has imported nothing, as users start it."""
        return self._started(Daemon([sys.executable, "-m", "engine.cli"], self.folder, self.port))

    def _started(self, daemon: Daemon) -> Daemon:
        self.daemons.append(daemon)
        return daemon

    def join(self, phones: Sequence[str]) -> None:
        """Each of these numbers joins the list: one event, one run, two messages. As `leadoff event` does it."""
        items = [IncomingEvent("list.joined", {"phone": number}, {"list": "vip"}) for number in phones]
        taken = accept(self.app.database, self.app.deployed().project, items, self.app.clock.now())
        assert {answer.status for answer in taken} == {"accepted"}
        self.app.wake_daemon()

    def tags(self) -> Counter[str | None]:
        """What the provider has accepted, by our key: a 2 would be a message sent twice."""
        return Counter(entry.tag for entry in self.simulator.ledger.messages())

    def messages(self) -> list[MessageRow]:
        with self.app.database.reading() as db:
            return outcomes.messages(db)

    def states(self) -> list[str]:
        return [message.status for message in self.messages()]

    def leases_end(self) -> None:
        """As two minutes later: on PostgreSQL that frees what a daemon that died was sending; on SQLite the next start does."""
        if databases.URL not in self.environ:
            return
        until(lambda: self._sessions_at_work() == 0, "the end of what its server was told last")
        self.app.database.write(
            lambda db: db.execute(f"UPDATE message SET due_at = ? WHERE status = {SENDING}", (self.app.clock.now(),))
        )

    def _sessions_at_work(self) -> int:
        with self.app.database.reading() as db:
            (count,) = db.execute(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
        return int(count)

    def _are_settled(self, count: int) -> bool:
        states = self.states()
        return len(states) == count and set(states) <= SETTLED

    def settle(self, count: int) -> None:
        """Wait until `count` messages are written, none is on its way, and the provider has told all it knows."""
        until(lambda: self._are_settled(count), f"{count} settled messages")
        assert self.simulator.settle(PATIENCE_SECONDS)
        until(self._has_taken_all_in, "the last callbacks taken in")

    def _has_taken_all_in(self) -> bool:
        with self.app.database.reading() as db:
            waiting = db.execute("SELECT COUNT(*) FROM event WHERE pending = 1").fetchone()
        return waiting == (0,) and not {"accepted", "sent"} & set(self.states())


@contextmanager
def logging_of_its_own() -> Iterator[None]:
    """The logging of the test run stands again afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("leadoff")
    handlers, level, hook = root.handlers, root.level, threading.excepthook
    root.handlers = []  # `configure` closes what it replaces
    yield
    root.handlers, threading.excepthook = handlers, hook
    root.setLevel(level)
    ours.setLevel(logging.NOTSET)
