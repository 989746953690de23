"""One thread owns the one write connection and commits in groups.

Invariants: a function handed to `do` runs inside BEGIN IMMEDIATE and a savepoint of its own. `do` returns after the commit is on disk, so
what was acknowledged is stored (E2). A function that raises undoes its own writes only. A database that is locked, full, damaged or gone
raises Unavailable for the whole group, and the next group is tried afresh. Processes take turns: SQLite's own busy handler looks every
100 ms, and a busy daemon frees the lock for microseconds only. So a writer that waits looks every half millisecond, and one that has held
the lock for long sleeps for a millisecond after it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import Unavailable
from engine.store.sql import Connection
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.file_errors import is_of_the_file, unavailable

T = TypeVar("T")
Work = tuple[Callable[[Connection], Any], "Future[Any]"]
GROUP = 64
LOOK_SECONDS = 0.0005
LONG_SECONDS = 0.01
LEAVE_SECONDS = 0.001


class Writer:
    """Takes work from any thread; `close` finishes what is queued."""

    def __init__(
        self,
        connect: Callable[[], SqliteConnection],
        busy_seconds: float,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """`look` raises Unavailable where the file is not what it was; it is called before each group and behind its commit."""
        self._connect = connect
        self._look = look
        self._busy_seconds = busy_seconds
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="leadoff-writer", daemon=True)
        self._thread.start()

    def do(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a write transaction and return its answer once that is committed."""
        if self._closed:
            raise Unavailable("the database is closed")
        future: Future[T] = Future()
        self._queue.put((function, future))
        return future.result()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    def _serve(self) -> None:
        connection: SqliteConnection | None = None
        last = False
        while not last and (work := self._queue.get()) is not None:
            failure: Unavailable | None = None
            try:
                self._look()
                connection = connection or self._connect()
                _begin(connection, self._busy_seconds)
            except sqlite3.Error as error:
                failure = unavailable("written", error)
            except Unavailable as error:
                failure = error
            began = time.monotonic()
            # Who came while the lock was waited for shares its fate, and does not wait for it once more.
            group, last = self._gather(work)
            if connection is not None and failure is None:
                failure = _commit(connection, group, self._look)
            if failure is not None:
                _refuse(group, failure)
            if time.monotonic() - began > LONG_SECONDS:
                time.sleep(LEAVE_SECONDS)
        if connection is not None:
            connection.close()

    def _gather(self, first: Work) -> tuple[list[Work], bool]:
        group = [first]
        while len(group) < GROUP:
            try:
                work = self._queue.get_nowait()
            except Empty:
                break
            if work is None:
                return group, True
            group.append(work)
        return group, False


def _begin(connection: SqliteConnection, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_SECONDS)


def _commit(connection: SqliteConnection, group: list[Work], look: Callable[[], None]) -> Unavailable | None:
    """Run all inside the open transaction; what kept it from being committed."""
    done: list[tuple[Future[Any], Any]] = []
    try:
        for function, future in group:
            _one(connection, function, future, done)
        connection.execute("COMMIT")
        look()
    except sqlite3.Error as error:
        _undo(connection)
        return unavailable("written", error)
    except Unavailable as error:
        return error
    for future, answer in done:
        future.set_result(answer)
    return None


def _one(
    connection: SqliteConnection,
    function: Callable[[Connection], Any],
    future: Future[Any],
    done: list[tuple[Future[Any], Any]],
) -> None:
    connection.execute("SAVEPOINT one")
    try:
        answer = function(connection)
    except BaseException as error:
        if isinstance(error, sqlite3.Error) and is_of_the_file(error):
            raise  # locked, full or damaged: the whole group's concern
        connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        future.set_exception(error)
        return
    connection.execute("RELEASE one")
    done.append((future, answer))


def _refuse(group: list[Work], failure: Unavailable) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(failure)


def _undo(connection: SqliteConnection) -> None:
    if connection.in_transaction:
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:  # a full disk may have rolled back by itself
            return
