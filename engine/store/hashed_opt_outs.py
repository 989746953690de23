"""Opt-outs of forgotten numbers: a keyed hash of each, until the number comes again (C0).

Invariants: the number cannot be read from the hash alone; the key is this database's own. A hash is deleted when it becomes an ordinary
opt-out again, so the two never disagree.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from hashlib import blake2b

from engine.store.deployments import secret
from engine.store.sql import AMONG, is_there, json_list


def keep(db: sqlite3.Connection, phone: str, source: str, at: int) -> None:
    db.execute("INSERT OR REPLACE INTO forgotten (hash, source, at) VALUES (?, ?, ?)", (_hash(db, phone), source, at))


def recall(db: sqlite3.Connection, phones: Iterable[str]) -> dict[str, int]:
    """Those of the numbers that had opted out, and when; they are taken out. Free while there are none."""
    if not is_there(db, "SELECT 1 FROM forgotten LIMIT 1"):
        return {}
    hashes = {_hash(db, phone): phone for phone in phones}
    found = db.execute(f"DELETE FROM forgotten WHERE hash {AMONG} RETURNING hash, at", (json_list(hashes),)).fetchall()
    return {hashes[hash]: at for hash, at in found}


def _hash(db: sqlite3.Connection, phone: str) -> str:
    return blake2b(phone.encode(), key=secret(db), person=b"forgotten", digest_size=32).hexdigest()
