"""Is something not sent that should be? The question of /readyz: a pool that has died is silent.

A message that may leave by its time and its contact's other messages is claimed within moments, or held, or dropped. Where one has been
due for long and its sender has claimed nothing lately, that is none of: on hold, paused by its circuit, behind its rate, out of budget.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from engine.core.retry import LONGEST_PAUSE_MS
from engine.delivery.budget import budget_left
from engine.deploy.deployed import Deployed
from engine.store import holds, outbox, rate

LONG_MS = 300_000


def stalled(db: sqlite3.Connection, deployed: Deployed, now: int) -> Iterator[str]:
    """A reason for each sender that does not send what it should."""
    if holds.held_since(db) is not None:
        return
    for name in deployed.project.senders:
        state = rate.state_of(db, name, now)
        if (
            now - LONG_MS < max(state.closed_until, state.free_at) <= now + LONGEST_PAUSE_MS
            or state.refusal is not None
        ):
            continue
        waiting = [
            each
            for each in outbox.claimable(db, name, now - LONG_MS, 1)
            if each.flow not in holds.paused(db) and budget_left(db, deployed, now).fitting([each])
        ]
        if waiting:
            yield f"messages wait at the sender {name} for more than {LONG_MS // 60_000} minutes, and none is sent"
