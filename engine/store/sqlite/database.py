"""Opens the database: connections with the right pragmas, and the writer.

Invariants: WAL, synchronous=FULL, one writer (engine/store/sqlite/writer.py); readers have their own connections and see only what is
committed. Where the file that was opened is moved, replaced or deleted, nothing more is read or acknowledged.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from engine import private_files
from engine.errors import Unavailable, Unusable, UsageError
from engine.store import meta
from engine.store.daemon_lock import DaemonLock
from engine.store.database import Database, Missing
from engine.store.sql import Connection
from engine.store.sqlite import functions
from engine.store.sqlite.bell import SocketBell
from engine.store.sqlite.checkpoints import Checkpoints, move
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.daemon_lock import FileLock
from engine.store.sqlite.fair_lock import FairLock
from engine.store.sqlite.file_errors import is_of_the_file, not_opened, unavailable
from engine.store.sqlite.writer import Writer

T = TypeVar("T")
PRAGMAS: tuple[str, ...] = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=20000",
    "PRAGMA secure_delete=ON",  # what is changed or forgotten leaves nothing in the file's free room
)
TOLD = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "page_size")  # by `doctor`
OLDEST = (3, 40)
BUSY_SECONDS = 5.0
CUT_SECONDS = 0.1  # so long at a time the log is tried to be cut
CUT_TRIES = 20
LEAVE_SECONDS = 0.02  # between two tries: others write
READER_CACHE_KB = 1_024  # each reader has its own; twice as much makes no page faster
MOST_IDLE = 8
"""Readers that are kept open: so many are of use at a time, and the caches of more would only be resident."""
WRITER_CACHE_KB = 16_384  # four times as much gains nothing measurable and would be resident


def path_of(url: str, project: Path) -> Path:
    """The file behind `sqlite:///…`, relative ones counted from the project."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise UsageError(
            "this version cannot open this LEADOFF_DATABASE_URL",
            "use sqlite:///.leadoff/leadoff.db or sqlite:////an/absolute/path.db",
        )
    return project / url.removeprefix(prefix)


def refuse_old(version: tuple[int, ...]) -> None:
    """Raises UsageError for a version of SQLite that does not take the statements of the store."""
    if version < OLDEST:
        said, needed = (".".join(map(str, each)) for each in (version, OLDEST))
        raise UsageError(
            f"this Python has SQLite {said}, and Leadoff needs {needed} or newer",
            "use a newer Python or system, or PostgreSQL: LEADOFF_DATABASE_URL",
        )


