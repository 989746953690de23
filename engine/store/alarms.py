"""Alarms: what `notify` is told, until its address has taken it.

Invariants: an alarm is stored with what it is about, in one transaction; it is told at least once, under a subject that stays the same. An
alarm that is being told is due again after a lease: a daemon that dies meanwhile leaves it to the next one. None holds a number or a text
of a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson

from engine.store.sql import AMONG, Connection, listed, number

LEASE_MS = 120_000


class Alarm(NamedTuple):
    """`id`: None where it could not be stored. `said`: JSON object with `kind`, `at` (UTC ms) and `text`."""

    id: int | None
    subject: str
    said: Mapping[str, Any]
    attempts: int = 0


def add(db: Connection, subject: str, said: Mapping[str, Any], now: int) -> None:
    db.execute(
        "INSERT INTO alarm (subject, data, due_at, attempts) VALUES (?, ?, ?, 0) ON CONFLICT (subject) DO NOTHING",
        (subject, orjson.dumps(said).decode(), now),
    )


def claim(db: Connection, now: int, limit: int) -> list[Alarm]:
    """The oldest that are due, each with the attempt that begins."""
    sql = "SELECT id, subject, data, attempts + 1 FROM alarm WHERE due_at <= ? ORDER BY id LIMIT ?"
    found = [Alarm(id, subject, orjson.loads(data), n) for id, subject, data, n in db.claim(sql, (now, limit), "alarm")]
    db.execute(
        f"UPDATE alarm SET due_at = ?, attempts = attempts + 1 WHERE id {AMONG}",
        (now + LEASE_MS, listed(each.id for each in found if each.id is not None)),
    )
    return found


def tell_again(db: Connection, id: int, at: int) -> None:
    db.execute("UPDATE alarm SET due_at = ? WHERE id = ?", (at, id))


def remove(db: Connection, ids: Collection[int]) -> None:
    db.execute(f"DELETE FROM alarm WHERE id {AMONG}", (listed(ids),))


def remove_all(db: Connection) -> None:
    """Nobody is to be told."""
    db.execute("DELETE FROM alarm")


def next_due(db: Connection) -> int | None:
    return number(db, "SELECT MIN(due_at) FROM alarm")
