"""What an edit does to runs that wait at one place: to all of them, or to some (`runs`).

Invariants: a run keeps its time. Whom a pause has put aside stays put aside. Runs that are parked are among them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from engine.core.due_origins import ARRIVES, HOLD
from engine.store import cancelling, tally
from engine.store.sql import AMONG, Connection, Values, listed, number, numbers
from engine.store.states import EXITED, IS_ACTIVE, IS_PARKED, WAITING

BY_HAND, FLOW_RETIRED = "ended by hand", "flow retired"
"""Why runs end whose messages that have not left are cancelled."""


class Place(NamedTuple):
    """Where runs wait: a step of a flow, in the newest deployment (None) or in the one in which they finish."""

    flow: int
    step: int | None
    deployment: int | None


_THERE = f"flow = ? AND step IS NOT DISTINCT FROM ? AND deployment IS NOT DISTINCT FROM ? AND {IS_ACTIVE}"
_THERE_BY_ID = _THERE.replace("flow =", "flow + 0 =").replace(IS_ACTIVE, f"+{IS_ACTIVE}")
_ARRIVES = (
    f"CASE WHEN due_from IS NULL OR due_from = '{HOLD}' THEN '{{\"{ARRIVES}\":true}}'"
    f" WHEN due_from LIKE '%\"{ARRIVES}\":true%' THEN due_from"
    f" ELSE SUBSTR(due_from, 1, LENGTH(due_from) - 1) || ',\"{ARRIVES}\":true}}' END"
)


Some = Collection[int] | None
"""Runs, by id; None: all."""


def pin(db: Connection, place: Place, deployment: int, runs: Some) -> None:
    """They finish in this deployment, in which the flow is as they have it."""
    there, those = _those(place, runs)
    db.execute(f"UPDATE run SET deployment = ? WHERE {there}", (deployment, *those))


def stay_at(db: Connection, place: Place, step: int | None, now: int, runs: Some) -> None:
    """They wait as before, at what is that step in the newest deployment, which they follow."""
    _put(db, "step = ?, deployment = NULL", place, step, now, runs)


def put_at(db: Connection, place: Place, step: int | None, now: int, runs: Some) -> None:
    """They arrive at another step, of the newest deployment, when their time comes."""
    _put(db, f"step = ?, deployment = NULL, due_from = {_ARRIVES}", place, step, now, runs)


def rest_at(db: Connection, place: Place, step: int | None, now: int, runs: Some) -> None:
    """They wait at another step of the newest deployment, as they wait now; the end of a hold is as fixed as any other."""
    _put(db, f"step = ?, deployment = NULL, due_from = NULLIF(due_from, '{HOLD}')", place, step, now, runs)


def _put(db: Connection, how: str, place: Place, step: int | None, now: int, runs: Some) -> None:
    """`how`: SQL that puts them at that step."""
    there, those = _those(place, runs)
    count = db.execute(f"UPDATE run SET {how} WHERE {there}", (step, *those)).rowcount
    tally.moved(db, now, place.flow, place.step, step, None, count)


def end(db: Connection, place: Place, reason: str, now: int, runs: Some) -> None:
    """Their runs end; what they have written leaves all the same."""
    there, those = _those(place, runs)
    journal(db, place, "ended", reason, now, runs)
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {there})", those)
    count = db.execute(
        f"UPDATE run SET status = {EXITED}, reason = ?, due_at = NULL, due_wall = NULL, due_from = NULL, exited_at = ?"
        f" WHERE {there}",
        (reason, now, *those),
    ).rowcount
    tally.moved(db, now, place.flow, place.step, place.step, reason, count)


def move(db: Connection, place: Place, step: int, now: int, runs: Some) -> None:
    """They arrive at another step of their own version when their time comes; those that are parked, now."""
    there, those = _those(place, runs)
    parked = f"{there} AND {IS_PARKED}"
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {parked})", those)
    db.execute(
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = ?, due_wall = NULL, due_from = NULL"
        f" WHERE {parked}",
        (now, *those),
    )
    _put(db, f"step = ?, due_from = {_ARRIVES}", place, step, now, runs)


def arrive_again(db: Connection, place: Place, now: int, runs: Some) -> None:
    """They come to their step anew, now: a delay counts from the beginning."""
    there, those = _those(place, runs)
    db.execute(f"DELETE FROM stopped WHERE run IN (SELECT id FROM run WHERE {there})", those)
    db.execute(
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = ?, due_wall = NULL, due_from = '{{\"{ARRIVES}\":true}}'"
        f" WHERE {there}",
        (now, *those),
    )


def retry(db: Connection, place: Place, now: int, runs: Some) -> None:
    """Those that are parked there are tried again at once."""
    there, those = _those(place, runs)
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind)"
        f" SELECT contact, id, flow, step, ?, 'retried' FROM run WHERE {there} AND {IS_PARKED}",
        (now, *those),
    )
    sql = (
        f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = COALESCE(due_at, ?) WHERE {there} AND {IS_PARKED}"
    )
    db.execute(sql, (now, *those))


def cancel_messages_of(db: Connection, place: Place, reason: str, now: int, runs: Some) -> None:
    """Of the runs that are there, all that have not left."""
    there, those = _those(place, runs)
    pairs = db.execute(f"SELECT contact, id FROM run WHERE {there}", those).fetchall()
    cancelling.cancel_of_runs(db, pairs, reason, now)


def count(db: Connection, place: Place, runs: Some, only_parked: bool = False) -> int:
    there, those = _those(place, runs)
    return number(db, f"SELECT COUNT(*) FROM run WHERE {there}{f' AND {IS_PARKED}' if only_parked else ''}", those) or 0


def those_at(db: Connection, place: Place, behind: int, limit: int) -> list[int]:
    """The next runs there whose ids are larger than `behind`, in order. The sum keeps the planner from reading all that are active."""
    return numbers(
        db, f"SELECT id FROM run WHERE id > ? AND {_THERE_BY_ID} ORDER BY id LIMIT ?", (behind, *place, limit)
    )


def _those(place: Place, runs: Some) -> tuple[str, Values]:
    return (_THERE, place) if runs is None else (f"{_THERE} AND id {AMONG}", (*place, listed(runs)))


def journal(db: Connection, place: Place, kind: str, said: str | None, now: int, runs: Some) -> None:
    """A line for each of them."""
    there, those = _those(place, runs)
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind, note)"
        f" SELECT contact, id, flow, step, ?, ?, ? FROM run WHERE {there}",
        (now, kind, said, *those),
    )
