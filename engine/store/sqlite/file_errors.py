"""Errors of SQLite that are about the file, not about a statement, as errors of Leadoff.

Invariants: a database that cannot be used raises Unavailable, whichever statement meets it: callers answer 503 and try again, or
end with a message, and no data is dropped. A wrong statement or a broken constraint raises sqlite3's own error.
"""

from __future__ import annotations

import sqlite3

from engine.errors import Unavailable, Unusable

_PASSES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_CANTOPEN,  # no file descriptor is left, say
}
_LASTS = {
    sqlite3.SQLITE_READONLY: "its disk or its file may be read-only",
    sqlite3.SQLITE_PERM: "its disk or its file may be read-only",
    sqlite3.SQLITE_CORRUPT: "it is damaged; put a backup in its place",
    sqlite3.SQLITE_NOTADB: "it is damaged; put a backup in its place",
}


def is_of_the_file(error: sqlite3.Error) -> bool:
    """Whether it is about the file, its lock or its disk."""
    code = _code(error)
    return code in _PASSES or code in _LASTS


def unavailable(what: str, error: sqlite3.Error) -> Unavailable:
    """The error of ours for one that `is_of_the_file`; `what` is "read" or "written"."""
    help = _LASTS.get(_code(error))
    if help is not None:
        return Unusable(f"the database cannot be {what}: {error}", help)
    return Unavailable(
        f"the database cannot be {what} now: {error}", "another process may use it, or the disk is full; try again"
    )


def not_opened(error: OSError | sqlite3.Error) -> str:
    """The way out where a file does not open as a database."""
    return _LASTS.get(_code(error), "check that its folder is writable")


def _code(error: OSError | sqlite3.Error) -> int:
    found: int = getattr(error, "sqlite_errorcode", 0)  # Python's own errors have none
    return found & 0xFF
