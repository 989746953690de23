"""Opening the database: connections with the right pragmas, the schema, the one daemon's lock.

Rules kept here: WAL, synchronous=FULL, one writer (engine/store/writer.py); readers have their own connections and see only what is
committed. A second daemon on the same file is refused (D1).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from engine.errors import Unavailable, UsageError
from engine.store import sql_functions
from engine.store.writer import Writer

T = TypeVar("T")
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=20000",
)
BUSY_SECONDS = 5.0
WRITER_CACHE_KB = 16_384  # four times as much gains nothing measurable and would be resident


def path_of(url: str, project: Path) -> Path:
    """The file behind `sqlite:///…`, relative ones counted from the project."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise UsageError(
            "LEADOFF_DATABASE_URL is not one that this version can open",
            "use sqlite:///.leadoff/leadoff.db or sqlite:////an/absolute/path.db",
        )
    return project / url.removeprefix(prefix)


class Database:
    """One SQLite file. Threads read with `reading`, write with `write`."""

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._busy = busy_seconds
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connect().close()
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"cannot open the database {path}: {error}") from error
        self._local = threading.local()
        self._writer: Writer | None = None
        self._guard = threading.Lock()

    def connect(self, cache_kb: int = 8_192, busy_seconds: float | None = None) -> sqlite3.Connection:
        timeout = self._busy if busy_seconds is None else busy_seconds
        connection = sqlite3.connect(self.path, timeout=timeout, isolation_level=None, check_same_thread=False)
        for pragma in PRAGMAS:
            connection.execute(pragma)
        sql_functions.register(connection)
        connection.execute(f"PRAGMA cache_size=-{cache_kb}")
        return connection

    def write(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` in a write transaction; returns after the commit is on disk."""
        with self._guard:
            if self._writer is None:
                self._writer = Writer(lambda: self.connect(WRITER_CACHE_KB, busy_seconds=0.0), self._busy)
        return self._writer.do(function)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection, inside one read transaction: all statements see the same state."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.connect()
        try:
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise Unavailable(f"the database cannot be read now: {error}") from error
        try:
            yield connection
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def probe(self, now: int) -> None:
        """Raises Unavailable while nothing can be written: only a write shows that a disk is full."""
        self.write(
            lambda db: (
                db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('last_probe', ?)", (str(now),)).rowcount
            )
        )

    def checkpoint(self) -> None:
        """Housekeeping: move the log into the file and cut it to nothing, where nobody is in the way."""
        connection = self.connect()
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
