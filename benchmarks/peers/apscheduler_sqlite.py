"""APScheduler with SQLAlchemy's job store on SQLite (WAL, FULL): one job a contact and step, in its thread pool."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import create_engine, event

from benchmarks.peers import peer
from benchmarks.peers.peer import Measured

SCHEDULER: list[BackgroundScheduler] = []


def hero(contact: int) -> None:
    peer.hero(contact)
    SCHEDULER[0].add_job("benchmarks.peers.peer:follow_up", "date", run_date=datetime.now(UTC), args=[contact])


def run(n: int, folder: Path, url: str) -> Measured:
    engine = create_engine(f"sqlite:///{folder / 'jobs.db'}")

    @event.listens_for(engine, "connect")
    def durable(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=engine)},
        job_defaults={"misfire_grace_time": None, "coalesce": False, "max_instances": n},
        timezone=UTC,
    )
    SCHEDULER.append(scheduler)
    scheduler.start(paused=True)
    started = time.perf_counter()
    for contact in range(n):
        scheduler.add_job(hero, "date", run_date=datetime.now(UTC), args=[contact])
    middle = time.perf_counter()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    waiting = (folder / "jobs.db").stat().st_size / n
    resumed = time.perf_counter()
    scheduler.resume()
    peer.TEXTS.all_ended.wait()
    seconds = middle - started + time.perf_counter() - resumed
    scheduler.shutdown()
    engine.dispose()
    return Measured(seconds, waiting)


if __name__ == "__main__":
    peer.tell("APScheduler (SQLite)", "apscheduler", run)
