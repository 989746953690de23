"""Contacts that have moved to another zone, whose schedules may have been missed by the move (T4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from engine.store.sql import AMONG, each, is_there, json_list


class ZoneMove(NamedTuple):
    contact: int
    zone: str  # the one that it left
    at: int


def note(db: sqlite3.Connection, moves: Iterable[ZoneMove]) -> None:
    """Free while no trigger goes by the contacts' own clocks. Of several moves since the last look the first zone counts."""
    if not is_there(db, "SELECT 1 FROM schedule WHERE zone = '' LIMIT 1"):
        return
    db.executemany(
        "INSERT INTO zone_move (contact, zone, at) VALUES (?, ?, ?) ON CONFLICT (contact) DO UPDATE SET at = excluded.at",
        list(moves),
    )


def pending(db: sqlite3.Connection, limit: int) -> list[ZoneMove]:
    return each(db, ZoneMove, "SELECT contact, zone, at FROM zone_move ORDER BY contact LIMIT ?", (limit,))


def done(db: sqlite3.Connection, contacts: Iterable[int]) -> None:
    db.execute(f"DELETE FROM zone_move WHERE contact {AMONG}", (json_list(contacts),))
