"""One thread owns the one write connection and commits in groups.

Invariants: a function handed to `do` runs inside BEGIN IMMEDIATE and a savepoint of its own. `do` returns after the commit is on disk, so
what was acknowledged is stored (E2). A function that raises undoes its own writes only. A database that is locked, full, damaged or gone
raises Unavailable for the whole group, and the next group is tried afresh. Programs take turns (fair_lock.py), and a group
that has had the lock for long takes no further function: so nobody waits for more than one group of each program, and one function.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from engine.errors import Unavailable
from engine.store import tally
from engine.store.sql import Connection
from engine.store.sqlite.checkpoints import Checkpoints
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.fair_lock import LOOK_SECONDS, FairLock
from engine.store.sqlite.file_errors import is_of_the_file, unavailable

T = TypeVar("T")
Work = tuple[Callable[[Connection], Any], "Future[Any]"]
GROUP = 64
GROUP_SECONDS = 0.05  # after which a group takes no further function


class Writer:
    """Takes work from any thread; `close` finishes what is queued."""

    def __init__(
        self,
        connect: Callable[[], SqliteConnection],
        fair_lock: FairLock,
        checkpoints: Checkpoints,
        busy_seconds: float,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """`look` raises Unavailable where the file is not what it was; it is called before each group and behind its commit."""
        self._connect = connect
        self._fair_lock, self._checkpoints = fair_lock, checkpoints
        self._look = look
        self._busy_seconds = busy_seconds
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._closed = self._ended = False
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
            self._checkpoints.close()
            self._fair_lock.close()

    def _serve(self) -> None:
        connection: SqliteConnection | None = None
        while not self._ended and (work := self._queue.get()) is not None:
            failure: Unavailable | None = None
            try:
                self._look()
                connection = connection or self._connect()
                self._begin(connection)
            except sqlite3.Error as error:
                failure = unavailable("written", error)
            except Unavailable as error:
                failure = error
            # Who came while the lock was waited for shares its fate, and does not wait for it once more.
            if connection is None or failure is not None:
                _refuse(list(self._gather(work)), failure or Unavailable("the database is closed"))
                continue
            group: list[Work] = []
            failure = _commit(connection, self._in_time(self._gather(work), group), self._look)
            if failure is not None:
                _refuse(group, failure)
            self._checkpoints.wrote(connection.total_changes)
        if connection is not None:
            connection.close()

    def _gather(self, first: Work) -> Iterator[Work]:
        """That one, and those who wait at this moment."""
        others = min(GROUP - 1, self._queue.qsize())
        yield first
        for _ in range(others):
            try:
                work = self._queue.get_nowait()
            except Empty:
                return
            if work is None:
                self._ended = True
                return
            yield work

    def _in_time(self, waiting: Iterator[Work], group: list[Work]) -> Iterator[Work]:
        """Those whose turn comes while the group may have the lock; they are noted in `group`."""
        end = time.monotonic() + GROUP_SECONDS
        for work in waiting:
            group.append(work)
            yield work
            if time.monotonic() >= end:
                return

    def _begin(self, connection: SqliteConnection) -> None:
        deadline = time.monotonic() + self._busy_seconds
        with self._fair_lock.next(self._busy_seconds / 2):
            _begin(connection, deadline)


def _begin(connection: SqliteConnection, deadline: float) -> None:
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(LOOK_SECONDS)


def _commit(connection: SqliteConnection, group: Iterator[Work], look: Callable[[], None]) -> Unavailable | None:
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
        tally.flush(connection)
    except BaseException as error:
        connection.counts.clear()
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
