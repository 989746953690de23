"""A copy of a SQLite file while it is in use, and putting one in its place.

Invariants: a copy is of one instant, however long it takes, and holds up no writer; it is complete and sound under its name, or not there.
Whoever is killed on the way leaves the database as it was. What stood there before is moved aside, never deleted.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from engine import private_files
from engine.errors import Refused, UsageError
from engine.store.sql import Connection
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.daemon_lock import FileLock
from engine.store.sqlite.database import SqliteDatabase

T = TypeVar("T")
PAGES = 2_000  # between two calls of `told`
Told = Callable[[int], None]
"""Called with how many pages were copied since the last time."""


def back_up(source: Path, file: Path, stamp: Callable[[Connection], None], told: Told) -> None:
    """Copy the database to a new file, with what `stamp` writes into the copy. Raises UsageError."""
    if not source.is_file():
        raise UsageError(f"there is no database {source}", "`leadoff apply` creates one")
    if file.exists():
        raise UsageError(f"{file} is there already; nothing was written", "name a new file, with the date in its name")
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}; nothing was written", "make it first")
    draft = file.with_name(f"{file.name}.part")
    with _errors(f"cannot write the backup {file}", draft):
        _copy(source, draft, told)
        with _open(draft) as made:
            stamp(made)
            _refuse_damaged(made, f"the copy of {source} is damaged, and was deleted: the database itself may be, too")
        _settle(draft)
        draft.replace(file)
        _sync(file.parent)


def put_back(
    path: Path, file: Path, name: str, prepare: Callable[[SqliteDatabase], T], told: Told
) -> tuple[T, Path | None]:
    """Put the backup `file` in the place of the database `path`, after `prepare` has made of it what is to stand there.

    What `prepare` says, and where the present one is then: `name` is put behind its own. Raises UsageError, and Refused while a
    daemon lives.
    """
    _refuse_other(file, path)
    lock = FileLock(path)
    if lock.held():
        pid = lock.facts().get("pid", "?")
        raise Refused(f"a daemon (process {pid}) runs on {path}; nothing was changed", "stop it, then restore")
    lock.acquire()
    try:
        draft = path.with_name(f"{path.name}.restoring")
        with _errors(f"cannot restore {path}", draft):
            _copy(file, draft, told)
            with _open(draft) as made:
                _refuse_damaged(made, f"the backup {file} is damaged; nothing was changed")
            database = SqliteDatabase(draft, missing="refuse")
            try:
                done = prepare(database)
            finally:
                database.close()
            _settle(draft)
            return done, _swap(draft, path, name)
    finally:
        lock.release()


def _swap(draft: Path, path: Path, name: str) -> Path | None:
    """At any instant one of the two stands there, without the log of the other."""
    aside = None
    if path.exists():
        with suppress(sqlite3.Error), _open(path) as standing:  # what is damaged is moved as it is
            standing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        aside = _free(path, name)
        try:
            os.link(path, aside)
        except OSError:  # a file system without links
            path.replace(aside)
        with suppress(FileNotFoundError):
            _beside(path, "-wal").replace(_beside(aside, "-wal"))
    for ending in ("-wal", "-shm"):
        _beside(path, ending).unlink(missing_ok=True)
    draft.replace(path)
    _sync(path.parent)
    return aside


def _free(path: Path, name: str) -> Path:
    """A name that nothing has yet."""
    found, number = path.with_name(f"{path.name}.{name}"), 1
    while found.exists():
        found, number = path.with_name(f"{path.name}.{name}-{number}"), number + 1
    return found


def _copy(source: Path, draft: Path, told: Told) -> None:
    """Of one instant: the read transaction stays open all the time, so no writer makes it begin anew."""
    private_files.make_file(draft)
    with _open(source, "ro") as live, _open(draft) as made:
        live.execute("BEGIN")
        live.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        live.backup(made, pages=PAGES, progress=lambda status, left, all: told(min(PAGES, all - left)))
        live.execute("ROLLBACK")
        made.execute("PRAGMA journal_mode=DELETE")  # one file, with no log beside it


@contextmanager
def _open(file: Path, mode: str = "rw") -> Iterator[SqliteConnection]:
    address = f"{file.absolute().as_uri()}?mode={mode}"
    made = sqlite3.connect(address, uri=True, isolation_level=None, factory=SqliteConnection)
    try:
        yield made
    finally:
        made.close()


def _refuse_other(file: Path, path: Path) -> None:
    if not file.is_file():
        raise UsageError(f"there is no backup {file}", "name a file that `leadoff db backup` has written")
    if path.exists() and file.samefile(path):
        raise UsageError(f"{file} is the database itself", "name a file that `leadoff db backup` has written")
    try:
        with _open(file, "ro") as found:
            if {"alembic_version", "meta"} <= set(found.tables()):
                return
    except sqlite3.Error as error:
        raise UsageError(f"{file} is no backup of Leadoff: {error}", "nothing was changed") from error
    raise UsageError(f"{file} is no backup of Leadoff", "nothing was changed")


def _refuse_damaged(made: SqliteConnection, message: str) -> None:
    wrong = [line for (line,) in made.execute("PRAGMA integrity_check(1)") if line != "ok"]
    if wrong:
        raise UsageError(message, wrong[0].splitlines()[-1])


@contextmanager
def _errors(what: str, draft: Path) -> Iterator[None]:
    """What goes wrong in words; the draft does not stay."""
    _drop(draft)
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise UsageError(
            f"{what}: {error}", "check that its folder is there and writable, and that the disk is not full"
        ) from error
    finally:
        _drop(draft)


def _drop(draft: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            _beside(draft, ending).unlink(missing_ok=True)


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _settle(draft: Path) -> None:
    """All of it is in the one file, on disk."""
    with _open(draft) as made:
        made.execute("PRAGMA journal_mode=DELETE")
    _sync(draft)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
