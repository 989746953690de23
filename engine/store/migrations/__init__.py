"""Brings a database up to date: an empty file gets schema.sql, an older schema the revisions, by Alembic, which is loaded for that only.

Invariants: the look at the version and all statements are one transaction that holds the write lock from its first statement.
So a process that is killed leaves the schema as it was, and of two that come at once the second finds the work done.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import Refused, Unavailable
from engine.store.database import Database

HEAD = "0012"
OLDEST = "0006"  # the first revision that is kept
SCHEMA = Path(__file__).with_name("schema.sql")  # one statement a line


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
        standing = version(db)
    if standing == HEAD:
        return False
    if standing is None:
        return _create(database) or upgrade(database)  # another process may have made an older schema meanwhile
    return _run_revisions(database)


def _create(database: Database) -> bool:
    """Make the newest schema in an empty file; False where another process was first."""
    db = database.connect()
    try:
        db.execute("BEGIN IMMEDIATE")
        if version(db) is not None or not _is_due(db, database.path):
            return False
        for statement in SCHEMA.read_text("utf-8").splitlines():
            db.execute(statement)
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise _busy(database, error) from error
    finally:
        db.close()
    return True


def _run_revisions(database: Database) -> bool:
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
            run_revisions(connection)
    except OperationalError as error:
        raise _busy(database, error.orig) from error
    return True


def run_revisions(connection: object) -> None:
    """All revisions that the schema behind SQLAlchemy's `connection` does not have yet."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _busy(database: Database, error: object) -> Unavailable:
    return Unavailable(f"the database {database.path} cannot be brought up to date now: {error}", "try again")


def _is_due(db: sqlite3.Connection, path: Path) -> bool:
    standing = version(db)
    if standing == HEAD:
        return False
    if standing is None and db.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
        raise Refused(
            f"{path} is not a Leadoff database, or its first start was interrupted", "move it away, then try again"
        )
    if standing is not None and standing > HEAD:
        raise Refused(
            f"the database has schema {standing}, newer than this version's {HEAD}", "install the newer leadoff"
        )
    if standing is not None and standing < OLDEST:
        raise Refused(
            f"the database has schema {standing}; the oldest that this version can upgrade is {OLDEST}",
            "a start of an older version was interrupted, or it is from before 0.1.0: move it away, then try again",
        )
    return True
