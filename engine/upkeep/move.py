"""A SQLite database moves to PostgreSQL: contacts, consent, history, and whoever waits.

Invariants: no daemon runs on the file meanwhile, and none may start. The file goes on hold before it is read, and so does what comes of it:
whichever of the two a daemon is started on, it sends nothing until somebody releases that one. What arrives is all of it or nothing.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import Refused, UsageError
from engine.store import copying, holds, migrations
from engine.store.copying import Progress
from engine.store.database import Database
from engine.store.open_database import open_database
from engine.store.sql import Connection


def move(url: str, to: str, project: Path, now: int, progress: Progress = lambda rows, share: None) -> int:
    """Copy the SQLite file of `url` into the empty PostgreSQL database of `to`; how many rows there are.

    Raises UsageError for other kinds of databases, Refused where a daemon runs on the file or the target holds something.
    """
    if not url.startswith("sqlite:") or not to.startswith(("postgresql:", "postgres:")):
        raise UsageError(
            "a SQLite file moves to a PostgreSQL database, and nothing else does",
            "LEADOFF_DATABASE_URL names the file, and the command the other one: leadoff db move postgresql://user@host/name",
        )
    source = open_database(url, project, "refuse")
    try:
        migrations.prepare(source)
        target = open_database(to, project)
        try:
            return _move(source, target, now, progress)
        finally:
            target.close()
    finally:
        source.close()


def _move(source: Database, target: Database, now: int, progress: Progress) -> int:
    lock = source.daemon_lock()
    lock.acquire()  # refused while a daemon runs
    try:
        migrations.upgrade(target)
        with target.reading() as db:
            _refuse_full(db, target.name)
        is_new = source.write(lambda db: holds.hold(db, now))
        try:
            with source.reading() as live:
                return target.write(lambda db: _copy(live, db, target.name, progress))
        except BaseException:
            if is_new:
                source.write(holds.release)
            raise
    finally:
        lock.release()


def _refuse_full(db: Connection, name: str) -> None:
    if copying.holds_something(db):
        raise Refused(f"{name} holds something already; nothing was changed", "name an empty database")


def _copy(live: Connection, made: Connection, name: str, progress: Progress) -> int:
    _refuse_full(made, name)
    return copying.copy_all(live, made, progress)
