"""Recurring triggers: schedules, contacts' dates, entering a segment.

Invariants: the audience of a firing is entered at most `batch` contacts a transaction, together with how far it came, so a crash neither
loses nor doubles an entry. Audiences are read outside of the write transaction; what was read is written only where nobody was faster.
"""

from __future__ import annotations

from engine.deploy.deployed import Deployed
from engine.runtime.recurring import firings, memberships, zone_moves
from engine.runtime.trace import Trace
from engine.store.database import Database

__all__ = ["run_due"]


def run_due(database: Database, deployed: Deployed, now: int, batch: int, trace: Trace | None = None) -> int:
    """Do a piece of what is to be done at `now`; 0 when nothing is left that no other daemon does."""
    return (
        zone_moves.make_good(database, deployed, now, batch, trace)
        or firings.note_due(database, deployed, now, trace)
        or firings.enter_next(database, deployed, now, batch, trace)
        or memberships.recheck_changed(database, deployed, now, batch, trace)
        or memberships.sweep_due(database, deployed, now, batch, trace)
    )
