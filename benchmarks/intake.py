"""Events over HTTP: a daemon as `leadoff run` starts it, on loopback, with a token; one event a request, and 500 in each.

The limit of one event a request is the same server with an empty handler in the same run: it reads the body and answers. The limit of
batches is plain sqlite3 inserting the same rows with the same durability, a commit for each request. The flow that the project has is
started by another event, so what is measured is intake, and the tick that consumes the inbox beside it.

    python benchmarks/intake.py [--events 20000] [--connections 32] [--clock wall|cpu] [--format text|json]

`--clock cpu` counts the processor time of the server alone: for a machine that has other work to do.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.promo import CLOCKS, START, people, phone, project
from benchmarks.table import Row, show
from engine.app import App
from engine.deploy.read_project import read_and_check
from engine.store import migrations, tokens
from engine.store.sqlite.database import SqliteDatabase

BATCH = 500
NOTHING: Mapping[str, str] = {}
PEOPLE = 5_000
RUN = (
    "import json, sys; from pathlib import Path; from engine.app import App; from engine.server.daemon import serve\n"
    + ("with App(Path(sys.argv[1]), json.loads(sys.argv[2])) as app: sys.exit(serve(app, port=0))")
)
EMPTY = """
import socket, sys, uvicorn
from fastapi import FastAPI, Request, Response
from engine.server.web.connections import BACKLOG, limited, most_connections
site = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
@site.post("/v1/events", status_code=202)
async def take_events(request: Request) -> Response:
    await request.body()
    return Response(b'{"status":"accepted"}', 202, media_type="application/json")
listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
print("empty runs", "http://127.0.0.1:%d" % listener.getsockname()[1], file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(site, loop="asyncio", http=limited(most_connections()), ws="none", log_config=None,
    access_log=False, server_header=False, proxy_headers=False)).run(sockets=[listener])
"""


def item(number: int) -> dict[str, object]:
    contact = {"phone": phone(number % PEOPLE)}
    return {"id": f"e-{number}", "event": "cart.seen", "contact": contact, "data": {"list": "vip"}}


def requests(count: int, size: int, token: str) -> Iterator[bytes]:
    for first in range(0, count, size):
        items = [item(n) for n in range(first, min(count, first + size))]
        body = json.dumps(items if size > 1 else items[0]).encode()
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Line:
    """One connection: a request, its answer, the next request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""

    def answered(self) -> bool:
        """Read what is there; whether the answer is whole."""
        self._got += self.socket.recv(1 << 20)
        head, gap, body = self._got.partition(b"\r\n\r\n")
        if not gap or len(body) < int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
            return False
        assert (b" 202 " in head or b" 200 " in head) and b"rejected" not in body, self._got[:500]
        self._got = b""
        return True


Timer = Callable[[], float]


def timer_of(clock: str, process: subprocess.Popen[str]) -> Timer:
    """Seconds that pass, or the processor time of a process."""
    if clock == "wall":
        return time.perf_counter

    def cpu() -> float:
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    return cpu


def posted(port: int, wanted: list[bytes], connections: int, timer: Timer = time.perf_counter) -> float:
    """Seconds until all are answered."""
    waiting = iter(wanted)
    lines = [Line(port) for _ in range(min(connections, len(wanted)))]
    started = timer()
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.socket.sendall(next(waiting))
        open_ = len(lines)
        while open_:
            for key, _ in selector.select():
                if not key.data.answered():
                    continue
                following = next(waiting, None)
                if following is None:
                    selector.unregister(key.fileobj)
                    open_ -= 1
                else:
                    key.data.socket.sendall(following)
    seconds = timer() - started
    for line in lines:
        line.socket.close()
    return seconds


@contextmanager
def daemon(
    folder: Path, clock: str, more: str = "", environ: Mapping[str, str] = NOTHING
) -> Iterator[tuple[int, str, Timer]]:
    """Its port, a token, and what measures it. `more`: lines of leadoff.yaml."""
    project(folder)
    text = (folder / "leadoff.yaml").read_text()
    (folder / "leadoff.yaml").write_text(
        text.replace("{list.joined: {list: text}}", "{list.joined: {list: text}, cart.seen: {list: text}}").replace(
            ', base_url: "http://127.0.0.1:9"', ""
        )
        + more
    )
    with App(folder, {}) as app:
        app.apply(read_and_check(folder, app.registry))
        people(app.database, range(PEOPLE))
        token = app.database.write(lambda db: tokens.create(db, "bench", "events", START))
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder), json.dumps(dict(environ))], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = process.stderr.readline()
    assert "runs" in said, said + process.stderr.read()
    yield int(said.split()[2].rsplit(":", 1)[1]), token, timer_of(clock, process)
    process.send_signal(signal.SIGTERM)
    process.communicate()


def empty(count: int, connections: int, clock: str) -> float:
    """Seconds for as many requests of one event, where nothing is done with them."""
    process = subprocess.Popen([sys.executable, "-c", EMPTY], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    port = int(process.stderr.readline().split()[2].rsplit(":", 1)[1])
    posted(port, list(requests(20, 1, "none")), 4)  # warm
    seconds = posted(port, list(requests(count, 1, "none"))[20:], connections, timer_of(clock, process)) / (
        1 - 20 / count
    )
    process.send_signal(signal.SIGTERM)
    process.communicate()
    return seconds


def over_http(count: int, size: int, connections: int, clock: str) -> float:
    with tempfile.TemporaryDirectory() as name, daemon(Path(name), clock) as (port, token, timer):
        posted(port, list(requests(size * 20, size, token)), 4)  # warm
        return posted(port, list(requests(count, size, token))[20:], connections, timer) / (1 - 20 * size / count)


def plain(count: int, size: int, timer: Timer) -> float:
    """Seconds for the same rows by hand."""
    with tempfile.TemporaryDirectory() as name:
        database = SqliteDatabase(Path(name) / "plain.db")
        migrations.upgrade(database)
        database.close()
        db = sqlite3.connect(Path(name) / "plain.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16384", "wal_autocheckpoint=20000"):
            db.execute(f"PRAGMA {pragma}")
        started = timer()
        for first in range(0, count, size):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO event (contact, kind, name, occurred_at, received_at, data, outside_id, digest, hops, pending)"
                " VALUES (?, 0, 'cart.seen', ?, ?, '{\"list\":\"vip\"}', ?, '0123456789abcdef0123456789abcdef', 0, 1)",
                [(n % PEOPLE + 1, START, START, f"e-{n}") for n in range(first, min(count, first + size))],
            )
            db.execute("COMMIT")
        seconds = timer() - started
        db.close()
        return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    rows = []
    for name, size, count in (("one a request", 1, args.events // 4), (f"{BATCH} a request", BATCH, args.events)):
        rate = count / over_http(count, size, args.connections if size == 1 else 4, args.clock)
        limit = count / (
            empty(count, args.connections, args.clock) if size == 1 else plain(count, size, CLOCKS[args.clock])
        )
        rows.append(Row(name, count, rate, "events/s", limit, rate / limit))
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
