"""`db backup` and `db restore`, of a SQLite file; PostgreSQL has backups of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson

from engine.clock import instant
from engine.deploy.project_files import PROJECT_FILE, project_texts
from engine.errors import Refused
from engine.store import deployments, migrations
from engine.store.database import Database
from engine.upkeep import restored
from engine.upkeep.restored import TakenUp

Told = Callable[[int], None]
"""Called with how many pages were copied since the last time."""


def back_up(url: str, project: Path, file: Path, now: int, told: Told) -> Path:
    """Copy the database to a new file while it is in use; the database. Raises UsageError, and Refused for PostgreSQL."""
    from engine.store.sqlite import backup

    path = _file(url, project)
    backup.back_up(path, file, lambda db: restored.stamp(db, now), told)
    return path


def restore(url: str, project: Path, file: Path, now: int, told: Told) -> tuple[TakenUp, Path | None]:
    """Put the backup in the place of the database, on hold; and where that of before is now. Raises UsageError, and Refused."""
    from engine.store.sqlite import backup
    from engine.store.sqlite.database import SqliteDatabase

    def prepare(database: SqliteDatabase) -> TakenUp:
        migrations.upgrade(database)
        _refuse_another(database, project)
        return restored.take_up(database, now)

    name = f"before-{(instant(now) or '').replace(':', '-').replace('.', '-')}"
    return backup.put_back(_file(url, project), file, name, prepare, told)


def _refuse_another(database: Database, root: Path) -> None:
    """Raises Refused for the backup of another project."""
    from engine.language.check import project_of

    with database.reading() as db:
        stored = deployments.newest(db)
    if stored is not None:
        theirs = project_of(orjson.loads(stored.content)["files"][PROJECT_FILE].encode())
        ours = project_of(project_texts(root)[0][PROJECT_FILE])
        if theirs is not None and ours is not None and theirs.project != ours.project:
            raise Refused(
                f"this is a backup of the project {theirs.project}, and {PROJECT_FILE} is of {ours.project}; nothing was changed",
                "restore it in that project's folder; where the project got a new name, with the files of that time",
            )


def _file(url: str, project: Path) -> Path:
    if not url.startswith("sqlite:"):
        raise Refused(
            "PostgreSQL has backups of its own",
            "use `pg_dump`, or those of its host; after it was put back that way: `leadoff db restored`",
        )
    from engine.store.sqlite.database import path_of

    return path_of(url, project)
