"""Two transactions in an order that a test decides: one stops before a statement, and the other does what it does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg

PATIENCE_SECONDS = 30.0


class Meanwhile:
    """A database whose write transactions call `act` once, before the first statement that contains `before`."""

    def __init__(self, database: Any, before: str, act: Callable[[], object]) -> None:
        self._database, self._before, self._act = database, before, act
        self.done = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, function: Callable[[Any], Any]) -> Any:
        return self._database.write(lambda db: function(_Connection(db, self)))

    def look(self, sql: str) -> None:
        if not self.done and self._before in sql:
            self.done = True
            self._act()


class _Connection:
    def __init__(self, db: Any, owner: Meanwhile) -> None:
        self._db, self._owner = db, owner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._db, name)
        if name not in ("execute", "many", "claim", "lock"):
            return found

        def run(sql: str, *values: Any, **more: Any) -> Any:
            self._owner.look(sql)
            return found(sql, *values, **more)

        return run


class Aside:
    """Something that is done in another thread, with connections of its own."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self.answer: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.answer = self._act()

    def end(self) -> Any:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "it waits for somebody"
        return self.answer

    def wait_until_it_waits(self, url: str) -> None:
        """Until the server says that somebody waits for a lock that another one holds."""
        sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        with psycopg.connect(url, autocommit=True) as db:
            while db.execute(sql).fetchone() != (1,):
                assert self._thread.is_alive(), "it waits for nobody"


def to_its_end(act: Callable[[], Any]) -> Any:
    return Aside(act).end()
