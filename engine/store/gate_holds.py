"""What a gate holds: runs at their SMS step, messages in the outbox. A hold is no promise (T1): whatever can change what the gate says
makes it due at once, and the gate decides again, sooner or later than before.

Rules kept here: sets of rows, one statement each; what was overdue stays as late as it is; a message loses the time that it was given for
a hold that ends early; what a paused flow holds is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from engine.core.due_origins import HOLD
from engine.store.sql import json_list
from engine.store.states import FAR, HELD


def decide_again(
    db: sqlite3.Connection, now: int, *, contacts: Iterable[int] | None = None, flows: Iterable[int] | None = None
) -> None:
    """Of these contacts, or of these flows (by id)."""
    column, ids = ("contact", contacts) if contacts is not None else ("flow", flows or ())
    among = f"{column} IN (SELECT value FROM json_each(?))"
    listed = json_list(ids)
    db.execute(
        f"UPDATE run SET due_at = ? WHERE status = 0 AND due_from = '{HOLD}' AND due_at > ? AND {among}",
        (now, now, listed),
    )
    db.execute(
        "UPDATE message SET due_at = ?, expires_at = expires_at - (due_at - ?)"
        f" WHERE status < 2 AND status = {HELD} AND due_at > ? AND due_at < {FAR} AND {among}",
        (now, now, now, listed),
    )
