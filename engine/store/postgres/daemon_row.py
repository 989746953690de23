"""The row of this process's daemon, by which it knows its database again.

One that was put back under it, or the stand-in of a server that failed with its last commits, lacks what the daemon has sent since.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

from engine.core.retry import LEASE_MS
from engine.store.database import Database
from engine.store.sql import Connection

NOW = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
SILENT_MS = 30_000  # three beats
KEPT_MS = 5 * LEASE_MS  # the row of one that is lost
LOOK = f"(SELECT beat FROM daemon WHERE id = ?), {NOW}"  # its parameter: the id


class DaemonRow(NamedTuple):
    """As the daemon has written it last. `beat`: by the server's clock, UTC ms."""

    id: str
    beat: int

    def is_known(self, beat: int | None, now: int) -> bool:
        """Whether the row that says `beat` now is this one. None, no row, is right after a long silence only: then others delete it."""
        return now - self.beat > KEPT_MS if beat is None else beat >= self.beat


class KnowsItsDaemon(Database):
    """A database that commits only where it knows the daemon of this process."""

    daemon: DaemonRow | None
    """The row of this process's daemon."""

    @abstractmethod
    def last_look(self, db: Connection, daemon: DaemonRow | None) -> str | None:
        """The number of the transaction; None where nothing was written. Raises Unusable where the database does not know that daemon."""
