"""What a gate holds: runs at their SMS step, messages in the outbox. A hold is no promise (T1): whatever can change what the gate says
makes it due at once, and the gate decides again, sooner or later than before.

Rules kept here: sets of rows, never one by one; what was overdue stays as late as it is; what a paused flow holds is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from engine.core.due_origins import HOLD
from engine.store import held_messages
from engine.store.sql import json_list
from engine.store.states import IS_WAITING


def decide_again(
    db: sqlite3.Connection, now: int, *, contacts: Collection[int] | None = None, flows: Collection[int] | None = None
) -> None:
    """Of these contacts, or of these flows (by id)."""
    column, ids = ("contact", contacts) if contacts is not None else ("flow", flows or ())
    db.execute(
        f"UPDATE run SET due_at = ? WHERE {IS_WAITING} AND due_from = '{HOLD}' AND due_at > ?"
        f" AND {column} IN (SELECT value FROM json_each(?))",
        (now, now, json_list(ids)),
    )
    held_messages.decide_again(db, column, ids, now)
