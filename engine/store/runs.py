"""The run table: what is due, which runs a fact concerns, and storing sprints. Statements of the hot path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from engine.core.calendar import Due
from engine.core.context import Run
from engine.core.due_origins import HOLD
from engine.core.facts import Person
from engine.store import retention, tally
from engine.store.facts import PERSON, PERSON_FROM, PERSON_WIDTH, person
from engine.store.interned_names import Names
from engine.store.sql import AMONG, Connection, changes, json_object, listed, number, numbers
from engine.store.states import (
    EXITED,
    HELD_OUT,
    IS_ACTIVE,
    IS_EXITED,
    IS_LEFT_OUT,
    IS_PARKED,
    IS_WAITING,
    MAY_LEAVE,
    OF_EITHER_AGE,
    PARKED,
    RUN_STATES,
    WAITING,
)

_RUN = "r.id, r.contact, r.flow, r.lane, r.step, r.status, r.reason, r.due_at, r.due_wall"
COLUMNS = f"{_RUN}, r.entered_at, r.entered_at + r.stayed, r.event, r.due_from"
_WIDTH = 13
_SELECT = f"SELECT {COLUMNS}, {PERSON}, e.data FROM run r CROSS JOIN {PERSON_FROM} LEFT JOIN event e ON e.id = r.event"


class LoadedRun(NamedTuple):
    """A run with what is always known of it."""

    run: Run
    person: Person
    event: Mapping[str, Any]  # data of the event that started it

    def named(self, names: Names, others: Names) -> LoadedRun:
        """The same, with its step as others call it."""
        if self.run.step is None:
            return self
        flow = names.flow_ids[self.run.flow]
        step = others.steps[flow, names.step_ids[flow, self.run.step]]
        return self._replace(run=self.run._replace(step=step))


def run_of(row: Sequence[Any], names: Names) -> Run:
    id, contact, flow, lane, step, status, reason, due, wall, entered, arrived, event, origin = row[:_WIDTH]
    return Run(
        id, contact, names.flows[flow], lane, None if step is None else names.steps[flow, step],
        RUN_STATES[status], reason, due, wall, entered, arrived, event, origin,
    )  # fmt: skip


def _cases(rows: Iterable[Sequence[Any]], names: Names) -> list[LoadedRun]:
    return [LoadedRun(run_of(row, names), person(row, _WIDTH), json_object(row[_WIDTH + PERSON_WIDTH])) for row in rows]


def claim_due(db: Connection, now: int, limit: int) -> list[int]:
    """At most `limit` waiting runs whose time has come, the longest overdue first (T4); they and their contacts are held."""
    sql = (
        f"SELECT r.id FROM run r CROSS JOIN contact c WHERE c.id = r.contact AND r.{IS_WAITING} AND r.due_at <= ?"
        " ORDER BY r.due_at LIMIT ?"
    )
    return [id for (id,) in db.claim(sql, (now, limit), of="r, c")]


def waiting_of(db: Connection, contacts: Iterable[int], names: Names, overdue_at: int | None = None) -> list[LoadedRun]:
    """The waiting runs of these contacts; with `overdue_at` those whose time has come then, the longest overdue first."""
    which, when = (
        ("r.due_at <= ? ORDER BY r.due_at", (overdue_at,)) if overdue_at is not None else ("TRUE ORDER BY r.id", ())
    )
    sql = f"{_SELECT} WHERE c.id = r.contact AND r.{IS_ACTIVE} AND r.{IS_WAITING} AND r.contact {AMONG} AND {which}"
    rows = db.execute(sql, (listed(contacts), *when))
    return _cases(rows, names)


def with_ids(db: Connection, ids: Iterable[int], names: Names) -> dict[int, LoadedRun]:
    rows = db.execute(f"{_SELECT} WHERE c.id = r.contact AND r.id {AMONG}", (listed(ids),))
    return {case.run.id: case for case in _cases(rows, names)}


def finishing_in(db: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Run -> the deployment in which it finishes; of those that do not follow the newest."""
    sql = f"SELECT id, deployment FROM run WHERE id {AMONG} AND deployment IS NOT NULL"
    return dict(db.execute(sql, (listed(ids),)).fetchall())


def any_finishing(db: Connection) -> bool:
    """Whether there is a run that does not follow the newest deployment. The smallest is found by the index, however many do."""
    return number(db, "SELECT MIN(deployment) FROM run WHERE deployment IS NOT NULL") is not None


def next_due(db: Connection) -> int | None:
    return number(db, f"SELECT MIN(due_at) FROM run WHERE {IS_WAITING}")


def active_in(db: Connection, flow: int, contacts: Iterable[int]) -> dict[int, int]:
    """Contact -> its active run of that flow (lane 0), parked ones included."""
    sql = f"SELECT contact, id FROM run WHERE contact {AMONG} AND flow = ? AND lane = 0 AND {IS_ACTIVE}"
    rows = db.execute(sql, (listed(contacts), flow))
    return dict(rows.fetchall())


