"""The daemons of a PostgreSQL database: each has a row, and says every few seconds that it lives. All instants are the server's.

Invariants: there is no leader; the rows are for people and for finding a daemon of this machine. Whose row is silent for long is lost:
what it had claimed is freed by the leases of its claims, not by its row.
"""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import orjson

from engine.core.retry import LEASE_MS
from engine.errors import Unavailable
from engine.store.carrying import CARRIES
from engine.store.daemon_lock import DaemonLock, LivingDaemon
from engine.store.postgres.daemon_row import KEPT_MS, NOW, SILENT_MS, DaemonRow, KnowsItsDaemon
from engine.store.sql import Connection, changes

BEAT = (
    f"INSERT INTO daemon (id, host, pid, version, facts, started_at, beat) VALUES (?, ?, ?, ?, ?, {NOW}, {NOW})"
    " ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, facts = excluded.facts RETURNING id, beat"
)


class DaemonRows(DaemonLock):
    """Any number of them may run: `acquire` refuses none."""

    alone = False

    def __init__(self, database: KnowsItsDaemon) -> None:
        self._database = database
        self._id: str | None = None
        self._told: dict[str, Any] = {}

    def acquire(self, **facts: Any) -> None:
        self._id, self._told = secrets.token_hex(6), {"pid": os.getpid(), CARRIES: True}
        self.tell(**facts)

    def tell(self, **facts: Any) -> None:
        self._told |= facts
        self.beat()

    def beat(self) -> None:
        """Where its row is gone, because it was silent for long, there is one again. Raises Unusable where the database is another one."""
        assert self._id is not None
        row = (self._id, socket.gethostname(), os.getpid(), version("leadoff"), orjson.dumps(self._told).decode())
        told = self._database.daemon

        def write(db: Connection) -> DaemonRow:
            self._database.last_look(db, told)
            return DaemonRow(*db.execute(BEAT, row).fetchone())

        self._database.daemon = self._database.write(write)

    def facts(self) -> dict[str, Any]:
        """Its own where this process is a daemon: its links and callbacks come to itself. Else of the newest of this machine that lives."""
        if self._id is not None:
            return dict(self._told)
        with self._database.reading() as db:
            row = db.execute(
                f"SELECT facts FROM daemon WHERE host = ? AND beat > {NOW} - {SILENT_MS} ORDER BY started_at DESC LIMIT 1",
                (socket.gethostname(),),
            ).fetchone()
        return dict(orjson.loads(row[0])) if row else {}

    def held(self) -> bool:
        return any(not each.silent for each in self.daemons())

    def daemons(self) -> list[LivingDaemon]:
        with self._database.reading() as db:
            rows = db.execute(
                f"SELECT id, host, pid, version, started_at, beat, beat <= {NOW} - {SILENT_MS}, facts FROM daemon ORDER BY started_at, id"
            ).fetchall()
        return [LivingDaemon._make((*row[:-1], orjson.loads(row[-1]).get("only_to"))) for row in rows]

    def is_lost_one(self) -> bool:
        """Whether one is silent for as long as a lease lasts; rows that are older still are deleted."""
        sql = f"DELETE FROM daemon WHERE beat < {NOW} - {KEPT_MS} RETURNING id"
        gone = self._database.write(lambda db: db.execute(sql).fetchall())
        with self._database.reading() as db:
            silent = db.execute(f"SELECT 1 FROM daemon WHERE beat < {NOW} - {LEASE_MS} LIMIT 1").fetchone()
        return bool(gone) or silent is not None

    def release(self) -> None:
        """Nothing where the server is gone: its row is deleted by others then."""
        told, self._database.daemon, self._id = self._database.daemon, None, None
        if told is not None:
            sql, values = "DELETE FROM daemon WHERE id = ? AND beat >= ?", told
            with suppress(Unavailable):
                if not self._database.write(lambda db: changes(db, sql, values)):
                    self._database.daemon = told  # another database, or none of its rows any more
