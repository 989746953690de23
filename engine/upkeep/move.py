"""A SQLite database moves to PostgreSQL: contacts, consent, history, and whoever waits.

Invariants: no daemon runs on the file meanwhile, and none may start. The file goes on hold before it is read, and so does what comes of it:
whichever of the two a daemon is started on, it sends nothing until somebody releases that one. What arrives is all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final

from engine.errors import Refused, UsageError
from engine.store import blobs, holds, migrations
from engine.store.database import Database
from engine.store.open_database import open_database
from engine.store.sql import Connection

AT_ONCE: Final = 2_000  # rows of one statement
NOT_MOVED: Final = {"alembic_version", "daemon"}  # what each database says of itself
HOLDS_SOMETHING: Final = ("deployment", "contact", "consent", "event", "message")
Progress = Callable[[int, float], None]
"""Is told how many rows are copied since the last time, and what share of the tables is."""


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
    for table in HOLDS_SOMETHING:
        if db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            raise Refused(f"{name} holds something already; nothing was changed", "name an empty database")


def _copy(live: Connection, made: Connection, name: str, progress: Progress) -> int:
    _refuse_full(made, name)
    tables = sorted((live.tables() & made.tables()) - NOT_MOVED)
    count = 0
    for done, table in enumerate(tables, 1):
        if table != "meta":  # where the new database says which programs may go on with it
            made.execute(f"DELETE FROM {table}")  # what an empty one has
        columns = [row[1] for row in live.execute(f"PRAGMA table_info({table})")]
        names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        found = live.stream(f"SELECT {names} FROM {table}")
        while rows := list(islice(found, AT_ONCE)):
            if table == "blob":
                for picture, data in rows:
                    blobs.put(made, picture, data)
            else:
                made.many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
            count += len(rows)
            progress(len(rows), done / len(tables))
    _count_on(made)
    return count


def _count_on(made: Connection) -> None:
    """New rows get ids behind those that came along."""
    found = made.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND column_default LIKE 'nextval(%'"
    ).fetchall()
    for table, column in found:
        made.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), (SELECT max({column}) FROM {table}))"
            f" WHERE EXISTS (SELECT 1 FROM {table})"
        )
