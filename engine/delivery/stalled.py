"""Senders that do not send what they should, for /readyz: a pool whose thread has died logs nothing.

A message that is due is claimed, held or dropped within moments. It is stalled where it has been due for long, its sender has claimed
nothing lately, and nothing explains it: no hold, no open circuit, no rate, no used-up budget.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.retry import LONGEST_PAUSE_MS
from engine.delivery.budget import budget_left
from engine.deploy.deployed import Deployed
from engine.store import holds, outbox, rate
from engine.store.sql import Connection

LONG_MS = 300_000


def stalled(db: Connection, deployed: Deployed, now: int) -> Iterator[str]:
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
            for each in outbox.due(db, name, now - LONG_MS, 1)
            if each.flow not in holds.paused(db) and budget_left(db, deployed, now).fitting([each])
        ]
        if waiting:
            yield f"messages wait at the sender {name} for more than {LONG_MS // 60_000} minutes, and none is sent"
