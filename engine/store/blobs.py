"""Pictures in the database, those of deployments and those that came with events: each machine's media folder is a copy, and a backup has
them with it.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.store.sql import AMONG, Connection, is_there, listed


def get(db: Connection, name: str) -> bytes | None:
    row = db.execute("SELECT data FROM blob WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def put(db: Connection, name: str, data: bytes, used_at: int | None = None) -> None:
    """One that is there stays as it is: its name is its content's hash. `used_at`: of one that goes when it is used no more."""
    db.execute(
        "INSERT INTO blob (name, data, used_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET used_at = CASE WHEN blob.used_at IS NULL OR excluded.used_at IS NULL THEN NULL ELSE excluded.used_at END",
        (name, data, used_at),
    )


def among(db: Connection, names: Collection[str]) -> set[str]:
    """Those of the names that are there, for as long as a deployment names them."""
    return {
        name
        for (name,) in db.execute(f"SELECT name FROM blob WHERE name {AMONG} AND used_at IS NULL", (listed(names),))
    }


def there(db: Connection, names: Collection[str]) -> set[str]:
    """Those of the names that are there, whatever they are of."""
    return {name for (name,) in db.execute(f"SELECT name FROM blob WHERE name {AMONG}", (listed(names),))}


def came_with_event(db: Connection, name: str) -> bool:
    """Whether it is there, and no deployment's."""
    return is_there(db, "SELECT 1 FROM blob WHERE name = ? AND used_at IS NOT NULL", (name,))


def unused(db: Connection, before: int, limit: int) -> list[str]:
    """Those that no message was written with since then, and that are no picture's any more."""
    sql = (
        "SELECT name FROM blob WHERE used_at < ? AND NOT EXISTS (SELECT 1 FROM picture WHERE picture.ref = blob.name)"
        " ORDER BY used_at LIMIT ?"
    )
    return [name for (name,) in db.execute(sql, (before, limit))]


def delete(db: Connection, names: Collection[str], before: int) -> list[str]:
    """Those that were last used before that; their names."""
    sql = f"DELETE FROM blob WHERE name {AMONG} AND used_at < ? RETURNING name"
    return [name for (name,) in db.execute(sql, (listed(names), before))]
