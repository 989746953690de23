"""The pictures of deployments, in the database: each machine's media folder is a copy, and a backup has them with it."""

from __future__ import annotations

from collections.abc import Collection

from engine.store.sql import AMONG, Connection, listed


def get(db: Connection, name: str) -> bytes | None:
    row = db.execute("SELECT data FROM blob WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def put(db: Connection, name: str, data: bytes) -> None:
    """One that is there stays as it is: its name is its content's hash."""
    db.execute("INSERT INTO blob (name, data) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", (name, data))


def among(db: Connection, names: Collection[str]) -> set[str]:
    """Those of the names that are there."""
    return {name for (name,) in db.execute(f"SELECT name FROM blob WHERE name {AMONG}", (listed(names),))}
