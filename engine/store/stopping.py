"""Flows that a person has stopped: who is in one leaves it, and what has not left is cancelled, a stretch a transaction.

    begin       the flow is paused, so from this commit on nothing of it goes on
    next_…      runs and messages that are still to end, as far as they were there then
    finish      none is left: the flow goes on with those who come, unless it was paused before

Invariants: a request that is under way is not cut off, but what of it comes back to be tried again leaves no more (`stops`). What is cut
off in the middle stays paused, and a daemon finishes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import orjson

from engine.errors import Refused
from engine.store import cancelling, carrying, contacts, holds, meta, runs
from engine.store.sql import AMONG, Connection, listed, number, numbers
from engine.store.states import IS_ACTIVE, IS_OPEN, IS_UNSENT, SENDING

STOPPED = "stopped"
"""Why runs end and messages are cancelled."""
STOP = "stop"
"""The deed."""


class Stopping(NamedTuple):
    """A flow that is being stopped, since `at` (UTC ms)."""

    flow: int
    at: int
    last_run: int  # those who come later are not concerned
    resumes: bool  # it was not paused before


def begin(db: Connection, flow: int, now: int) -> Stopping:
    """Raises Refused where it is being stopped, or a deployment carried over."""
    db.world(exclusive=True)
    last = number(db, "SELECT MAX(id) FROM run") or 0
    refuse_standing(db, flow)
    carrying.refuse_standing(db)
    made = Stopping(flow, now, last, holds.set_paused(db, flow, now))
    _put(db, [*standing(db), made])
    return made


def refuse_standing(db: Connection, flow: int) -> None:
    """Raises Refused while it is being stopped."""
    if any(each.flow == flow for each in standing(db)):
        raise Refused("this flow is being stopped; nothing was changed", "try again in a few seconds")


def standing(db: Connection) -> list[Stopping]:
    """Those that are not finished; mostly none."""
    said = meta.get(db, meta.STOPPING)
    return [Stopping(*each) for each in orjson.loads(said)] if said else []


def _put(db: Connection, found: Collection[Stopping]) -> None:
    meta.put(db, meta.STOPPING, orjson.dumps([list(each) for each in found]).decode())


def next_runs(db: Connection, found: Stopping, limit: int) -> list[int]:
    """Active ones, in any order."""
    sql = f"SELECT id FROM run WHERE {IS_ACTIVE} AND flow = ? AND id <= ? ORDER BY contact LIMIT ?"
    return numbers(db, sql, (found.flow, found.last_run, limit))


def end_runs(db: Connection, found: Stopping, ids: Collection[int]) -> None:
    these = listed(ids)
    contacts.lock(db, numbers(db, f"SELECT DISTINCT contact FROM run WHERE id {AMONG}", (these,)))
    runs.end(db, ids, STOPPED, found.at)
    db.execute(f"DELETE FROM stopped WHERE run {AMONG}", (these,))


def next_messages(db: Connection, found: Stopping, limit: int) -> list[int]:
    """Those that were written before, and have not left."""
    sql = f"SELECT id FROM message WHERE {IS_UNSENT} AND flow = ? AND queued_at <= ? LIMIT ?"
    return numbers(db, sql, (found.flow, found.at, limit))


def cancel(db: Connection, found: Stopping, ids: Collection[int]) -> None:
    cancelling.cancel_of_flow(db, found.flow, STOPPED, found.at, f"id {AMONG}", (listed(ids),))


def finish(db: Connection, found: Stopping) -> None:
    """Where nobody else has."""
    db.world(exclusive=True)
    before = standing(db)
    if found in before:
        _put(db, [each for each in before if each != found])
        if found.resumes:
            holds.resume(db, found.flow)


def stops(db: Connection) -> Mapping[int, int]:
    """Flow -> when it was last stopped: what was written before that leaves no more."""
    sql = "SELECT f.id, MAX(a.at) FROM person_action a JOIN flow f ON f.name = a.subject WHERE a.deed = ? GROUP BY f.id"
    return dict(db.execute(sql, (STOP,)).fetchall())


def unsent(db: Connection, flow: int) -> tuple[int, int]:
    """(messages that have not left, those of which a request is under way)."""
    row = db.execute(
        f"SELECT COUNT(*) FILTER (WHERE status < {SENDING}), COUNT(*) FILTER (WHERE status = {SENDING})"
        f" FROM message WHERE {IS_OPEN} AND flow = ?",
        (flow,),
    ).fetchone()
    return int(row[0]), int(row[1])
