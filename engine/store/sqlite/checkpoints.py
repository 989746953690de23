"""Moves SQLite's log into the file beside the writer, in small pieces, so that no commit has to move all of it.

SQLite moves the log within the commit that makes it long: 20,000 pages take a third of a second, and every other writer waits. A thread
that has moved most of it before leaves the rest to that commit. It cannot do all: who writes goes on writing, and the log begins anew only
where all of it is moved.

Invariants: nobody waits for it. What it cannot do (a full disk, another program is at it) the commit does, or tells of.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from engine.store.sqlite.connection import SqliteConnection

EACH = 5_000
"""Changed rows from one time to the next: some thousand pages."""


class Checkpoints:
    """`wrote` after each commit; `close` waits for the thread."""

    def __init__(self, connect: Callable[[], SqliteConnection]) -> None:
        self._connect = connect
        self._moved_at = 0
        self._wanted = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None

    def wrote(self, changes: int) -> None:
        """`changes`: rows that the writer's connection has changed in all."""
        if changes - self._moved_at < EACH:
            return
        self._moved_at = changes
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="leadoff-checkpoints", daemon=True)
            self._thread.start()
        self._wanted.set()

    def close(self) -> None:
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while self._wanted.wait() and not self._closed:
            self._wanted.clear()
            try:
                connection = self._connect()
                try:
                    move(connection)
                finally:
                    connection.close()
            except sqlite3.Error:
                continue  # the writer meets it, too


def move(connection: SqliteConnection) -> None:
    """As far as nobody reads an older state. Raises sqlite3.Error."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
