"""The tables of a new database on PostgreSQL, made from the models: tables.py and the files beside it.

Texts compare byte by byte, as they do in SQLite; where this module is loaded, revisions make them so, too. What a new database holds is
what schema.sql puts into one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Index, MetaData, String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from engine.store import (  # noqa: F401 (they fill the metadata)
    tables,
    tables_alarms,
    tables_contacts,
    tables_coupons,
    tables_daemons,
    tables_dashboard,
    tables_goals,
    tables_pictures,
    tables_recurring,
    tables_sources,
)

VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);"
QUEUES = ("message_queue", "webhook_open")  # indexes from which rows are taken by time and id
NUMBERED = ("flow",)  # tables of which a new database holds rows with ids


def statements(rows: Iterator[str]) -> Iterator[str]:
    """What makes a new database, a line a statement. `rows`: the INSERTs that fill it."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made = MetaData()
    for table in SQLModel.metadata.sorted_tables:
        table.to_metadata(made)
    yield VERSION
    for table in made.sorted_tables:
        yield _line(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield _line(str(CreateIndex(_ended(index)).compile(dialect=dialect)))
    yield from rows
    for name in NUMBERED:
        yield f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT MAX(id) FROM {name}));"


@compiles(String, "postgresql")
@compiles(Text, "postgresql")
def _text(type: String, compiler: Any, **_: Any) -> str:
    return 'TEXT COLLATE "C"'


def _ended(index: Index) -> Index:
    """As in SQLite, where every index ends with the id: rows that are due at one instant come from it in order."""
    if index.name not in QUEUES or index.table is None:
        return index
    where = index.dialect_options["postgresql"]["where"]
    return Index(index.name, *index.columns, index.table.c.id, postgresql_where=where)


def _line(statement: str) -> str:
    return " ".join(statement.split()) + ";"
