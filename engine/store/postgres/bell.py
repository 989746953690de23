"""The bell of a PostgreSQL database: NOTIFY, outside of the transactions that store something, and at most every few milliseconds.

A daemon listens on a connection of its own. Behind a transaction pooler nobody can be listened to, and while that connection is lost:
then the daemon looks once a second.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from engine.errors import Unavailable
from engine.store.bell import Bell
from engine.store.database import Database
from engine.store.postgres.connection import PostgresConnection

log = logging.getLogger("leadoff.store")
CHANNEL = "leadoff"
LOOK_SECONDS = 1.0
REST_SECONDS = 0.02  # between two rings of one daemon


class NotifyBell(Bell):
    """A process that only rings does so at once; a daemon on a thread, which wakes the others."""

    def __init__(
        self, database: Database, connect: Callable[[], PostgresConnection], is_behind_pooler: Callable[[], bool]
    ) -> None:
        self._database, self._connect, self._is_behind_pooler = database, connect, is_behind_pooler
        self._me = secrets.token_hex(8)  # what comes back of its own rings wakes nobody
        self._rung, self._closing = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._wake: Callable[[], None] = lambda: None

    def ring(self) -> None:
        if self._threads:
            self._wake()
            self._rung.set()
        else:
            self._notify()

    def listen(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        for serve, values in ((self._hear, (wake,)), (self._ring_on, ())):
            thread = threading.Thread(target=serve, args=values, name="leadoff-bell", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        self._closing.set()
        self._rung.set()
        for thread in self._threads:
            thread.join()

    def _notify(self) -> None:
        with suppress(Unavailable, psycopg.Error):  # the daemons look by themselves as well
            self._database.write(lambda db: db.execute("SELECT pg_notify(?, ?)", (CHANNEL, self._me)))

    def _ring_on(self) -> None:
        while not self._closing.is_set():
            self._rung.wait()
            self._rung.clear()
            self._notify()
            self._closing.wait(REST_SECONDS)

    def _hear(self, wake: Callable[[], None]) -> None:
        while not self._closing.is_set():
            if self._is_behind_pooler():
                self._closing.wait(LOOK_SECONDS)
            else:
                self._hear_until_cut(wake)
            wake()  # nobody knows what was missed

    def _hear_until_cut(self, wake: Callable[[], None]) -> None:
        began = time.monotonic()
        try:
            with self._connect().raw as listening:
                listening.execute(f"SET idle_session_timeout = 0; LISTEN {CHANNEL}")
                wake()  # what was stored before it listened
                while not self._closing.is_set():
                    # Several in one message of the server are one: it is looked once for all of them.
                    if any(
                        [heard.payload != self._me for heard in listening.notifies(timeout=LOOK_SECONDS, stop_after=1)]
                    ):
                        wake()
        except psycopg.Error as error:
            log.warning("the database is not listened to: %s", type(error).__name__)
            self._closing.wait(max(0.0, LOOK_SECONDS - (time.monotonic() - began)))
