"""What an edit does to the runs that wait at one place: all of them at once, inside the switching transaction.

Invariants: a run keeps its time. Whom a pause has put aside stays put aside. Runs that are parked are among them.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.core.due_origins import ARRIVES, HOLD
from engine.store import cancelling, tally
from engine.store.sql import Connection
from engine.store.states import EXITED, IS_ACTIVE, IS_PARKED, WAITING

BY_HAND = "ended by hand"


class Place(NamedTuple):
    """Where runs wait: a step of a flow, in the newest deployment (None) or in the one in which they finish."""

    flow: int
    step: int | None
    deployment: int | None


_THERE = f"flow = ? AND step IS NOT DISTINCT FROM ? AND deployment IS NOT DISTINCT FROM ? AND {IS_ACTIVE}"
_ARRIVES = (
    f"CASE WHEN due_from IS NULL OR due_from = '{HOLD}' THEN '{{\"{ARRIVES}\":true}}'"
    f" WHEN due_from LIKE '%\"{ARRIVES}\":true%' THEN due_from"
    f" ELSE SUBSTR(due_from, 1, LENGTH(due_from) - 1) || ',\"{ARRIVES}\":true}}' END"
)


def pin(db: Connection, flow: int, deployment: int) -> None:
    """Who is in the newest version of that flow finishes in this deployment, in which it is the same."""
    db.execute(
        f"UPDATE run SET deployment = ? WHERE flow = ? AND deployment IS NULL AND {IS_ACTIVE}", (deployment, flow)
    )


def stay_at(db: Connection, place: Place, step: int | None, now: int) -> None:
    """They wait as before, at what is that step in the newest deployment, which they follow."""
    _put(db, f"step = ?, deployment = NULL WHERE {_THERE}", place, step, now)


def put_at(db: Connection, place: Place, step: int | None, now: int) -> None:
    """They arrive at another step, of the newest deployment, when their time comes."""
    _put(db, f"step = ?, deployment = NULL, due_from = {_ARRIVES} WHERE {_THERE}", place, step, now)


def rest_at(db: Connection, place: Place, step: int | None, now: int) -> None:
    """They wait at another step of the newest deployment, as they wait now; the end of a hold is as fixed as any other."""
    _put(db, f"step = ?, deployment = NULL, due_from = NULLIF(due_from, '{HOLD}') WHERE {_THERE}", place, step, now)


def _put(db: Connection, how: str, place: Place, step: int | None, now: int, run: int | None = None) -> None:
    """`how`: SQL that puts them at that step."""
    _, those = _those(place, run)
    count = db.execute(f"UPDATE run SET {how}", (step, *those)).rowcount
    tally.moved(db, now, place.flow, place.step, step, None, count)


def end(db: Connection, place: Place, reason: str, now: int, run: int | None = None) -> None:
    """Their runs end; what they have written leaves all the same."""
    there, those = _those(place, run)
    journal(db, place, "ended", reason, now, run)
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {there})", those)
    count = db.execute(
        f"UPDATE run SET status = {EXITED}, reason = ?, due_at = NULL, due_wall = NULL, due_from = NULL, exited_at = ?"
        f" WHERE {there}",
        (reason, now, *those),
    ).rowcount
    tally.moved(db, now, place.flow, place.step, place.step, reason, count)


def move(db: Connection, place: Place, step: int, now: int, run: int | None) -> None:
    """They arrive at another step of their own version when their time comes; those that are parked, now. `run`: that one alone."""
    there, those = _those(place, run)
    parked = f"{there} AND {IS_PARKED}"
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {parked})", those)
    db.execute(
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = ?, due_wall = NULL, due_from = NULL"
        f" WHERE {parked}",
        (now, *those),
    )
    _put(db, f"step = ?, due_from = {_ARRIVES} WHERE {there}", place, step, now, run)


def arrive_again(db: Connection, place: Place, now: int, run: int | None) -> None:
    """They come to their step anew, now: a delay counts from the beginning."""
    there, those = _those(place, run)
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {there})", those)
    db.execute(
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = ?, due_wall = NULL, due_from = '{{\"{ARRIVES}\":true}}'"
        f" WHERE {there}",
        (now, *those),
    )


def retry(db: Connection, place: Place, now: int, run: int | None) -> None:
    """Those that are parked there are tried again at once."""
    there, those = _those(place, run)
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind)"
        f" SELECT contact, id, flow, step, ?, 'retried' FROM run WHERE {there} AND {IS_PARKED}",
        (now, *those),
    )
    sql = (
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = COALESCE(due_at, ?) WHERE {there} AND {IS_PARKED}"
    )
    db.execute(sql, (now, *those))


def cancel_messages_of(db: Connection, place: Place, reason: str, now: int, run: int | None) -> None:
    """Of the runs that are there, all that have not left."""
    there, those = _those(place, run)
    cancelling.cancel_of_flow(db, place.flow, reason, now, f"run IN (SELECT id FROM run WHERE {there})", those)


def _those(place: Place, run: int | None) -> tuple[str, tuple[int | None, ...]]:
    return (_THERE, place) if run is None else (f"{_THERE} AND id = ?", (*place, run))


def journal(db: Connection, place: Place, kind: str, said: str | None, now: int, run: int | None = None) -> None:
    """A line for each of them."""
    there, those = _those(place, run)
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind, note)"
        f" SELECT contact, id, flow, step, ?, ?, ? FROM run WHERE {there}",
        (now, kind, said, *those),
    )
