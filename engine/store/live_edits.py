"""What an edit does to the runs that wait at one place: all of them at once, inside the switching transaction.

Invariants: a run keeps its time. Whom a pause has put aside stays put aside. Runs that are parked are among them.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from engine.core.due_origins import ARRIVES, HOLD
from engine.store.states import CANCELLED, EXITED, IS_ACTIVE, IS_UNSENT


class Place(NamedTuple):
    """Where runs wait: a step of a flow, in the newest deployment (None) or in the one in which they finish."""

    flow: int
    step: int | None
    deployment: int | None


_THERE = f"flow = ? AND step IS ? AND deployment IS ? AND {IS_ACTIVE}"
_ARRIVES = (
    f"CASE WHEN due_from IS NULL OR due_from = '{HOLD}' THEN '{{\"{ARRIVES}\":true}}'"
    f" ELSE json_set(due_from, '$.{ARRIVES}', json('true')) END"
)


def pin(db: sqlite3.Connection, flow: int, deployment: int) -> None:
    """Who is in the newest version of that flow finishes in this deployment, in which it is the same."""
    db.execute(
        f"UPDATE run SET deployment = ? WHERE flow = ? AND deployment IS NULL AND {IS_ACTIVE}", (deployment, flow)
    )


def stay_at(db: sqlite3.Connection, place: Place, step: int | None) -> None:
    """They wait as before, at what is that step in the newest deployment, which they follow."""
    db.execute(f"UPDATE run SET step = ?, deployment = NULL WHERE {_THERE}", (step, *place))


def put_at(db: sqlite3.Connection, place: Place, step: int | None) -> None:
    """They arrive at another step, of the newest deployment, when their time comes."""
    db.execute(f"UPDATE run SET step = ?, deployment = NULL, due_from = {_ARRIVES} WHERE {_THERE}", (step, *place))


def rest_at(db: sqlite3.Connection, place: Place, step: int | None) -> None:
    """They wait at another step of the newest deployment, as they wait now; the end of a hold is as fixed as any other."""
    sql = f"UPDATE run SET step = ?, deployment = NULL, due_from = NULLIF(due_from, '{HOLD}') WHERE {_THERE}"
    db.execute(sql, (step, *place))


def end(db: sqlite3.Connection, place: Place, reason: str, now: int) -> None:
    """Their runs end; what they have written leaves all the same."""
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind, note)"
        f" SELECT contact, id, flow, step, ?, 'ended', ? FROM run WHERE {_THERE}",
        (now, reason, *place),
    )
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {_THERE})", place)
    db.execute(
        f"UPDATE run SET status = {EXITED}, reason = ?, due_at = NULL, due_wall = NULL, due_from = NULL, exited_at = ?"
        f" WHERE {_THERE}",
        (reason, now, *place),
    )


def cancel_messages(db: sqlite3.Connection, flow: int, reason: str) -> None:
    """Of that flow, all that have not left."""
    db.execute(f"UPDATE message SET status = {CANCELLED}, reason = ? WHERE flow = ? AND {IS_UNSENT}", (reason, flow))


def note(db: sqlite3.Connection, place: Place, said: str, now: int) -> None:
    """A line in the journal of each of them."""
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind, note)"
        f" SELECT contact, id, flow, step, ?, 'noted', ? FROM run WHERE {_THERE}",
        (now, said, *place),
    )
