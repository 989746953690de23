"""A batch of due runs among very many that wait: claimed, advanced and stored, in milliseconds.

N contacts wait in a flow of two delays. A thousand of them fall due and go on to the second delay, twenty times over: in the order in which
they came (their rows lie side by side), and in random order (each row lies somewhere else). The limit of a row is its target.

    python benchmarks/claims.py [--sizes 10000,1000000] [--database sqlite|postgres] [--clock wall|cpu] [--format text|json]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.postgres_server import KINDS, of_kind
from benchmarks.promo import CLOCKS, DAY, PROJECT, START, Timer, bytes_per_run, people
from benchmarks.promo_postgres import bytes_per_run as bytes_per_run_of_postgres
from benchmarks.table import Row, show
from engine.app import App, tune_garbage_collection
from engine.clock import ManualClock
from engine.deploy.read_project import read_and_check
from engine.runtime.engine import BATCH, Engine
from engine.store.sql import Connection

FLOW = """\
flow: promo
language: 1
trigger: {event: list.joined}
steps:
  - id: think
    delay: 2d
  - id: again
    delay: 2d
"""
TIMES = 20
AT_ONCE = 50_000
LONG = START + 400 * DAY
MOST = {  # ms among a million, bytes; 0: no target is set
    "sqlite": ({"in order": 30.0, "at random": 80.0}, 80.0),
    "postgres": ({"in order": 0.0, "at random": 0.0}, 200.0),
}


def filled(app: App, n: int) -> None:
    """N contacts, each with a run that waits at the first delay until long after."""
    flow = app.deployed().names.flow_ids["promo"]
    step = app.deployed().names.step_ids[flow, "think"]
    sql = (
        "INSERT INTO run (id, contact, flow, lane, step, status, due_at, due_wall, entered_at, stayed)"
        " VALUES (?, ?, ?, 0, ?, 0, ?, ?, ?, 0)"
    )
    for first in range(0, n, AT_ONCE):
        numbers = range(first, min(n, first + AT_ONCE))
        people(app.database, numbers)
        rows = [(i + 1, i + 1, flow, step, LONG + i, LONG + i, START) for i in numbers]
        app.database.write(lambda db, rows=rows: db.many(sql, rows))  # type: ignore[misc]


def batches(app: App, engine: Engine, clock: ManualClock, ids: list[int], timer: Timer) -> float:
    """The median of the milliseconds that a thousand of these take, a thousand after the other."""
    took = []
    for first in range(0, len(ids), BATCH):
        clock.move_to(clock.now() + 60_000)
        now = clock.now()

        def fall_due(db: Connection, some: list[int] = ids[first : first + BATCH], now: int = now) -> None:
            db.many("UPDATE run SET due_at = ?, due_wall = ? WHERE id = ?", [(now - 1, now - 1, id) for id in some])

        app.database.write(fall_due)
        started = timer()
        engine.tick(now)
        took.append((timer() - started) * 1000)
    return statistics.median(took)


def one_size(n: int, kind: str, url: str, timer: Timer) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), ManualClock(START + DAY)
        (folder / "flows").mkdir()
        (folder / "leadoff.yaml").write_text(PROJECT)
        (folder / "flows/promo.yaml").write_text(FLOW)
        tune_garbage_collection()
        with App(folder, {"LEADOFF_DATABASE_URL": url} if url else {}, clock) as app:
            app.apply(read_and_check(folder, app.registry))
            filled(app, n)
            size = bytes_per_run_of_postgres(url, n) if url else bytes_per_run(Path(app.database.name), n)
            times = min(TIMES, n // BATCH // 2)
            chosen = random.Random(7).sample(range(n // 2, n), times * BATCH)
            engine = app.engine()
            found = {
                "in order": batches(app, engine, clock, list(range(1, times * BATCH + 1)), timer),
                "at random": batches(app, engine, clock, chosen, timer),
            }
    most, bytes_most = MOST[kind]
    rows = [
        Row(f"1,000 {how}, {kind}", n, ms, "ms", most[how], ms / most[how] if most[how] else 0)
        for how, ms in found.items()
    ]
    return [*rows, Row(f"waiting contact, {kind}", n, size, "bytes", bytes_most, size / bytes_most)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    rows: list[Row] = []
    with of_kind(args.database) as new:
        for size in map(int, args.sizes.split(",")):
            with new() as url:
                rows += one_size(size, args.database, url, CLOCKS[args.clock])
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