class SqliteDatabase(Database):
    """One SQLite file. Threads read with `reading`, write with `write`.

    Where there is no file, `missing` says what to do: "create" one, "refuse" (UsageError), or stand in an "empty" one in memory, for
    those who only read.
    """

    schema = Path(__file__).parents[1] / "migrations" / "schema.sql"

    def __init__(self, path: Path, busy_seconds: float = BUSY_SECONDS, missing: Missing = "create") -> None:
        refuse_old(sqlite3.sqlite_version_info)
        self.path = path
        self._busy = busy_seconds
        self._stand_in: SqliteConnection | None = None  # keeps the one in memory alive
        self._opened: tuple[int, int] | None = None
        try:
            self._open(missing)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"cannot open the database {path}: {error}", not_opened(error)) from error
        self._writer: Writer | None = None
        self._guard = threading.Lock()
        self._readers: list[SqliteConnection] = []  # readers; who read last is first, as its cache is warm

    def _open(self, missing: Missing) -> None:
        if missing == "create":
            private_files.make_file(self.path)
        elif not self.path.exists():
            if missing == "refuse":
                raise UsageError(f"there is no database {self.path}", "`leadoff apply` creates one")
            self._stand_in = self.connect()
            return
        private_files.close_to_others(self.path)
        self._opened = _identity(self.path)
        self.connect().close()

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def is_stand_in(self) -> bool:
        """Whether there is no file, and an empty database in memory in its place."""
        return self._opened is None

    def connect(self, cache_kb: int = READER_CACHE_KB, busy_seconds: float | None = None) -> SqliteConnection:
        """A new connection to the file; it creates none. Raises sqlite3.Error."""
        timeout = self._busy if busy_seconds is None else busy_seconds
        address = (
            f"{self.path.absolute().as_uri()}?mode=rw" if self._opened else f"file:{id(self)}?mode=memory&cache=shared"
        )
        connection = sqlite3.connect(
            address, timeout=timeout, isolation_level=None, check_same_thread=False, uri=True, factory=SqliteConnection
        )
        for pragma in PRAGMAS:
            connection.execute(pragma)
        functions.register(connection)
        connection.execute(f"PRAGMA cache_size=-{cache_kb}")
        return connection

    def refuse_another(self) -> None:
        """Raises Unusable where the file that was opened is not the one that stands there: what is stored in it would be lost."""
        if self._opened is None:
            return
        try:
            if _identity(self.path) == self._opened:
                return
        except OSError:
            pass
        raise Unusable(
            f"the database {self.path} was moved, replaced or deleted while it was in use; nothing was stored",
            "put it back, then start again; `leadoff apply` creates a new one",
        )

    def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a write transaction; returns after the commit is on disk. Raises Unavailable, and what `function` raises."""
        with self._guard:
            if self._writer is None:
                self._writer = self._new_writer()
        return self._writer.do(function)

    def _new_writer(self) -> Writer:
        try:
            fair_lock = FairLock(self.path if self._opened else None)
        except OSError as error:
            raise Unavailable(f"the database cannot be written: {error}", not_opened(error)) from error
        return Writer(
            lambda: self.connect(WRITER_CACHE_KB, busy_seconds=0.0),
            fair_lock,
            Checkpoints(self.connect),
            self._busy,
            self.refuse_another,
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection inside one read transaction: all statements see the same state. Raises Unavailable."""
        connection = self._begun()
        try:
            yield connection
        except sqlite3.Error as error:
            if is_of_the_file(error):
                raise unavailable("read", error) from error
            raise
        finally:
            self._ended(connection)

    def _begun(self) -> SqliteConnection:
        self.refuse_another()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._new_reader()
        try:
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            connection.close()
            raise unavailable("read", error) from error
        return connection

    def _new_reader(self) -> SqliteConnection:
        try:
            connection = self.connect()
        except sqlite3.Error as error:
            raise unavailable("read", error) from error
        self.refuse_another()
        return connection

    def _ended(self, connection: SqliteConnection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._guard:
            if len(self._readers) < MOST_IDLE:
                self._readers.append(connection)
                return
        connection.close()

    def probe(self, now: int) -> None:
        """Raises Unavailable while nothing can be written: only a write shows that a disk is full."""
        self.write(lambda db: meta.put(db, meta.LAST_PROBE, str(now)))

    def folder(self, project: Path) -> Path:
        return self.path.parent

    def daemon_lock(self) -> FileLock:
        return FileLock(self.path)

    def bell(self, lock: DaemonLock) -> SocketBell:
        return SocketBell(lock)

    def about(self) -> dict[str, Any]:
        log = self.path.with_name(f"{self.path.name}-wal")
        with self.reading() as db:
            return {
                "path": str(self.path),
                "bytes": self.path.stat().st_size + (log.stat().st_size if log.exists() else 0),
                **{name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in TOLD},
            }

    @contextmanager
    def alone(self) -> Iterator[tuple[SqliteConnection, Any]]:
        from sqlalchemy import NullPool, create_engine, event
        from sqlalchemy.exc import OperationalError

        engine = create_engine("sqlite://", creator=self.connect, poolclass=NullPool)
        event.listen(engine, "begin", self._begin_alone)
        try:
            with engine.begin() as connection:
                driver = connection.connection.driver_connection
                assert isinstance(driver, SqliteConnection)
                yield driver, connection
        except OperationalError as error:
            raise _busy(self.path, error.orig) from error
        except sqlite3.OperationalError as error:
            raise _busy(self.path, error) from error

    def _begin_alone(self, connection: Any) -> None:
        fair_lock = FairLock(self.path if self._opened else None)
        try:
            with fair_lock.next(self._busy):
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            fair_lock.close()

    def damage(self) -> list[str]:
        with self.reading() as db:
            return [line for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"]

    def erase(self) -> bool:
        return self.checkpoint()

    def upkeep(self) -> None:
        self.checkpoint()

    def checkpoint(self) -> bool:
        """Move the log into the file and cut it to nothing; False where somebody was in the way all the time. Raises sqlite3.Error.

        Who cuts it holds up all writers until those who read have ended: so that is tried for a moment only, once most of it is moved.
        """
        connection = self.connect(busy_seconds=CUT_SECONDS)
        try:
            move(connection)
            for _ in range(CUT_TRIES):
                if _truncated(connection):
                    return True
                time.sleep(LEAVE_SECONDS)
            return False
        finally:
            connection.close()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        while self._readers:
            self._readers.pop().close()
        if self._stand_in is not None:
            self._stand_in.close()


def _truncated(connection: SqliteConnection) -> bool:
    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _busy(path: Path, error: object) -> Unavailable:
    return Unavailable(f"the database {path} cannot be brought up to date now: {error}", "try again")


def _identity(path: Path) -> tuple[int, int]:
    seen = path.stat()
    return seen.st_dev, seen.st_ino
