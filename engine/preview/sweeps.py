"""The hourly looks at a segment that a preview passes over: those that would find the members who are known already.

Invariants: between two facts only time changes who is in a segment, and it is looked at for each hour, as the engine does. So a contact
enters at the very hour; only a tick that would do nothing is left out.
"""

from __future__ import annotations

import sqlite3

from engine.core.calendar import HOUR
from engine.deploy.deployed import Deployed
from engine.store import audience, runs, schedules, segment_members
from engine.store.segment_members import NO_END, Watched


def next_due(db: sqlite3.Connection, deployed: Deployed, due: int, before: int) -> int:
    """`due` (UTC ms), or where only a look at segments is due then, a later instant, `before` at the latest: nothing changes until then."""
    watched = [each for each in segment_members.watched(db).values() if each.sweep_at is not None]
    others = [at for at in (runs.next_due(db), schedules.next_firing(db), before) if at is not None]
    if not watched or min(others) <= due:
        return due
    known = {each.name: segment_members.known_between(db, each.name, 0, NO_END) for each in watched}
    at = due
    while at < min(others):
        if any(_is_due(each, at) and _members(db, deployed, each.name, at) != known[each.name] for each in watched):
            return at
        at += HOUR - at % HOUR
    return min(others)


def _is_due(watched: Watched, at: int) -> bool:
    return watched.sweep_at is not None and watched.sweep_at <= at


def _members(db: sqlite3.Connection, deployed: Deployed, name: str, at: int) -> set[int] | None:
    """None where the segment is not watched any more."""
    condition = deployed.project.segments.get(name) if name in deployed.entered else None
    return None if condition is None else set(audience.members(db, condition, deployed.project, at))
