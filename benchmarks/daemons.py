"""N due runs worked off by 1, 2 and 4 daemons on one PostgreSQL: ticks and a sender that answers at once, each daemon a process of its own.

They share the machine's cores with the server. The rate counts from the start of the first tick to the end of the last one.

    python benchmarks/daemons.py [--contacts 40000] [--format text|json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import promo
from benchmarks import waiting_contacts as waiting
from benchmarks.postgres_server import new_database, server
from benchmarks.table import Row, show
from engine.app import App, tune_garbage_collection
from engine.clock import ManualClock
from engine.delivery.outbox import Outbox, send_all_due
from engine.runtime.engine import Engine

DAEMONS = (1, 2, 4)
BATCH = 2_000
LATER = promo.START + 2 * promo.DAY


def work(folder: Path, url: str) -> None:
    """One daemon: told to start by a line on stdin, it says when it began, when it ended and how much it sent."""
    clock = ManualClock(LATER)
    with App(folder, {"LEADOFF_DATABASE_URL": url}, clock) as app:
        sender = promo.NullSender()
        engine, outbox = Engine(app.database, app.deployed, BATCH), Outbox(app.database, app.deployed, sender, 1e9)
        tune_garbage_collection()
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.time()
        while True:
            due = engine.tick(clock.now())
            sent = send_all_due(outbox, clock.now, BATCH)
            if not sent and (due is None or due > clock.now()):
                break
        print(json.dumps({"began": began, "ended": time.time(), "sent": sender.taken}))


def together(count: int, n: int, address: str) -> float:
    """Runs a second."""
    with new_database(address) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with waiting.opened(folder, {"LEADOFF_DATABASE_URL": url}, ManualClock(promo.START)) as app:
            waiting.fill(app, n, lambda i: LATER)
        command = [sys.executable, __file__, "--work", name, url]
        daemons = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        for daemon in daemons:
            assert daemon.stdout is not None and daemon.stdout.readline() == "ready\n"
        told = [json.loads(daemon.communicate("go\n")[0]) for daemon in daemons]
        assert sum(each["sent"] for each in told) == (n + 1) // 2, told
        seconds: float = max(each["ended"] for each in told) - min(each["began"] for each in told)
        return n / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=40_000)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work:
        work(Path(args.work[0]), args.work[1])
        return
    with server() as address:
        rates = {count: together(count, args.contacts, address) for count in DAEMONS}
    rows = [
        Row(f"{count} daemons", args.contacts, rate, "runs/s", rates[1], rate / rates[1])
        for count, rate in rates.items()
    ]
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
