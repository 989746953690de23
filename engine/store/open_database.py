"""LEADOFF_DATABASE_URL -> the database."""

from __future__ import annotations

from pathlib import Path

from engine.errors import UsageError
from engine.store.database import Database, Missing


def open_database(url: str, project: Path, missing: Missing = "create") -> Database:
    """The database behind a LEADOFF_DATABASE_URL; relative files count from the project. Raises UsageError."""
    url = url.strip()  # a secret that is read from a file ends with a line break
    if url.startswith("sqlite:"):
        from engine.store.sqlite.database import SqliteDatabase, path_of

        return SqliteDatabase(path_of(url, project), missing=missing)
    if url.startswith(("postgresql:", "postgres:")):
        try:
            from engine.store.postgres.database import PostgresDatabase
        except ImportError as error:  # psycopg is not installed, or finds no libpq
            why = str(error).splitlines()[0]
            raise UsageError(f"PostgreSQL needs the package psycopg: {why}", "pip install 'psycopg[binary]'") from error

        found = PostgresDatabase(url, project, missing)
        if missing == "empty" and found.is_empty:
            from engine.store.sqlite.memory import NotThere

            found.close()
            return NotThere(found.name, found.folder(project))
        return found
    raise UsageError(
        "this version cannot open this LEADOFF_DATABASE_URL",
        "use sqlite:///.leadoff/leadoff.db, sqlite:////an/absolute/path.db or postgresql://user@host/name",
    )
