"""Pictures as they are sent: in the database, and on this machine's disk, where they are served from.

Invariants: a picture is named by its content's hash. It is complete on disk or not there; what is missing or damaged there comes from the
database.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from engine import private_files
from engine.store import blobs, deployments
from engine.store.database import Database
from engine.store.sql import Connection

log = logging.getLogger("leadoff.media")


def file_of(db: Connection, folder: Path, name: str) -> Path | None:
    """Where it is on disk; None where neither the disk nor the database has it."""
    file = folder / name
    return file if file.is_file() or _bring(db, folder, name) else None


def is_whole(db: Connection, folder: Path, name: str) -> bool:
    """Whether it is on disk, as it was stored. Reads all of it."""
    return _is_whole(folder / name) or _bring(db, folder, name)


def write(folder: Path, name: str, data: bytes) -> None:
    """On disk, in place of a damaged one. Raises OSError."""
    private_files.make_folder(folder)
    handle, unfinished = tempfile.mkstemp(prefix=".", dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, folder / name)
    except BaseException:
        os.unlink(unfinished)
        raise


def store(database: Database, folder: Path, names: Collection[str]) -> None:
    """Into the database, what is on disk and not in there."""
    with database.reading() as db:
        missing = set(names) - blobs.among(db, names)
    for name in sorted(missing):
        if _is_whole(folder / name):
            data = (folder / name).read_bytes()
            database.write(lambda db, name=name, data=data: blobs.put(db, name, data))  # type: ignore[misc]


def delete_forgotten(database: Database, folder: Path, before: float) -> None:
    """From this machine's disk: what was written `before` (seconds since 1970), and is in no database and no deployment."""
    if not folder.is_dir():
        return
    names = [file.name for file in folder.iterdir() if not file.name.startswith(".") and file.stat().st_mtime < before]
    with database.reading() as db:
        gone = sorted(set(names) - blobs.there(db, names))
        gone = [name for name in gone if not deployments.name_picture(db, name)]
    for name in gone:
        (folder / name).unlink(missing_ok=True)


def _bring(db: Connection, folder: Path, name: str) -> bool:
    data = blobs.get(db, name)
    if data is None:
        return False
    try:
        write(folder, name, data)
    except OSError as error:
        log.error("the picture %s cannot be written to %s: %s", name, folder, error)
        return False
    return True


def _is_whole(file: Path) -> bool:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == file.stem
    except OSError:
        return False
