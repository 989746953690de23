"""All rows of a SQLite database into the empty tables of a PostgreSQL one.

Invariants: ids stay what they are, and new rows get ids behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from engine.store import meta
from engine.store.sql import Connection, is_there

AT_ONCE: Final = 2_000  # rows of one statement
NOT_COPIED: Final = {"alembic_version", "daemon"}  # what each database says of itself
HOLDS_SOMETHING: Final = ("deployment", "contact", "consent", "event", "message")
Progress = Callable[[int, float], None]
"""Is told how many rows are copied since the last time, and what share of the tables is."""


def holds_something(db: Connection) -> bool:
    """Whether anything of a project is in it."""
    return any(is_there(db, f"SELECT 1 FROM {table} LIMIT 1") for table in HOLDS_SOMETHING)


def copy_all(live: Connection, made: Connection, progress: Progress) -> int:
    """How many rows there are."""
    tables = sorted((live.tables() & made.tables()) - NOT_COPIED)
    count = 0
    for done, table in enumerate(tables, 1):
        if table != "meta":  # where the new database says which programs may go on with it
            made.execute(f"DELETE FROM {table}")  # what an empty one has
        columns = {row[1]: row[2] for row in live.execute(f"PRAGMA table_info({table})")}
        names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        found, insert = live.stream(f"SELECT {names} FROM {table}"), f"INSERT INTO {table} ({names}) VALUES ({marks})"
        at_once = 1 if "BLOB" in columns.values() else AT_ONCE  # a picture or a body may be large
        while rows := list(islice(found, at_once)):
            if at_once == 1:
                made.execute(insert, rows[0])
            else:
                made.many(insert, rows)
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
        taken = int(meta.get(made, f"{meta.IDS_TAKEN}:{table}") or 0)
        made.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), last) FROM"
            f" (SELECT GREATEST(max({column}), {taken}) last FROM {table}) ids WHERE last > 0"
        )
