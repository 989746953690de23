"""Brings a database up to date: an empty one gets its schema file, an older one the revisions, by Alembic, which is loaded for that only.

Invariants: the look at the version and all statements are one transaction that holds the write lock from its first statement.
So a process that is killed leaves the schema as it was, and of two that come at once the second finds the work done. Where several
programs share the database, the one that changes the schema writes down how old another may be to go on beside it.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import Refused
from engine.store import meta
from engine.store.database import Database
from engine.store.sql import Connection

HEAD = "0028"
OLDEST = "0006"  # the first revision that is kept
BESIDE = "0015"  # programs with this schema or a newer one go on with a database at HEAD
SCHEMA = Path(__file__).with_name("schema.sql")  # of SQLite; one statement a line
OURS = {"alembic_version", "contact", "run"}  # other programs have a table alembic_version, too
POSTGRES = SCHEMA.with_name("postgres.sql")  # the same


def version(db: Connection) -> str | None:
    """The schema's version; None for an empty file."""
    if not db.tables() >= OURS:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def prepare(database: Database) -> None:
    """Make it fit for this program: as `upgrade`, where any command may do that; else only an empty one is filled.

    Raises as `upgrade` does, and Refused for an older one that only `db upgrade` and `apply` bring up to date.
    """
    upgrade(database, database.is_upgraded_by_all)


def refuse_newer(database: Database) -> None:
    """Raises Refused where it has become one that this program cannot live with; Unavailable."""
    with database.reading() as db:
        standing = version(db)
        if standing is not None and standing > HEAD and not _lives_with_us(db, standing):
            raise _newer(standing)


def upgrade(database: Database, an_older_one: bool = True) -> bool:
    """Bring the schema to HEAD; whether anything had to be done. An empty database is filled, `an_older_one` upgraded or refused.

    Raises Refused for one that is newer or much older than this program, and for a file of something else; Unavailable while
    another process does not let go of the file.
    """
    with database.reading() as db:
        standing = version(db)
        if not _is_due(db, standing, database.name):
            return False
    if standing is not None and not an_older_one:
        raise Refused(
            f"the database has schema {standing}, older than this version's {HEAD}",
            "`leadoff db upgrade` brings it up to date, or `leadoff apply`; daemons of the version before go on meanwhile",
        )
    with database.alone() as (db, connection):
        standing = version(db)
        if not _is_due(db, standing, database.name):
            return False
        if standing is None:
            for statement in database.schema.read_text("utf-8").splitlines():
                db.execute(statement)
        else:
            run_revisions(connection)
        if not database.is_upgraded_by_all:
            meta.put(db, meta.BESIDE, BESIDE)
    return True


def run_revisions(connection: object) -> None:
    """All revisions that the schema behind SQLAlchemy's `connection` does not have yet."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_due(db: Connection, standing: str | None, path: str) -> bool:
    if standing == HEAD or (standing is not None and standing > HEAD and _lives_with_us(db, standing)):
        return False
    if standing is None and db.tables():
        raise Refused(
            f"{path} is not a Leadoff database, or its first start was interrupted", "name another one, or move it away"
        )
    if standing is not None and standing > HEAD:
        raise _newer(standing)
    if standing is not None and standing < OLDEST:
        raise Refused(
            f"the database has schema {standing}; the oldest that this version can upgrade is {OLDEST}",
            "a start of an older version was interrupted, or it is from before 0.1.0: move it away, then try again",
        )
    return True


def _lives_with_us(db: Connection, standing: str) -> bool:
    """Whether whoever made a newer schema says that a program as old as this one may go on with it."""
    return (meta.get(db, meta.BESIDE) or standing) <= HEAD


def _newer(standing: str) -> Refused:
    return Refused(f"the database has schema {standing}, newer than this version's {HEAD}", "install the newer leadoff")
