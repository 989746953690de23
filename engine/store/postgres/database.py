"""PostgreSQL as the database: transactions that are run again where somebody was in the way, and its maintenance.

Invariants: `write` runs READ COMMITTED and returns after the commit; the function that it is handed may run again. Where the answer to a
COMMIT is lost, the server is asked whether it has committed. `reading` is REPEATABLE READ. Every setting is SET LOCAL. A process that
stands still inside a transaction loses it after ten seconds, and with it its locks; who waits for them waits longer than that. A daemon
commits only where the database knows it as it was (daemon_row.py).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel

from engine import private_files
from engine.errors import Unavailable, Unusable, UsageError
from engine.store import holds, meta, notices, tally
from engine.store.bell import Bell
from engine.store.daemon_lock import DaemonLock
from engine.store.database import Missing
from engine.store.postgres import address
from engine.store.postgres.connection import PostgresConnection
from engine.store.postgres.daemon_row import LOOK, NOW, DaemonRow, KnowsItsDaemon
from engine.store.postgres.pool import Pool
from engine.store.postgres.server_errors import is_conflict, is_cut, is_of_the_server, message, unavailable
from engine.store.sql import Connection, numbers

T = TypeVar("T")
TRIES = 8
ASK_SECONDS = 10.0  # so long a server that is gone is asked whether it has committed
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '10s'; SET LOCAL lock_timeout = '15s'"
LAST_LOOK = f"SELECT CAST(pg_current_xact_id_if_assigned() AS TEXT), {LOOK}"
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
OLDEST = 150_000  # NULLS NOT DISTINCT
TOLD = ("server_version", "synchronous_commit", "fsync", "full_page_writes", "max_connections")  # by `doctor`
PERSONAL = "contact, consent, consent_log, event, message, attempt, journal, link, webhook, notice, run"


class Another(Unusable):
    """The database is not the one that the daemon of this process worked on."""


class PostgresDatabase(KnowsItsDaemon):
    """One database of a server. Where it has no tables, `missing` says what to do; "empty" is for open_database."""

    schema = Path(__file__).parents[1] / "migrations" / "postgres.sql"
    is_upgraded_by_all = False

    def __init__(self, url: str, project: Path, missing: Missing = "create") -> None:
        settings = address.settings_of(url)
        self.url = url
        """Never shown: it may hold a password."""
        self._name = address.shown(settings)
        self._project = project
        self._pool = Pool(settings)
        self.daemon = None
        try:
            self.is_empty = self._open()
            if self.is_empty and missing == "refuse":
                raise UsageError(f"there is nothing in the database {self._name}", "`leadoff apply` fills it")
        except psycopg.Error as error:
            self._pool.close()
            raise address.not_opened(self._name, error) from error
        except UsageError:
            self._pool.close()
            raise

    def _open(self) -> bool:
        """Whether it has no tables yet."""
        db = self._pool.connect()
        try:
            self._refuse_unfit(db)
            self._pool.look_for_pooler(db)
            return not db.tables()
        finally:
            self._pool.keep(db)

    def _refuse_unfit(self, db: PostgresConnection) -> None:
        version = db.raw.info.server_version
        if version < OLDEST:
            raise UsageError(
                f"the server of {self._name} is PostgreSQL {version // 10_000}",
                f"Leadoff needs {OLDEST // 10_000} or newer",
            )
        (encoding,) = db.execute("SELECT current_setting('server_encoding')").fetchone() or ("",)
        if encoding != "UTF8":
            raise UsageError(
                f"the database {self._name} keeps texts as {encoding}, which has no room for all characters",
                "create another one: createdb --encoding UTF8 --template template0",
            )
        (nulls,) = db.execute("SELECT current_setting('array_nulls')").fetchone() or ("",)
        if nulls != "on":
            raise UsageError(
                f"the database {self._name} has array_nulls off: what is empty would be stored as the word NULL",
                "turn it on, as it is by default: ALTER DATABASE … SET array_nulls = on; ALTER ROLE … and the server's file say it, too",
            )

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_stand_in(self) -> bool:
        return False

    @property
    def is_behind_pooler(self) -> bool:
        """Whether each transaction may have another session: nothing can be listened to."""
        return self._pool.is_behind_pooler

    def connect(self) -> PostgresConnection:
        """A new connection, of the caller's own. Raises psycopg.Error."""
        return self._pool.connect()

    def refuse_another(self) -> None:
        """Raises Unusable where the daemon of this process worked on another one; this one is on hold then."""
        try:
            with self.reading() as db:
                self.last_look(db, self.daemon)
        except Another:
            try:
                self._write(_hold_back, None)
            except (Unavailable, psycopg.Error):
                return  # it is being put back, perhaps: in a second again
            raise
        except Unavailable:  # it is waited for
            pass

    def last_look(self, db: Connection, daemon: DaemonRow | None) -> str | None:
        number, beat, now = db.execute(LAST_LOOK, (daemon and daemon.id,)).fetchone()
        if daemon is not None and not daemon.is_known(beat, now):
            raise Another(
                f"the database {self.name} was put back or replaced while a daemon worked on it; nothing was stored",
                "stop all daemons, then `leadoff db restored`",
            )
        return None if number is None else str(number)

    def write(self, function: Callable[[Connection], T]) -> T:
        for tried in range(1, TRIES + 1):
            try:
                return self._write(function, self.daemon)
            except psycopg.Error as error:
                if tried < TRIES and (is_conflict(error) or is_cut(error)):
                    time.sleep(random.uniform(0, 0.005 * tried))
                elif is_of_the_server(error):
                    raise unavailable("written", error) from error
                else:
                    raise
        raise AssertionError("the last try returns or raises")

    def _write(self, function: Callable[[Connection], T], daemon: DaemonRow | None) -> T:
        with self._pool.transaction(BEGIN) as db:
            answer = function(db)
            tally.flush(db)
            # It raises where `function` has gone on after a statement that failed.
            number = self.last_look(db, daemon)
            try:
                db.command("COMMIT")
            except psycopg.OperationalError as error:
                if number is None or not self._has_committed(number, error):
                    raise
            return answer

    def _has_committed(self, number: str, error: psycopg.Error) -> bool:
        """Whether that transaction did, of which no answer came. Raises Unavailable where the server does not say."""
        deadline = time.monotonic() + ASK_SECONDS
        while time.monotonic() < deadline:
            try:
                with self._pool.transaction(BEGIN_READING) as db:
                    (status,) = db.execute("SELECT pg_xact_status(CAST(? AS xid8))", (number,)).fetchone() or (None,)
                if status != "in progress":
                    return bool(status == "committed")
            except (psycopg.OperationalError, Unavailable):
                pass  # it starts again, perhaps
            time.sleep(0.05)
        raise Unavailable(
            f"the server is gone in the middle of a commit: {message(error)}",
            "what was written is there, or it is not: look",
        ) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        try:
            with self._pool.transaction(BEGIN_READING) as db:
                yield db
        except psycopg.Error as error:
            if is_of_the_server(error):
                raise unavailable("read", error) from error
            raise

    def probe(self, now: int) -> None:
        self.write(lambda db: meta.put(db, meta.LAST_PROBE, str(now)))

    def folder(self, project: Path) -> Path:
        made = project / ".leadoff"
        private_files.make_folder(made)
        return made

    def daemon_lock(self) -> DaemonLock:
        from engine.store.postgres.daemons import DaemonRows

        return DaemonRows(self)

    def bell(self, lock: DaemonLock) -> Bell:
        from engine.store.postgres.bell import NotifyBell

        return NotifyBell(self, self.connect, lambda: self.is_behind_pooler)

    def clock_ahead(self) -> int:
        """As the quickest of three answers tells it: it is off by half of its way at most."""
        answers = []
        for _ in range(3):
            with self.reading() as db:
                asked = time.time_ns() // 1_000_000
                (server,) = db.execute("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)").fetchone()
                told = time.time_ns() // 1_000_000
            answers.append((told - asked, int(server) - (asked + told) // 2))
        return min(answers)[1]

    def about(self) -> dict[str, Any]:
        with self.reading() as db:
            (size,) = db.execute("SELECT pg_database_size(current_database())").fetchone()
            settings = {name: db.execute("SELECT current_setting(?)", (name,)).fetchone()[0] for name in TOLD}
        return {"path": self.name, "bytes": size, **settings, "behind_pooler": self.is_behind_pooler}

    @contextmanager
    def alone(self) -> Iterator[tuple[Connection, Any]]:
        from sqlalchemy import NullPool, create_engine
        from sqlalchemy.exc import DBAPIError

        driver = self._own_connection()
        driver.raw.autocommit = False
        driver.raw.isolation_level = IsolationLevel.READ_COMMITTED  # who waited for another one sees what that one did
        engine = create_engine("postgresql+psycopg://", creator=lambda: driver.raw, poolclass=NullPool)
        try:
            with engine.begin() as connection:
                driver.world(exclusive=True)
                yield driver, connection
        except (psycopg.Error, DBAPIError) as error:
            found = error.orig if isinstance(error, DBAPIError) else error
            if isinstance(found, psycopg.Error) and is_of_the_server(found):
                raise unavailable("brought up to date", found) from error
            raise
        finally:
            driver.raw.close()

    def _own_connection(self) -> PostgresConnection:
        try:
            return self.connect()
        except psycopg.Error as error:
            raise unavailable("reached", error) from error

    def damage(self) -> list[str]:
        """Indexes that PostgreSQL itself holds for broken; it tells of a damaged page when it reads it."""
        with self.reading() as db:
            broken = db.execute(
                "SELECT CAST(indexrelid::regclass AS text) FROM pg_index WHERE NOT indisvalid"
            ).fetchall()
        return [f"the index {name} is not valid: REINDEX it" for (name,) in broken]

    def erase(self) -> bool:
        """False: what was deleted is no longer found, and leaves the tables' pages at the next `upkeep`."""
        return False

    def upkeep(self) -> None:
        """What was changed or deleted leaves the pages, and statistics are taken: what autovacuum does at its own time."""
        connection = self._own_connection()
        try:
            connection.execute(f"VACUUM (ANALYZE, SKIP_LOCKED) {PERSONAL}")
        finally:
            connection.raw.close()

    def close(self) -> None:
        self._pool.close()


def _hold_back(db: Connection) -> None:
    now = numbers(db, f"SELECT {NOW}")[0]
    holds.hold(db, now)
    note = (
        "the database was put back or replaced while a daemon worked on it: what was sent meanwhile is not known in it. Sending is on hold."
        " Before `leadoff release`: stop all daemons, then `leadoff db restored`"
    )
    notices.add(db, "restored", "put back", None, now, note)
