"""Brings a database up to date. Alembic does the work; it is loaded only when there is some.

Rules kept here: the look at the version and every revision are one transaction that holds the write lock from its first statement.
So a process that is killed leaves the schema as it was, and of two that come at once the second finds the work done.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import Refused, Unavailable
from engine.store.database import Database

HEAD = "0010"
OLDEST = "0006"  # the first revision that is kept


def version(db: sqlite3.Connection) -> str | None:
    """The schema's version; None for an empty file."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(database: Database) -> bool:
    """Bring the schema to HEAD; whether anything had to be done.

    Raises Refused for one that is newer or much older than this program, and for a file of something else; Unavailable while
    another process does not let go of the file.
    """
    with database.reading() as db:
        if version(db) == HEAD:
            return False
    from sqlalchemy import NullPool, create_engine, event
    from sqlalchemy.exc import OperationalError

    engine = create_engine("sqlite://", creator=database.connect, poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            if not _is_due(driver, database.path):
                return False
            _run(connection)
    except OperationalError as error:
        raise Unavailable(
            f"the database {database.path} cannot be brought up to date now: {error.orig}", "try again"
        ) from error
    return True


def _run(connection: object) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_due(db: sqlite3.Connection, path: Path) -> bool:
    standing = version(db)
    if standing == HEAD:
        return False
    if standing is None and db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
        raise Refused(
            f"{path} is no database of Leadoff, or one whose first start was cut off", "move it away, then try again"
        )
    if standing is not None and standing > HEAD:
        raise Refused(
            f"the database has schema {standing}, newer than this program's {HEAD}", "install the newer leadoff"
        )
    if standing is not None and standing < OLDEST:
        raise Refused(
            f"the database has schema {standing}; the oldest that this program brings up is {OLDEST}",
            "a start of an older version was cut off, or it is from before 0.1.0: move it away, then try again",
        )
    return True
