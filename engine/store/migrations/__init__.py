"""Brings a database up to date. Alembic does the work; it is loaded only when there is some."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import Refused
from engine.store.database import Database

HEAD = "0006"


def version(db: sqlite3.Connection) -> str | None:
    """The schema's version; None for an empty file."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(database: Database) -> bool:
    """Bring the schema to HEAD; whether anything had to be done. Raises Refused for one that is newer than this program."""
    with database.reading() as db:
        standing = version(db)
    if standing == HEAD:
        return False
    if standing is not None and standing > HEAD:
        raise Refused(
            f"the database has schema {standing}, newer than this program's {HEAD}", "install the newer leadoff"
        )
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    connectable = create_engine(f"sqlite:///{database.path}")
    try:
        with connectable.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        connectable.dispose()
    return True
