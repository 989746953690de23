"""Whose turn it is to write: programs that write to one SQLite file take turns.

SQLite's lock has no queue: who waits for it looks from time to time, and a busy program, which frees it for microseconds only, takes it
again before anybody has looked. So who wants it holds the turn until it has it, and nobody else asks for it meanwhile: a program that has
just written comes behind the one that waits. Of several that wait for the turn, each is as likely to be the next.

Invariants: the turn is a courtesy. What may be written is SQLite's lock alone; who does not get the turn in time (its holder may be
stopped) goes on without it. The system frees it when its holder dies.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import private_files

LOOK_SECONDS = 0.0005


class FairLock:
    """Of one database file; each writer has its own."""

    def __init__(self, database: Path | None) -> None:
        """None: one in memory, to which nobody else writes. Raises OSError."""
        self._file: int | None = None
        if database is not None:
            path = database.with_name(f"{database.name}.turn")
            private_files.make_file(path)
            self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    @contextmanager
    def next(self, patience: float) -> Iterator[None]:
        """Within, nobody else asks for the lock. `patience`: so many seconds the turn is waited for."""
        if self._file is None:
            yield
            return
        deadline = time.monotonic() + patience
        while not _take(self._file) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)


def _take(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
