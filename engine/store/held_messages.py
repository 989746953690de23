"""Messages that wait: until an instant (`hold`), or until a paused flow goes on (`put_aside`).

Rules kept here: what hours and caps hold is not late, and neither is what waits behind it: each expires so much later (T4, M9). A pause,
and a hold that says so, are time like any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.store.sql import json_list
from engine.store.states import FAR, HELD


class Held(NamedTuple):
    """A message that waits until an instant, and why. `late`: that time counts as lateness (T4)."""

    message: int
    contact: int
    until: int
    why: str
    late: bool = False


def hold(db: sqlite3.Connection, held: Collection[Held], now: int) -> None:
    """Where time held is not late, the message and those of its contact that wait behind it expire so much later (T4)."""
    db.executemany(
        f"UPDATE message SET status = {HELD}, due_at = ?, reason = ? WHERE id = ? AND status < 2",
        [(each.until, each.why, each.message) for each in held],
    )
    _put_off(db, [(each.until - now, each.contact, each.message) for each in held if not each.late])


def decide_again(db: sqlite3.Connection, ids: Collection[int], now: int) -> None:
    """Let the gates look at held messages now, before their time has come: what is left of that time was not waited (T1)."""
    held = db.execute(
        f"SELECT ? - due_at, contact, id FROM message WHERE id IN (SELECT value FROM json_each(?)) AND status = {HELD} AND due_at > ?"
        f" AND due_at < {FAR}",
        (now, json_list(ids), now),
    ).fetchall()
    db.executemany("UPDATE message SET due_at = ? WHERE id = ?", [(now, id) for _, _, id in held])
    _put_off(db, held)


def _put_off(db: sqlite3.Connection, moved: Collection[tuple[int, int, int]]) -> None:
    """(ms, contact, message): it and the marketing behind it expire so much later. Hours and caps hold marketing alone."""
    db.executemany(
        "UPDATE message SET expires_at = expires_at + ? WHERE contact = ? AND id >= ? AND status < 3 AND status < 2"
        " AND category = 'marketing'",
        moved,
    )


def put_aside(db: sqlite3.Connection, aside: Iterable[tuple[int, int, str]]) -> None:
    """(message, flow, why) of a paused flow: until somebody resumes it. That is time like any other: they expire meanwhile (T4)."""
    db.executemany(
        f"UPDATE message SET status = {HELD}, due_at = {FAR} + ?, reason = ? WHERE id = ? AND status < 2",
        [(flow, why, id) for id, flow, why in aside],
    )


def held_until(db: sqlite3.Connection, contacts: Collection[int], now: int) -> dict[int, int]:
    """Contact -> until when a message of it is held: marketing that is written now waits behind that one."""
    rows = db.execute(
        "SELECT contact, MAX(due_at) FROM message WHERE contact IN (SELECT value FROM json_each(?)) AND status < 3"
        f" AND status = {HELD} AND due_at > ? AND due_at < {FAR} GROUP BY contact",
        (json_list(contacts), now),
    )
    return dict(rows.fetchall())
