"""Triggers that no event starts: the clock, a contact's date, coming into a segment.

Rules kept here: everybody of a firing is entered at most `batch` a transaction, and how far it came is stored with them, so a crash
neither loses nor doubles anybody; audiences are read outside of the write transaction; a deployment without such triggers costs a tick
nothing but the look.
"""

from __future__ import annotations

import sqlite3

from engine.deploy.deployed import Deployed
from engine.runtime.recurring import firings, memberships, zone_moves
from engine.store import schedules, segment_members
from engine.store.database import Database

__all__ = ["next_due", "run_due"]


def run_due(database: Database, deployed: Deployed, now: int, batch: int, first_run: int) -> int:
    """Do a piece of what is to be done at `now`; 0 when nothing is left. `first_run`: the first id of the runs of this tick."""
    if not deployed.recurring:
        return 0
    return (
        zone_moves.make_good(database, deployed, now, batch)
        or firings.note_due(database, deployed, now)
        or firings.enter_next(database, deployed, now, batch)
        or memberships.recheck_changed(database, deployed, now, batch, first_run)
        or memberships.sweep_due(database, deployed, now, batch, first_run)
    )


def next_due(db: sqlite3.Connection) -> int | None:
    """The instant at which a trigger fires or a segment is swept next."""
    instants = (schedules.next_due(db), segment_members.next_sweep(db))
    return min((at for at in instants if at is not None), default=None)