def last_entries(db: Connection, flow: int, contacts: Collection[int]) -> dict[int, int]:
    """Contact -> the instant of its last entry into that flow."""
    these = listed(contacts)
    found: dict[int, int] = {}
    for state in OF_EITHER_AGE:
        rows = db.execute(
            f"SELECT contact, MAX(entered_at) FROM run WHERE contact {AMONG} AND flow = ? AND {state} GROUP BY contact",
            (these, flow),
        )
        for contact, entered in rows:
            found[contact] = max(entered, found.get(contact, 0))
    for contact, entered in retention.last_entries(
        db, flow, contacts
    ).items():  # behind the runs: one goes once it is noted here
        found[contact] = max(entered, found.get(contact, 0))
    return found


def entered_by_occasion(db: Connection, flow: int, contacts: Iterable[int], at: int) -> set[int]:
    """Who of these has entered that flow at that very instant, by the clock or by coming into a segment."""
    return {contact for contact, _ in _entered(db, flow, contacts, "r.entered_at = ? AND e.contact IS NULL", at)}


def entered_by_event(db: Connection, flow: int, changed_at: Mapping[int, int]) -> set[int]:
    """Who of these has entered that flow by an event of its own that came at that instant or later."""
    first = min(changed_at.values())
    found = _entered(db, flow, changed_at, "e.received_at >= ? AND e.contact IS NOT NULL", first, "MAX(e.received_at)")
    return {contact for contact, came in found if came >= changed_at[contact]}


def _entered(
    db: Connection, flow: int, contacts: Iterable[int], how: str, value: int, what: str = "NULL"
) -> list[tuple[int, int]]:
    """(contact, `what`). `how`: SQL over run r and its event e, with one `?`. Past and active runs have an index each."""
    these = listed(contacts)
    return [
        row
        for state in OF_EITHER_AGE
        for row in db.execute(
            f"SELECT r.contact, {what} FROM run r JOIN event e ON e.id = r.event WHERE r.contact {AMONG}"
            f" AND r.flow = ? AND r.{state} AND {how} GROUP BY r.contact",
            (these, flow, value),
        )
    ]


def with_messages(db: Connection, runs: Mapping[int, int]) -> set[int]:
    """Of contact -> run: the runs of which a message has left, or may still."""
    sql = f"SELECT DISTINCT run FROM message WHERE contact {AMONG} AND run {AMONG} AND ({MAY_LEAVE} OR {IS_LEFT_OUT})"
    return set(numbers(db, sql, (listed(runs), listed(runs.values()))))


def unbegun(db: Connection, runs: Mapping[int, int]) -> set[int]:
    """Of contact -> run: the runs that wait before their first step."""
    return set(numbers(db, f"SELECT id FROM run WHERE id {AMONG} AND step IS NULL", (listed(runs.values()),)))


