"""Errors of PostgreSQL that are about the server, not about a statement, as errors of Leadoff.

Invariants: a database that cannot be used raises Unavailable, whichever statement meets it. What the server says of a row's values stays
out of every message: its first line names none.
"""

from __future__ import annotations

import psycopg

from engine.errors import Unavailable, Unusable

_CONFLICTS = {
    "40001",
    "40P01",
    "23505",
}  # serialization failure, deadlock, unique violation: somebody else has committed
_PASSES = {
    "08",
    "53",
    "55",
    "57",
    "58",
}  # connection, resources, not in the needed state, an operator stepped in, system
_CUT = "25P03"  # the transaction was idle for too long: this process stood still
_STOPPED = "57P01"  # the server stops, or somebody has ended this connection
_FULL = "53100"
_HALF_THERE = {"42P01", "42P10"}  # no such table, no such unique index: a backup is being put back
_LASTS = {
    "25006": "its server is read-only, a replica perhaps: use the address of the primary",
    "42501": "let its user own the tables, or create them in that schema: GRANT CREATE, USAGE ON SCHEMA public TO it",
    "3F000": "the schema that search_path names is not there: CREATE SCHEMA",
    "XX001": "it is damaged; put a backup in its place",
    "XX002": "an index is damaged: REINDEX it",
}

_TRY_AGAIN = "its server may be stopped or busy; try again"
_GONE = "its tables are not there, or not whole: is a backup being put back?"
_LIMIT = "a limit of its server is too short for this: {} (ALTER ROLE … SET)"
_PASSING = {
    _FULL: "the disk of its server is full: make room",
    _CUT: _LIMIT.format("idle_in_transaction_session_timeout"),
    "57014": _LIMIT.format("statement_timeout"),
    **dict.fromkeys(_HALF_THERE, _GONE),
}


def is_conflict(error: psycopg.Error) -> bool:
    """Whether the transaction may succeed when it is run again at once."""
    return error.sqlstate in _CONFLICTS


def is_cut(error: psycopg.Error) -> bool:
    """Whether the connection was cut: another one may be better."""
    return isinstance(error, psycopg.OperationalError) and error.sqlstate in (None, _STOPPED)


def is_of_the_server(error: psycopg.Error) -> bool:
    """Whether it is about the server, the way to it, its disk or our rights."""
    code = error.sqlstate
    if code is None:  # of the client: the connection is gone
        return isinstance(error, psycopg.OperationalError)
    return code in _LASTS or code[:2] in _PASSES or code == _CUT or code in _HALF_THERE


def unavailable(what: str, error: psycopg.Error) -> Unavailable:
    """The error of ours for one that `is_of_the_server`; `what` is "read" or "written"."""
    help = _LASTS.get(error.sqlstate or "")
    if help is not None:
        return Unusable(f"the database cannot be {what}: {message(error)}", help)
    return Unavailable(
        f"the database cannot be {what} now: {message(error)}", _PASSING.get(error.sqlstate or "", _TRY_AGAIN)
    )


def message(error: psycopg.Error) -> str:
    """The first line of what it says."""
    lines = (error.diag.message_primary or str(error)).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
