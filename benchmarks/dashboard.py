"""Every page of the dashboard on a project of ninety days (large_shop.py), as a daemon of its own serves it; then fifty who look.

Each page is asked several times, signed in: when its first byte came and when it was done, the median and the worst. Then messages leave,
by turns with nobody looking and with 50 viewers, each with an open stream, who ask for their page again as its script does. The daemon
sends to its own simulator, over HTTP.

    python benchmarks/dashboard.py [--database sqlite|postgres] [--runs 1000000] [--keep FOLDER] [--format text|json]

`--keep FOLDER` builds the project there, which takes minutes, or measures the one that was built there before (SQLite alone).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import large_shop, postgres_server
from benchmarks.intake import RUN, Timer, timer_of
from engine.app import App
from engine.clock import SystemClock
from engine.intake.events import IncomingEvent, accept
from engine.store import tokens
from engine.store.sql import Connection, number
from engine.store.states import ACCEPTED

FIRST_BYTE, DONE = 100, 300
"""Targets, in milliseconds."""
TIMES = 7
VIEWERS = 50
WATCHED = ("/", "/inbox", "/flows", "/flows/f0")
TURNS = 2  # with nobody, and with all


class Measured(NamedTuple):
    """Milliseconds."""

    page: str
    first: float
    first_worst: float
    done: float
    done_worst: float
    cpu: float  # of the daemon, on average
    bytes: int


class Visitor:
    """A browser that is signed in."""

    def __init__(self, port: int, token: str = "", cookie: str = "") -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookie = cookie
        if token:
            form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
            self._line.request("POST", "/sign-in", urlencode({"token": token, "back": "/"}), form)
            answer = self._line.getresponse()
            answer.read()
            self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
            assert answer.status == 303 and self.cookie, answer.status

    def get(self, path: str, **headers: str) -> tuple[float, float, bytes]:
        """Seconds to the first byte and to the last."""
        began = time.perf_counter()
        try:
            answer = self._asked(path, headers)
        except (RemoteDisconnected, ConnectionError):  # nothing was asked for a while, so the server closed the line
            self._line.close()
            answer = self._asked(path, headers)
        first = time.perf_counter() - began
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        return first, time.perf_counter() - began, body

    def _asked(self, path: str, headers: Mapping[str, str]) -> HTTPResponse:
        self._line.request("GET", path, headers={"Cookie": self.cookie, **headers})
        return self._line.getresponse()


def pages(db: Connection, runs: int) -> Iterator[str]:
    """Addresses of all of them; `runs` is also the newest contact, who waits somewhere."""
    middle = runs // 2
    thread = number(db, "SELECT MAX(contact) FROM thread WHERE last_event > done_up_to")
    yield from ("/", f"/inbox/{thread}", "/inbox", "/inbox?done=1", "/flows", "/flows/f0", "/flows/f0?list=1")
    yield from ("/flows/f0/drawing.svg", f"/flows/f0/rollback?to={large_shop.DEPLOYMENTS - 1}", "/messages")
    yield from (f"/messages?{which}" for which in ("flow=f0", "status=unknown", "status=expired", "status=held"))
    yield from (f"/messages?flow=f1&status=failed&before={3 * middle}", f"/messages/{3 * middle}")
    yield from ("/people", f"/people?before={middle}", f"/people/{middle}", f"/people/{runs}")
    yield from (f"/people?find={quote(words)}" for words in ("202 212 34", "Ann96 Smith9972", "nobody@acme.example"))
    yield from ("/deployments", "/system", "/pictures", "/release", "/metrics")


def asked(visitor: Visitor, path: str, cpu: Timer) -> Measured:
    visitor.get(path)
    began = cpu()
    times = [visitor.get(path) for _ in range(TIMES)]
    used = 1000 * (cpu() - began) / TIMES
    first, done = [1000 * each[0] for each in times], [1000 * each[1] for each in times]
    return Measured(
        path, statistics.median(first), max(first), statistics.median(done), max(done), used, len(times[0][2])
    )


@contextmanager
def daemon(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[int, int, Timer]]:
    """Its port, its process and its processor time."""
    own = RUN.replace("port=0", "port=0, host='127.0.0.1'")
    with (folder / "daemon.log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", own, str(folder), json.dumps(dict(environ))], stderr=log, text=True
        )
        try:
            port = None
            while port is None:
                time.sleep(0.05)
                assert process.poll() is None, (folder / "daemon.log").read_text()
                port = re.search(r"127\.0\.0\.1:(\d+)", (folder / "daemon.log").read_text())
            yield int(port[1]), process.pid, timer_of("cpu", process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def memory(pid: int) -> float:
    """Resident, MB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


