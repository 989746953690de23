"""Errors of PostgreSQL that are about the server, not about a statement, as errors of Leadoff."""

from __future__ import annotations

import psycopg

from engine.errors import Unavailable, Unusable

CONFLICTS = {
    "40001",
    "40P01",
    "23505",
}  # serialization failure, deadlock, unique violation: whoever was in the way has committed
_PASSES = {"08", "53", "55", "57", "58"}  # connection, resources, not in the needed state, an operator stepped in, disk
_LASTS = {
    "25006": "the server is read-only, a replica perhaps: use the address of its primary",
    "42501": "its role lacks rights: let it own the schema, or GRANT them",
    "XX001": "its data is damaged; restore a backup",
    "XX002": "an index is damaged: REINDEX it",
}


def is_conflict(error: psycopg.Error) -> bool:
    """Whether the transaction may succeed when it is run again at once."""
    return error.sqlstate in CONFLICTS


def is_of_the_server(error: psycopg.Error) -> bool:
    """Whether it is about the server, the way to it, its disk or our rights."""
    code = error.sqlstate
    if code is None:  # of the client: the connection is gone
        return isinstance(error, psycopg.OperationalError)
    return code in _LASTS or code[:2] in _PASSES or code == "25P03"


def unavailable(what: str, error: psycopg.Error) -> Unavailable:
    """The error of ours for one that `is_of_the_server`; `what` is "read" or "written"."""
    said = message(error)
    help = _LASTS.get(error.sqlstate or "")
    if help is not None:
        return Unusable(f"the database cannot be {what}: {said}", help)
    return Unavailable(f"the database cannot be {what} now: {said}", "look whether its server runs; try again")


def message(error: psycopg.Error) -> str:
    """Its first line: what follows may hold values of a row."""
    return (error.diag.message_primary or str(error)).strip().split("\n")[0]
