"""The promo flow (promo.py) on PostgreSQL, one daemon's work, against plain psycopg in the same run: the same writes, and bare.

The server is that of LEADOFF_TEST_POSTGRES, or one from a wheel; synchronous_commit is on. What the server itself costs shares the machine.

    python benchmarks/promo_postgres.py [--sizes 1000,10000,100000] [--format text|json]
"""

from __future__ import annotations

import argparse
import resource
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
    """Of the run table and its indexes, packed, without what they take while they are empty."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM FULL run")
        db.execute("CREATE TEMP TABLE nothing (LIKE run INCLUDING ALL)")
        sizes = "SELECT pg_total_relation_size('run') - pg_total_relation_size('nothing')"
        (size,) = db.execute(sizes).fetchone() or (0,)
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
    return promo.rows_of(
        n, (seconds, same, bare), Row("waiting contact", n, waiting, "bytes", 200, waiting / 200), memory
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(show(one_size(args.one, args.server), "json"))
        return 0
    with server() as address:
        return promo.show_each(__file__, args.sizes, args.format, "--server", address)


if __name__ == "__main__":
    sys.exit(main())
