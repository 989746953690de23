"""Huey on SQLite, fsync on: a task a message, the second one scheduled; in one thread, as one consumer works it off."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

from huey import SqliteHuey

from benchmarks.peers import peer
from benchmarks.peers.peer import Measured

LATER = datetime.now() + timedelta(days=2)


def run(n: int, folder: Path, url: str) -> Measured:
    path = folder / "huey.db"
    huey = SqliteHuey(filename=str(path), fsync=True, results=False, utc=False)

    @huey.task()
    def follow_up(contact: int) -> None:
        peer.follow_up(contact)

    @huey.task()
    def hero(contact: int) -> None:
        peer.hero(contact)
        huey.add_schedule(follow_up.s(contact, eta=LATER))

    started = time.perf_counter()
    for contact in range(n):
        hero(contact)
    while task := huey.dequeue():
        huey.execute(task)
    middle = time.perf_counter()
    waiting = path.stat().st_size / n
    resumed = time.perf_counter()
    later = LATER + timedelta(seconds=1)
    for task in huey.read_schedule(later):
        huey.enqueue(task)
    while task := huey.dequeue():
        huey.execute(task, later)
    return Measured(middle - started + time.perf_counter() - resumed, waiting)


if __name__ == "__main__":
    peer.tell("Huey (SQLite)", "huey", run)
