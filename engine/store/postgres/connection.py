"""A connection to PostgreSQL inside a transaction: the common statements and the operations that Connection has besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus

from engine.store import dialects
from engine.store.counts import Counts
from engine.store.postgres import many
from engine.store.postgres.statements import numbered
from engine.store.sql import Values
from engine.store.storable import UNKNOWN

Raw = psycopg.Connection[tuple[Any, ...]]
Found = psycopg.RawCursor[tuple[Any, ...]]
AT_ONCE = 2_000  # rows of a `stream` that are in memory
SLOTS = 8  # of the tally: connections that add to it at the same moment seldom wait for one another
WORLD = 0x1EAD0FF  # the advisory lock of what is true of all contacts
IDS = 0x1EAD0FE  # and of sequences, while a block of ids is taken


class PostgresConnection:
    """See Connection in engine/store/sql.py."""

    dialect = dialects.POSTGRES

    def __init__(self, raw: Raw, by_arrays: dict[str, str | None]) -> None:
        """`by_arrays`: statements of `many` with arrays in place of values, of all connections to a database."""
        self.raw = raw
        self._by_arrays = by_arrays
        self._streams = count()
        self.counts = Counts(raw.info.backend_pid % SLOTS)

    def _cursor(self) -> Found:
        return psycopg.RawCursor(self.raw)

    def execute(self, sql: str, values: Values = (), /) -> Found:
        try:
            return self._cursor().execute(numbered(sql), values or None)
        except psycopg.DataError:
            known = [value.replace("\0", UNKNOWN) if isinstance(value, str) else value for value in values]
            if known == list(values):
                raise
            return self._cursor().execute(numbered(sql), known)  # nothing was sent before: psycopg refuses NUL itself

    def command(self, words: str) -> None:
        """BEGIN, COMMIT and the like, without values and rows: a fifth of what a cursor costs. Raises psycopg.Error.

        It begins no transaction by itself, also where the driver would.
        """
        server = self.raw.pgconn
        server.send_query(words.encode())
        for result in self.raw.wait(generators.execute(server)):
            if result.status != ExecStatus.COMMAND_OK:
                raise errors.error_from_result(result)

    def many(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Found:
        found, cursor = list(rows), self._cursor()
        together = self._together(sql) if found else None
        if together is None:
            cursor.executemany(numbered(sql), found)
        else:
            cursor.execute(together, many.columns(found))
        return cursor

    def _together(self, sql: str) -> str | None:
        """The statement for many rows."""
        if sql not in self._by_arrays:
            with self._session():
                types = many.parameter_types(self._cursor(), sql)
            self._by_arrays[sql] = many.by_arrays(sql, types)
        return self._by_arrays[sql]

    @contextmanager
    def _session(self) -> Iterator[None]:
        """For what is the session's and not the transaction's: where it fails no rollback undoes it, so the session ends."""
        try:
            yield
        except psycopg.Error:
            self.raw.close()
            raise

    def claim(self, sql: str, values: Values = (), of: str = "") -> Found:
        # Without statistics the planner would read and sort the whole queue rather than walk along its index.
        self.command("SET LOCAL enable_sort = off")
        found = self.execute(f"{sql} FOR UPDATE {_of(of)} SKIP LOCKED", values)
        self.command("SET LOCAL enable_sort = on")
        return found

    def lock(self, sql: str, values: Values = (), of: str = "") -> Found:
        return self.execute(f"{sql} FOR UPDATE {_of(of)}", values)

    def stream(self, sql: str, values: Values = (), /) -> Iterator[Any]:
        with psycopg.RawServerCursor(self.raw, f"stream_{next(self._streams)}") as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(numbered(sql), values or None)
            yield from cursor

    def ids(self, table: str, count: int) -> int:
        # One message of three statements: the lock is held for microseconds, and by nobody who waits for anything.
        with self._session():
            cursor = self._cursor().execute(
                f"SELECT pg_advisory_lock({IDS}); SELECT setval(s, nextval(s) + {count} - 1) - {count} + 1"
                f" FROM pg_get_serial_sequence('{table}', 'id') s; SELECT pg_advisory_unlock({IDS})"
            )
        cursor.nextset()
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def world(self, exclusive: bool = False) -> None:
        self._cursor().execute(f"SELECT pg_advisory_xact_lock{'' if exclusive else '_shared'}({WORLD})")

    def tables(self) -> set[str]:
        rows = self._cursor().execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {name for (name,) in rows}


def _of(aliases: str) -> str:
    return f"OF {aliases}" if aliases else ""
