"""Who is signed in to the dashboard: a random secret in a cookie, of which only the SHA-256 is stored.

Invariants: a session is worth what its token is worth at this moment: with a revoked one it ends at once, on every daemon. Nothing is
written when a page is read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from engine.store.sql import AMONG, Connection, first, listed
from engine.store.tokens import Granted

LASTS_MS = 14 * 86_400_000
MOST_OF_A_TOKEN = 20
"""Browsers that one token is signed in with; the oldest session ends for a new one."""


def begin(db: Connection, token: int, now: int) -> str:
    """The secret of a new session."""
    secret = secrets.token_urlsafe(32)
    sql = "INSERT INTO session (hash, token, created_at, ends_at) VALUES (?, ?, ?, ?)"
    db.execute(sql, (hash_of(secret), token, now, now + LASTS_MS))
    db.execute("DELETE FROM session WHERE ends_at <= ?", (now,))
    db.execute(
        "DELETE FROM session WHERE token = ? AND hash NOT IN"
        " (SELECT s.hash FROM session s WHERE s.token = ? ORDER BY s.created_at DESC, s.hash LIMIT ?)",
        (token, token, MOST_OF_A_TOKEN),
    )
    return secret


def find(db: Connection, secret: str, now: int) -> Granted | None:
    """The token that it was begun with; None for one that has ended."""
    sql = (
        "SELECT t.id, t.name, t.scope FROM session s JOIN token t ON t.id = s.token"
        " WHERE s.hash = ? AND s.ends_at > ? AND t.revoked_at IS NULL"
    )
    return first(db, Granted, sql, (hash_of(secret), now))


def standing(db: Connection, hashes: Iterable[str], now: int) -> set[str]:
    """Those of them that have not ended."""
    sql = (
        f"SELECT s.hash FROM session s JOIN token t ON t.id = s.token WHERE s.hash {AMONG}"
        " AND s.ends_at > ? AND t.revoked_at IS NULL"
    )
    return {hash for (hash,) in db.execute(sql, (listed(hashes), now))}


def end(db: Connection, secret: str) -> None:
    db.execute("DELETE FROM session WHERE hash = ?", (hash_of(secret),))


def end_all(db: Connection, token: int) -> int:
    """How many there were of this token, in all browsers."""
    return db.execute("DELETE FROM session WHERE token = ?", (token,)).rowcount


def form_key(secret: str) -> str:
    """What a form of this session must bring: known to its pages, and not to those of another site."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
