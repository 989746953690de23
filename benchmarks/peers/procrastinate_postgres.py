"""procrastinate on PostgreSQL: a job a message, deferred in batches, the second one scheduled; a worker of 20 jobs at a time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import procrastinate
import psycopg

from benchmarks.peers import peer
from benchmarks.peers.peer import Measured

BATCH = 500


def packed_bytes(url: str) -> int:
    """Of the jobs that wait; they are due now."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM FULL procrastinate_jobs")
        (size,) = db.execute("SELECT pg_total_relation_size('procrastinate_jobs')").fetchone() or (0,)
        db.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    return int(size)


async def work(n: int, url: str) -> Measured:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=4, max_size=20))
    later = datetime.now(UTC) + timedelta(days=2)

    @app.task(name="follow_up")
    async def follow_up(contact: int) -> None:
        peer.follow_up(contact)

    @app.task(name="hero")
    async def hero(contact: int) -> None:
        peer.hero(contact)
        await follow_up.configure(schedule_at=later).defer_async(contact=contact)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        started = time.perf_counter()
        for first in range(0, n, BATCH):
            await hero.batch_defer_async(*({"contact": i} for i in range(first, min(n, first + BATCH))))
        await app.run_worker_async(wait=False, concurrency=20, delete_jobs="successful", install_signal_handlers=False)
        middle = time.perf_counter()
        waiting = packed_bytes(url) / n
        resumed = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=20, delete_jobs="successful", install_signal_handlers=False)
        return Measured(middle - started + time.perf_counter() - resumed, waiting)


def run(n: int, folder: Path, url: str) -> Measured:
    return asyncio.run(work(n, url))


if __name__ == "__main__":
    peer.tell("procrastinate (PostgreSQL)", "procrastinate", run)
