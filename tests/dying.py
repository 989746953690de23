"""A process that dies at a chosen statement, as by a power cut. `deaths` runs a script as `python -c` does; the rest is for the script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.store.database import Database
from engine.store.postgres import address
from engine.store.postgres.connection import Found, PostgresConnection
from engine.store.postgres.database import PostgresDatabase
from engine.store.postgres.pool import Pool
from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase
from engine.workspace import DEFAULT_DATABASE
from tests import databases
from tests.fork_server import leadoff

ROOT = Path(__file__).parents[1]
BEFORE = "import sys\nfrom engine.store import migrations\nfrom tests import databases\nmigrations.upgrade = databases.make_tables\n"
_left = [0]


def come_nearer() -> None:
    """A statement more, over all connections: the last one kills the process before it is carried out."""
    _left[0] -= 1
    if _left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


class Dying(SqliteDatabase):
    def connect(self, *args: Any, **options: Any) -> SqliteConnection:
        made = super().connect(*args, **options)
        made.set_trace_callback(lambda statement: come_nearer())
        return made


class _Connection(PostgresConnection):
    def _cursor(self) -> Found:
        come_nearer()
        return super()._cursor()

    def command(self, words: str) -> None:
        come_nearer()
        super().command(words)


class _Pool(Pool):
    def connect(self) -> PostgresConnection:
        return _Connection(super().connect().raw, self._by_arrays)


class DyingPostgres(PostgresDatabase):
    def __init__(self, url: str, project: Path) -> None:
        super().__init__(url, project)
        self._pool.close()
        self._pool = _Pool(address.settings_of(url))


def opened(folder: Path) -> Database:
    """That of the project of a test, as it is once this process dies."""
    if databases.URL in os.environ:
        return DyingPostgres(os.environ[databases.URL], folder)
    return Dying(folder / DEFAULT_DATABASE.removeprefix("sqlite:///"))


def die_at_each(numbers: Iterable[int], act: Callable[[int], object]) -> None:
    """Let a child do it for each number of statements, and tell `deaths` where it dies; the first that lives is the last."""
    for number in numbers:
        child = os.fork()
        if child == 0:
            _left[0] = number
            act(number)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        print(number, flush=True)
        if not sys.stdin.readline():
            break


def deaths(script: str, *values: object) -> Iterator[int]:
    """The numbers of `die_at_each` at which it has died, in a script with these arguments. The next one dies when it is asked for."""
    argv = ["-c", *map(str, values)]
    # All that it needs is imported, and no child has to; a database without tables gets them statement by statement.
    script = f"{BEFORE}sys.argv = {argv}\n{script}\nsys.exit()\n"
    command = [*leadoff(), "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in process.stdout:
            yield int(line)
            process.stdin.write("\n")
            process.stdin.flush()
    assert process.returncode == 0
