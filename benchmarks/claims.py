"""Claim and advance 1,000 due runs among N that wait: the statements alone, in one transaction, and a whole tick with its messages.

In arrival order runs fall due in the order in which they were made, in random order all over the table.

    python benchmarks/claims.py [--sizes 10000,1000000] [--database sqlite|postgres] [--format text|json]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import promo
from benchmarks import waiting_contacts as waiting
from benchmarks.postgres_server import of_kind
from benchmarks.table import Row, show
from engine.app import App, tune_garbage_collection
from engine.clock import ManualClock
from engine.store import runs
from engine.store.sql import Connection

DUE = 1_000
ROUNDS = 20
LIMITS_MS = {"arrival": 6.0, "random": 20.0}
LATER = promo.START + 2 * promo.DAY


def one(n: int, kind: str, order: str, url: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(promo.START)
        with waiting.opened(Path(folder), {"LEADOFF_DATABASE_URL": url} if url else {}, clock) as app:
            places = waiting.shuffled(n) if order == "random" else range(n)
            waiting.fill(app, n, lambda i: LATER + places[i])
            tune_garbage_collection()
            rounds = min(ROUNDS, n // DUE // 2)
            statements = median(_statements(app, LATER + DUE * (at + 1) - 1) for at in range(rounds))
            tick = median(_tick(app, LATER + DUE * (rounds + at + 1) - 1) for at in range(rounds))
    limit = LIMITS_MS[order] if kind == "sqlite" else 0.0  # no target is set for PostgreSQL, nor for a whole tick
    return [
        Row(f"claim, {kind}, {order}", n, statements, "ms for 1,000", limit, statements / limit if limit else 0.0),
        Row(f"tick, {kind}, {order}", n, tick, "ms for 1,000", 0.0, 0.0),
    ]


def _statements(app: App, now: int) -> float:
    names = app.deployed().names

    def write(db: Connection) -> int:
        cases = runs.with_ids(db, runs.claim_due(db, now, DUE), names).values()
        ended = [case.run._replace(status="exited", reason="end", due=None, wall=None) for case in cases]
        runs.update(db, ended, now, names)
        return len(cases)

    started = time.perf_counter()
    assert app.database.write(write) == DUE
    return (time.perf_counter() - started) * 1000


def _tick(app: App, now: int) -> float:
    engine = app.engine()
    started = time.perf_counter()
    engine.tick(now)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    rows: list[Row] = []
    with of_kind(args.database) as new:
        for size in map(int, args.sizes.split(",")):
            for order in LIMITS_MS:
                with new() as url:
                    rows += one(size, args.database, order, url)
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