def insert(db: Connection, runs: Iterable[Run], now: int, names: Names) -> None:
    rows = [
        (*_state(run, now, names), run.id, run.contact, names.flow_ids[run.flow], run.lane, run.entered, run.event)
        for run in runs
    ]
    db.many(
        "INSERT INTO run (step, status, due_at, due_wall, stayed, reason, exited_at, due_from, id, contact, flow, lane, entered_at, event)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    for (flow, step, status, reason), n in Counter(map(_COUNTED, rows)).items():
        tally.add_runs(db.counts, now, {tally.Run(flow, step, status, reason): n})


def held_out(db: Connection, flow: int, contacts: Iterable[int]) -> set[int]:
    """Who of these is known to be held out of that flow."""
    sql = f"SELECT DISTINCT contact FROM run WHERE contact {AMONG} AND flow = ? AND {IS_EXITED} AND reason = ?"
    return set(numbers(db, sql, (listed(contacts), flow, HELD_OUT)))


def insert_later(db: Connection, cases: Sequence[LoadedRun], now: int, names: Names) -> Sequence[LoadedRun]:
    """Store the runs whose time is yet to come; the others."""
    later = [case.run for case in cases if case.run.due is not None and case.run.due > now]
    if not later:
        return cases
    insert(db, later, now, names)
    return [case for case in cases if case.run.due is None or case.run.due <= now]


_STATUS = {name: number for number, name in enumerate(RUN_STATES)}
_COUNTED = itemgetter(10, 0, 1, 5)  # of a row as `insert` writes it: the columns of tally.Run


def _state(run: Run, now: int, names: Names) -> tuple[Any, ...]:
    """Step, status, due_at, due_wall, stayed, reason, exited_at, due_from."""
    step = None if run.step is None else names.step_ids[names.flow_ids[run.flow], run.step]
    exited = now if run.status == "exited" else None
    return step, _STATUS[run.status], run.due, run.wall, run.arrived - run.entered, run.reason, exited, run.origin


def update(db: Connection, runs: Iterable[tuple[Run, Run]], now: int, names: Names) -> None:
    """Store waiting runs after a sprint: (before, after). One that waits again keeps its status, so only the index of due times changes."""
    waiting, exited = [], []
    moved: Counter[tuple[str, str | None, str | None, str | None]] = Counter()
    for before, run in runs:
        moved[run.flow, before.step, run.step, run.reason] += 1
        step = None if run.step is None else names.step_ids[names.flow_ids[run.flow], run.step]
        stayed = run.arrived - run.entered
        if run.status == "waiting":
            waiting.append((step, run.due, run.wall, stayed, run.origin, run.id))
        else:
            exited.append((step, stayed, run.reason, now, run.id))
    if waiting:
        sql = "UPDATE run SET step = ?, due_at = ?, due_wall = ?, stayed = ?, due_from = ?"
        db.many(f"{sql} WHERE id = ? AND {IS_WAITING}", waiting)
    if exited:
        sql = f"UPDATE run SET step = ?, status = {EXITED}, due_at = NULL, due_wall = NULL, due_from = NULL, stayed = ?"
        db.many(f"{sql}, reason = ?, exited_at = ? WHERE id = ? AND {IS_ACTIVE}", exited)
    for (name, was, now_at, reason), n in moved.items():
        flow = names.flow_ids[name]
        tally.moved(db, now, flow, names.step_id(flow, was), names.step_id(flow, now_at), reason, n)


def park(db: Connection, parked: Iterable[tuple[int, str]]) -> None:
    """(run, error): it stays where it is, out of everybody's way, until a person decides (R6)."""
    sql = f"UPDATE run SET status = {PARKED}, reason = ? WHERE id = ? AND {IS_WAITING}"
    db.many(sql, [(why, id) for id, why in parked])


def park_due(db: Connection, id: int, now: int, why: str) -> None:
    """A run whose time has come still, even if the rest of its row cannot be read."""
    sql = f"UPDATE run SET status = {PARKED}, reason = ? WHERE id = ? AND {IS_WAITING} AND due_at <= ?"
    db.execute(sql, (f"{why}: a row of its contact or its own is damaged", id, now))


def retry(db: Connection, run: int, now: int) -> bool:
    """A parked run is tried again at once. False when it is not parked."""
    sql = f"UPDATE run SET status = {WAITING}, reason = NULL, due_at = COALESCE(due_at, ?) WHERE id = ? AND {IS_PARKED}"
    return changes(db, sql, (now, run))


def end(db: Connection, runs: Iterable[int], reason: str, now: int) -> int:
    """End active runs from outside; how many were active."""
    ended = db.execute(
        f"UPDATE run SET status = {EXITED}, reason = ?, due_at = NULL, due_wall = NULL, due_from = NULL, exited_at = ?"
        f" WHERE id {AMONG} AND {IS_ACTIVE} RETURNING flow, step",
        (reason, now, listed(runs)),
    ).fetchall()
    for (flow, step), n in Counter(ended).items():
        tally.moved(db, now, flow, step, step, reason, n)
    return len(ended)


def active_of(db: Connection, contacts: Iterable[int], flows: Iterable[str], names: Names) -> list[int]:
    """The active runs of these contacts in these flows, in any lane."""
    sql = f"SELECT id FROM run WHERE contact {AMONG} AND flow {AMONG} AND {IS_ACTIVE}"
    return numbers(db, sql, (listed(contacts), listed(names.flow_ids[flow] for flow in flows)))


class CalendarWait(NamedTuple):
    """A run whose due time is worked out again when its contact changes (T1)."""

    run: int
    contact: int
    due: Due


def calendar_waits(db: Connection, contacts: Iterable[int]) -> list[CalendarWait]:
    """Of these contacts; also those that a pause has put aside."""
    rows = db.execute(
        "SELECT r.id, r.contact, COALESCE(r.due_at, s.due_at), r.due_wall, r.due_from FROM run r"
        f" LEFT JOIN stopped s ON s.run = r.id WHERE r.contact {AMONG} AND r.{IS_ACTIVE}"
        f" AND (r.due_wall IS NOT NULL OR r.due_from <> '{HOLD}') AND COALESCE(r.due_at, s.due_at) IS NOT NULL",
        (listed(contacts),),
    )
    return [CalendarWait(id, contact, Due(*due)) for id, contact, *due in rows]


def set_due(db: Connection, dues: Iterable[tuple[int, Due]]) -> None:
    """(run, when). One that a pause had put aside waits again, and is put aside anew when its time comes."""
    found = list(dues)
    sql = f"UPDATE run SET due_at = ?, due_wall = ?, due_from = ? WHERE id = ? AND {IS_ACTIVE}"
    db.many(sql, [(*due, id) for id, due in found])
    db.many("DELETE FROM stopped WHERE run = ?", [(id,) for id, _ in found])
