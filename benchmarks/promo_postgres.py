"""The promo flow (promo.py) on PostgreSQL, one daemon's work, against plain psycopg in the same run: the same writes, and bare.

The server is that of LEADOFF_TEST_POSTGRES, or one from a wheel; synchronous_commit is on. What the server itself costs shares the machine.

    python benchmarks/promo_postgres.py [--sizes 1000,10000,100000] [--format text|json]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psycopg

from benchmarks import promo
from benchmarks.plain_postgres import BareState, SameWrites
from benchmarks.postgres_server import new_database, server
from benchmarks.table import Row, show
from benchmarks.waiting_contacts import opened
from engine.app import tune_garbage_collection
from engine.clock import ManualClock
from engine.delivery.outbox import Outbox, send_all_due
from engine.intake import events

BATCH = 2_000
TURNS = {1_000: 5, 10_000: 3}


def product(url: str, n: int) -> tuple[float, float]:
    """Seconds for the whole work, and bytes per waiting contact."""
    tune_garbage_collection()
    clock = ManualClock(promo.START)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), {"LEADOFF_DATABASE_URL": url}, clock) as app:
        for first in range(0, n, 10_000):
            promo.people(app.database, range(first, min(n, first + 10_000)))
        sender = promo.NullSender()
        outbox = Outbox(app.database, app.deployed, sender, 1e9)
        engine, project = app.engine(), app.deployed().project
        engine = type(engine)(app.database, app.deployed, BATCH)
        started = time.perf_counter()
        for first in range(0, n, BATCH):
            batch = [
                events.IncomingEvent("list.joined", {"phone": promo.phone(i)}, {"list": "vip"})
                for i in range(first, min(n, first + BATCH))
            ]
            assert all(one.status == "accepted" for one in events.accept(app.database, project, batch, clock.now()))
            engine.tick(clock.now())
            send_all_due(outbox, clock.now, BATCH)
        middle = time.perf_counter()
        waiting = bytes_per_run(url, n)
        clock.move_to(promo.START + 2 * promo.DAY)
        resumed = time.perf_counter()
        engine.tick(clock.now())
        send_all_due(outbox, clock.now, BATCH)
        seconds = middle - started + time.perf_counter() - resumed
        assert sender.taken == n + (n + 1) // 2, sender.taken
    return seconds, waiting


def bytes_per_run(url: str, n: int) -> float:
    """Of the run table and its indexes, packed."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM FULL run")
        (size,) = db.execute("SELECT pg_total_relation_size('run')").fetchone() or (0,)
    return float(size) / n


def tables(url: str) -> str:
    """The product's, empty."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened(Path(folder), {"LEADOFF_DATABASE_URL": url}, ManualClock(promo.START)),
    ):
        return url


def one_size(n: int, address: str) -> list[Row]:
    seconds, same, bare, waiting, memory = [], [], [], 0.0, 0.0
    for _ in range(TURNS.get(n, 1)):
        with new_database(address) as url:
            took, waiting = product(url, n)
        memory = memory or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds.append(took)
        with new_database(address) as url:
            same.append(SameWrites(tables(url)).run(n, time.perf_counter))
        with new_database(address) as url:
            bare.append(BareState(url).run(n, time.perf_counter))
    rate, limit, least = (promo.STEPS * n / min(times) for times in (seconds, same, bare))
    return [
        Row("promo/same writes", n, rate, "contact-steps/s", limit, rate / limit),
        Row("promo/bare", n, rate, "contact-steps/s", least, rate / least),
        Row("waiting contact", n, waiting, "bytes", 180, waiting / 180),
        Row("resident memory", n, memory, "MB", 120, memory / 120),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(show(one_size(int(args.one[0]), args.one[1]), "json"))
        return
    rows: list[Row] = []
    with server() as address:
        for size in args.sizes.split(","):
            # A process for each size: memory is the process's highest mark.
            command = [sys.executable, __file__, "--one", size, address]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(done.stderr)
            rows += Row.read(done.stdout)
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
