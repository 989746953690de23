"""Deployments: the whole project as it was applied (V1)."""

from __future__ import annotations

import secrets
import sqlite3
from typing import NamedTuple

from engine.store import meta
from engine.store.interned_names import Names
from engine.store.sql import first, number
from engine.store.states import IS_ACTIVE


class Stored(NamedTuple):
    id: int
    hash: str
    commit: str | None
    dirty: bool
    at: int
    content: str


def newest_id(db: sqlite3.Connection) -> int | None:
    return number(db, "SELECT MAX(id) FROM deployment")


def newest(db: sqlite3.Connection) -> Stored | None:
    return first(db, Stored, 'SELECT id, hash, "commit", dirty, at, content FROM deployment ORDER BY id DESC LIMIT 1')


def insert(db: sqlite3.Connection, hash: str, commit: str | None, dirty: bool, at: int, content: str) -> int:
    sql = 'INSERT INTO deployment (hash, "commit", dirty, at, content) VALUES (?, ?, ?, ?, ?)'
    cursor = db.execute(sql, (hash, commit, dirty, at, content))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def replace_content(db: sqlite3.Connection, id: int, content: str) -> None:
    """Write down the same project anew."""
    db.execute("UPDATE deployment SET content = ? WHERE id = ?", (content, id))


def resting(db: sqlite3.Connection, names: Names) -> dict[tuple[str, str | None], int]:
    """(flow, step) -> how many active runs are there."""
    rows = db.execute(f"SELECT flow, step, COUNT(*) FROM run WHERE {IS_ACTIVE} GROUP BY flow, step")
    return {(names.flows[flow], names.step(flow, step)): count for flow, step, count in rows}


def secret(db: sqlite3.Connection) -> bytes:
    """The key of this database's tracked links; made once."""
    meta.put_new(db, meta.LINK_SECRET, secrets.token_hex(32))
    return known_secret(db)


def known_secret(db: sqlite3.Connection) -> bytes:
    """The same, where something is deployed: it was made then."""
    return bytes.fromhex(meta.get(db, meta.LINK_SECRET) or "")
