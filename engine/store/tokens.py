"""API tokens: 256 random bits, shown once; only their SHA-256 is stored.

Invariants: what is in the database cannot be used as a token. The next request with a revoked one is refused, in any process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

from engine.errors import Conflict
from engine.store.sql import Connection, changes

SCOPES = ("events", "read", "operator", "admin")
ALLOWS = {"events": {"events"}, "read": {"read"}, "operator": {"read", "operator"}, "admin": {*SCOPES}}
"""Scope -> those that it has in it."""
PREFIX = "leadoff_"  # so that a scanner for secrets knows one when it sees it
LONGEST = 200


class Granted(NamedTuple):
    id: int
    name: str
    scope: str

    def may(self, scope: str) -> bool:
        return scope in ALLOWS[self.scope]


def create(db: Connection, name: str, scope: str, now: int) -> str:
    """The new token itself, for the one time that anybody sees it. A revoked one of that name makes room. Raises Conflict."""
    token = PREFIX + secrets.token_urlsafe(32)
    made = db.execute(
        "INSERT INTO token (name, hash, scope, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " hash = excluded.hash, scope = excluded.scope, created_at = excluded.created_at, revoked_at = NULL"
        " WHERE token.revoked_at IS NOT NULL",
        (name, _hash(token), scope, now),
    )
    if not made.rowcount:
        raise Conflict(f"there is a token {name} already", "choose another name, or revoke it first")
    return token


def revoke(db: Connection, name: str, now: int) -> bool:
    """Whether there was one to revoke. Its sessions end, also for a new one of this name."""
    db.execute("DELETE FROM session WHERE token IN (SELECT id FROM token WHERE name = ?)", (name,))
    return changes(db, "UPDATE token SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", (now, name))


def find(db: Connection, token: str) -> Granted | None:
    """What this token may do; None for one that is unknown or revoked."""
    if len(token) > LONGEST:
        return None
    wanted = _hash(token)
    sql = "SELECT hash, id, name, scope FROM token WHERE hash = ? AND revoked_at IS NULL"
    row = db.execute(sql, (wanted,)).fetchone()
    return Granted._make(row[1:]) if row and hmac.compare_digest(row[0], wanted) else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
