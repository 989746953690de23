"""`python -m engine.store.migrations` brings both schema files up to date, after a new revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sqlalchemy import StaticPool, create_engine

from engine.store.migrations import POSTGRES, SCHEMA, run_revisions
from engine.store.postgres.schema import statements as statements_of_postgres


def schema() -> str:
    """schema.sql as the revisions that it lacks make it."""
    database = sqlite3.connect(":memory:")
    database.executescript(SCHEMA.read_text("utf-8"))
    engine = create_engine("sqlite://", creator=lambda: database, poolclass=StaticPool)
    with engine.begin() as connection:
        run_revisions(connection)
    lines = "".join(f"{statement}\n" for statement in statements(database))
    engine.dispose()
    return lines


def statements(database: sqlite3.Connection) -> Iterator[str]:
    """What makes such a database, a line a statement."""
    for statement in database.iterdump():
        if statement not in ("BEGIN TRANSACTION;", "COMMIT;"):
            yield " ".join(statement.split())


def postgres_schema() -> str:
    """postgres.sql as the models make it, with the rows of schema.sql."""
    rows = (line for line in SCHEMA.read_text("utf-8").splitlines() if line.startswith("INSERT"))
    return "".join(f"{statement}\n" for statement in statements_of_postgres(rows))


if __name__ == "__main__":
    SCHEMA.write_text(schema(), "utf-8")
    POSTGRES.write_text(postgres_schema(), "utf-8")
