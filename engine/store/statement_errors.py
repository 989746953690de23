"""Errors of a statement that a database refuses: a bug of Leadoff, or tables that are not as they should be.

Invariants: what is told of one names tables and rules, never what a row holds.
"""

from __future__ import annotations

import sqlite3
import sys


def statement_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What the drivers in use raise, and `others`, to be caught together. PostgreSQL's driver is not loaded for it."""
    psycopg = sys.modules.get("psycopg")
    return (sqlite3.Error, *others) if psycopg is None else (sqlite3.Error, psycopg.Error, *others)


def told(error: BaseException) -> str:
    """What may stand in a log; "" for any other error. PostgreSQL's own words quote values: its code and the names stand for them."""
    if isinstance(error, sqlite3.Error):
        return str(error)
    if not isinstance(error, statement_errors()):
        return ""
    about = error.diag  # type: ignore[attr-defined]
    names = (error.sqlstate, about.table_name, about.column_name, about.constraint_name)  # type: ignore[attr-defined]
    return " ".join(filter(None, names))
