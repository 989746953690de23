"""Connections to one database: as many as threads use at once, and a few that are kept for the next ones.

Invariants: a connection is in one transaction at a time. One that was cut while nobody used it is noticed at its next BEGIN, and replaced.
Behind a pooler that gives each transaction another session nothing is kept in a session: no prepared statement, no setting.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from engine.errors import Unavailable
from engine.store.postgres import values
from engine.store.postgres.connection import PostgresConnection, Raw
from engine.store.postgres.server_errors import unavailable

KEPT = 8


class Pool:
    """`settings`: what libpq is given."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._idle: list[PostgresConnection] = []
        self._guard = threading.Lock()
        self._by_arrays: dict[str, str | None] = {}
        self._closed = False
        self.is_behind_pooler = False

    def connect(self) -> PostgresConnection:
        """A new connection, of the caller's own. Raises psycopg.Error."""
        raw: Raw = psycopg.connect(**self._settings, autocommit=True)
        values.register(raw)
        if self.is_behind_pooler:
            raw.prepare_threshold = None
        return PostgresConnection(raw, self._by_arrays)

    def look_for_pooler(self, db: PostgresConnection) -> None:
        """A pooler tells its clients another process than the one that serves them."""
        (process,) = db.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        self.is_behind_pooler = process != db.raw.info.backend_pid
        if self.is_behind_pooler:
            db.raw.prepare_threshold = None

    @contextmanager
    def transaction(self, begin: LiteralString) -> Iterator[PostgresConnection]:
        """Begun with that statement, and undone unless it was committed. Raises Unavailable where no connection comes about."""
        connection = self._begun(begin)
        try:
            yield connection
        finally:
            self.keep(connection)

    def _begun(self, begin: LiteralString) -> PostgresConnection:
        if self._closed:
            raise Unavailable("the database is closed")
        while (connection := self._take()) is not None:
            try:
                connection.command(begin)
                return connection
            except psycopg.OperationalError:  # it was cut meanwhile
                connection.raw.close()
        try:
            connection = self.connect()
            connection.command(begin)
        except psycopg.OperationalError as error:
            raise unavailable("reached", error) from error
        return connection

    def _take(self) -> PostgresConnection | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def keep(self, connection: PostgresConnection) -> None:
        """For the next transaction; what is open in it is undone."""
        raw = connection.raw
        connection.counts.clear()
        with suppress(psycopg.Error):
            if raw.info.transaction_status != TransactionStatus.IDLE:
                connection.command("ROLLBACK")
        with self._guard:
            is_kept = not raw.closed and not self._closed and len(self._idle) < KEPT
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            raw.close()

    def close(self) -> None:
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.raw.close()
