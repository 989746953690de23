"""Entries that were due while the daemon was off, now too late (T4): a line of the journal for each contact, counted by flow."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from engine.store import notices
from engine.store.sql import AMONG, json_list, number, numbers

KIND = "missed"


def write(
    db: sqlite3.Connection, flow: int, name: str, contacts: Collection[int], at: int, why: str, fell: str
) -> None:
    """`at`: when it was noticed, one instant for all of an outage; `fell`: when it should have been. One notice for all of them."""
    if not contacts:
        return
    db.executemany(
        "INSERT INTO journal (contact, flow, at, kind, note) VALUES (?, ?, ?, ?, ?)",
        [(contact, flow, at, KIND, why) for contact in contacts],
    )
    (count,) = db.execute(
        f"SELECT COUNT(*) FROM journal WHERE kind = '{KIND}' AND flow = ? AND at = ?", (flow, at)
    ).fetchone()
    who = "1 contact" if count == 1 else f"{count:,} contacts"
    note = f"{name}: {who} missed what the clock should have started ({fell}), and it was too late to make it good (catch_up)"
    notices.keep(db, KIND, f"{KIND}:{name}:{at}", at, note)


def known_at(db: sqlite3.Connection, contacts: Collection[int], at: int) -> list[int]:
    """Those of these who were contacts by then."""
    return numbers(
        db,
        f"SELECT id FROM contact WHERE id {AMONG} AND created_at <= ? ORDER BY id",
        (json_list(contacts), at),
    )


def count(db: sqlite3.Connection, flow: int) -> int:
    return number(db, f"SELECT COUNT(*) FROM journal WHERE kind = '{KIND}' AND flow = ?", (flow,)) or 0
