"""PostgreSQL as the database: connections, transactions that are tried again, and its own maintenance.

Invariants: `write` runs READ COMMITTED and returns after the commit; a function that it is handed may run again, after a conflict with
somebody else. `reading` is REPEATABLE READ. All settings are SET LOCAL: a pooler may hand each transaction another session.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from engine import private_files
from engine.errors import Unavailable, UsageError
from engine.store import meta
from engine.store.daemon_lock import DaemonLock
from engine.store.database import Database, Missing
from engine.store.postgres import values
from engine.store.postgres.connection import PostgresConnection, Raw
from engine.store.postgres.server_errors import is_conflict, is_of_the_server, message, unavailable
from engine.store.sql import Connection
from engine.store.sqlite.daemon_lock import FileLock

T = TypeVar("T")
TRIES = 6
IDLE = 8  # connections that are kept open while nobody uses them
CONNECT_SECONDS = 5
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '30s'"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresDatabase(Database):
    schema = Path(__file__).parents[1] / "migrations" / "postgres.sql"

    def __init__(self, url: str, project: Path, missing: Missing = "create") -> None:
        self.url = url
        self._project = project
        self._idle: list[PostgresConnection] = []
        self._guard = threading.Lock()
        try:
            self._give(self.connect())
        except psycopg.Error as error:
            raise UsageError(f"cannot open the database {self.name}: {message(error)}", "check it") from error

    @property
    def name(self) -> str:
        found = psycopg.conninfo.conninfo_to_dict(self.url)
        where = f"{found.get('host', '')}:{found['port']}" if "port" in found else found.get("host", "")
        return f"postgresql://{where}/{found.get('dbname', '')}"

    @property
    def is_stand_in(self) -> bool:
        return False

    def connect(self) -> PostgresConnection:
        """A new connection. Raises psycopg.Error."""
        raw: Raw = psycopg.connect(self.url, autocommit=True, connect_timeout=CONNECT_SECONDS)
        values.register(raw)
        return PostgresConnection(raw)

    def _take(self) -> PostgresConnection:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return self.connect()

    def _give(self, connection: PostgresConnection) -> None:
        if connection.raw.closed:
            return
        with self._guard:
            if len(self._idle) < IDLE:
                self._idle.append(connection)
                return
        connection.raw.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresConnection]:
        """One that is undone unless it was committed."""
        connection = self._begun(begin)
        try:
            yield connection
        finally:
            with suppress(psycopg.Error):
                if connection.raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    connection.raw.execute("ROLLBACK")
            self._give(connection)

    def _begun(self, begin: str) -> PostgresConnection:
        while True:
            connection = self._take()
            try:
                connection.raw.execute(begin)
                return connection
            except psycopg.OperationalError:
                connection.raw.close()
                with self._guard:
                    if not self._idle:
                        break
        connection = self.connect()
        connection.raw.execute(begin)
        return connection

    def write(self, function: Callable[[Connection], T]) -> T:
        tried = 0
        while True:
            try:
                return self._write(function)
            except psycopg.Error as error:
                tried += 1
                if is_conflict(error) and tried < TRIES:
                    time.sleep(random.uniform(0, 0.01 * tried))
                    continue
                if is_of_the_server(error):
                    raise unavailable("written", error) from error
                raise

    def _write(self, function: Callable[[Connection], T]) -> T:
        with self._transaction(BEGIN) as connection:
            answer = function(connection)
            connection.raw.execute("COMMIT")
            return answer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            with self._transaction(BEGIN_READING) as connection:
                yield connection
        except psycopg.Error as error:
            if is_of_the_server(error):
                raise unavailable("read", error) from error
            raise

    def refuse_another(self) -> None:
        """Nothing: a database of a server is not moved away under us."""

    def probe(self, now: int) -> None:
        self.write(lambda db: meta.put(db, meta.LAST_PROBE, str(now)))

    def folder(self, project: Path) -> Path:
        made = project / ".leadoff"
        private_files.make_folder(made)
        return made

    def daemon_lock(self) -> DaemonLock:
        return FileLock(self._project / ".leadoff" / "daemon")

    def about(self) -> dict[str, Any]:
        with self.reading() as db:
            (version, size) = db.execute(
                "SELECT current_setting('server_version'), pg_database_size(current_database())"
            ).fetchone()
        return {"path": self.name, "server": version, "bytes": size}

    @contextmanager
    def alone(self) -> Iterator[tuple[Connection, Any]]:
        from sqlalchemy import NullPool, create_engine

        driver = self.connect()
        engine = create_engine("postgresql+psycopg://", creator=lambda: driver.raw, poolclass=NullPool)
        driver.raw.autocommit = False
        try:
            with engine.begin() as connection:
                driver.world(exclusive=True)
                yield driver, connection
        except psycopg.Error as error:
            raise Unavailable(
                f"the database cannot be brought up to date now: {message(error)}", "try again"
            ) from error

    def damage(self) -> list[str]:
        """Nothing: PostgreSQL tells of it itself, when it reads what is damaged."""
        return []

    def erase(self) -> bool:
        return True

    def upkeep(self) -> None:
        """Nothing: autovacuum does it."""

    def close(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.raw.close()
