"""What a project and its database hold at the beginning of a test, kept for the next test of this process that begins alike.

To read, deploy and fill costs most of a short test; to put back what that came to costs a fifth of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.app import App
from engine.deploy.deployed import Deployed
from engine.store.sqlite.database import SqliteDatabase
from tests import databases

if TYPE_CHECKING:
    from tests.postgres import Databases, Rows

NO_WAL = b"\1\1"  # in the header of a database; one in memory has none (https://sqlite.org/fileformat.html#file_format_version_numbers)
_beginnings: dict[str, Beginning] = {}


class Beginning(NamedTuple):
    deployed: Deployed
    database: bytes | Rows
    beside: Mapping[str, bytes]  # name below the folder of the database -> file, of those that were made for it


def key_of(app: App, *more: object) -> str | None:
    """The same for all that begins with the same files, environment and time; None where the database is no new one of this process."""
    if not isinstance(app.database, SqliteDatabase) and not _servers().is_taken(app.environ[databases.URL]):
        return None
    with app.database.reading() as db:
        if any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("deployment", "contact", "event")):
            return None
    files = {str(file.relative_to(app.root)): file.read_bytes() for file in _files(app.root, app.folder)}
    environ = {name: value for name, value in app.environ.items() if name != databases.URL}
    told = (type(app.database).__name__, app.clock.now(), sorted(files.items()), sorted(environ.items()), more)
    return sha256(repr(told).encode()).hexdigest()


def begin(app: App, key: str | None) -> bool:
    """Whether there was one to begin with: the database and what stands beside it are now as they were then."""
    kept = _beginnings.get(key or "")
    if kept is None:
        return False
    app._deployed = kept.deployed
    for name, data in kept.beside.items():
        (app.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (app.folder / name).write_bytes(data)
    if isinstance(kept.database, bytes):
        with closing(sqlite3.connect(":memory:")) as before, closing(sqlite3.connect(_file(app))) as now:
            before.deserialize(kept.database)
            before.backup(now)
    else:
        _servers().put(app.environ[databases.URL], kept.database)
    return True


def keep(app: App, key: str | None) -> None:
    if key is None:
        return
    beside = {
        str(file.relative_to(app.folder)): file.read_bytes()
        for file in _files(app.folder, None)
        if not file.name.startswith("leadoff.db") and file.parent != app.folder
    }
    if isinstance(app.database, SqliteDatabase):
        with closing(sqlite3.connect(_file(app))) as now:
            whole = now.serialize()
        _beginnings[key] = Beginning(app.deployed(), whole[:18] + NO_WAL + whole[20:], beside)
    else:
        _beginnings[key] = Beginning(app.deployed(), _servers().rows(app.environ[databases.URL]), beside)


def _servers() -> Databases:
    from tests.postgres import databases as servers

    return servers()


def _file(app: App) -> Path:
    return databases.file_of(app.database)


def _files(folder: Path, but_for: Path | None) -> list[Path]:
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and but_for not in file.parents]