class Viewers:
    """They look until the end of the block; `answers`: how many pages they were given."""

    def __init__(self, port: int, cookie: str) -> None:
        self.answers = 0
        self._port, self._cookie, self._over = port, cookie, threading.Event()
        self._lines: dict[int, HTTPConnection] = {}
        self._threads = [threading.Thread(target=self._look, args=(n,)) for n in range(VIEWERS)]

    def __enter__(self) -> Viewers:
        for each in self._threads:
            each.start()
        while self.answers < VIEWERS:  # what opens is told of everything at once
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for line in self._lines.values():
            if line.sock is not None:
                line.sock.shutdown(socket.SHUT_RDWR)  # who reads it, goes on
        for each in self._threads:
            each.join()

    def _look(self, n: int) -> None:
        visitor, since = Visitor(self._port, cookie=self._cookie), ""
        while not self._over.is_set():
            line = self._lines[n] = HTTPConnection("127.0.0.1", self._port, timeout=120)
            line.request("GET", f"/live?since={since}", headers={"Cookie": self._cookie})
            try:
                stream = line.getresponse()
                while not self._over.is_set() and (said := stream.readline()):
                    if said.startswith(b"id:"):  # the end of what it is told at one time
                        since = said[3:].strip().decode()
                        visitor.get(WATCHED[n % len(WATCHED)], **{"X-Part": "1"})
                        self.answers += 1
            except (RemoteDisconnected, ConnectionError):
                pass  # at the end
            finally:
                line.close()


class Pings:
    """Messages that leave at once."""

    def __init__(self, app: App, count: int) -> None:
        self._app, self._count = app, count

    def seconds(self) -> float:
        """From the first event to the last answer of the provider."""
        app = self._app
        with app.database.reading() as db:
            before = number(db, "SELECT MAX(id) FROM message") or 0
        began = time.perf_counter()
        for first in range(1, self._count + 1, 500):
            numbers = range(first, min(self._count, first + 499) + 1)
            items = [IncomingEvent("ping.asked", {"phone": large_shop.phone(n)}, {}) for n in numbers]
            answers = accept(app.database, app.deployed().project, items, app.clock.now())
            assert all(each.status == "accepted" for each in answers), answers[:2]
            app.wake_daemon()
        sql = f"SELECT COUNT(*) FROM message WHERE id > ? AND status >= {ACCEPTED}"
        while True:
            with app.database.reading() as db:
                if (number(db, sql, (before,)) or 0) >= self._count:
                    return time.perf_counter() - began
            time.sleep(0.1)


def stats_seconds(folder: Path, environ: Mapping[str, str]) -> float:
    """Of `leadoff stats f0`, with the start of its process; the least of three."""
    command = [str(Path(sys.executable).with_name("leadoff")), "stats", "f0", "--project", str(folder)]
    times = []
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | dict(environ))
        times.append(time.perf_counter() - began)
    return min(times)


def measure(folder: Path, environ: Mapping[str, str], runs: int, pings: int) -> dict[str, Any]:
    with App(folder, environ, SystemClock()) as app:
        name = f"bench-{time.time_ns()}"
        token = app.database.write(lambda db: tokens.create(db, name, "admin", app.clock.now()))
        with app.database.reading() as db:
            addresses = list(pages(db, runs))
        with daemon(folder, environ) as (port, pid, cpu):
            visitor = Visitor(port, token)
            at_first = memory(pid)
            found = [asked(visitor, path, cpu) for path in addresses]
            with_pages = memory(pid)
            sending = Pings(app, pings)
            sending.seconds()  # warm
            alone, watched, answers, most = [], [], 0, 0.0
            for _ in range(TURNS):
                alone.append(sending.seconds())
                with Viewers(port, visitor.cookie) as viewers:
                    watched.append(sending.seconds())
                    most = max(most, memory(pid))
                answers += viewers.answers
    return {
        "pages": [each._asdict() for each in found],
        "alone": pings / min(alone),
        "watched": pings / min(watched),
        "viewers": VIEWERS,
        "answers": answers,
        "memory": [at_first, with_pages, most],
        "stats": stats_seconds(folder, environ),
        "runs": runs,
    }


def shown(found: Mapping[str, Any]) -> str:
    lines = [f"{'page':<50}{'first byte, ms':>16}{'worst':>8}{'done, ms':>10}{'worst':>8}{'CPU, ms':>9}{'kB':>6}"]
    for each in map(lambda row: Measured(**row), found["pages"]):
        late = " !" if each.first > FIRST_BYTE or each.done > DONE else ""
        lines.append(
            f"{each.page:<50}{each.first:>16.0f}{each.first_worst:>8.0f}{each.done:>10.0f}{each.done_worst:>8.0f}"
            f"{each.cpu:>9.0f}{each.bytes / 1000:>6.0f}{late}"
        )
    lines.append(f"messages/s: {found['alone']:.0f} alone, {found['watched']:.0f} with {found['viewers']} viewers")
    lines.append("memory, MB: " + ", ".join(f"{each:.0f}" for each in found["memory"]))
    lines.append(f"leadoff stats: {found['stats']:.2f} s")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=postgres_server.KINDS, default="sqlite")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--pings", type=int, default=3_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, postgres_server.of_kind(args.database) as new, new() as url:
        environ = {"LEADOFF_DATABASE_URL": url} if url else {}
        folder = args.keep or Path(name)
        if not (folder / "leadoff.yaml").exists():
            large_shop.build(folder, environ, args.runs)
        found = measure(folder, environ, args.runs, args.pings)
    print(json.dumps(found) if args.format == "json" else shown(found))


if __name__ == "__main__":
    main()
