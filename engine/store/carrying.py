"""What a deployment changes for the runs that wait, while it is not written to all of their rows yet.

    begin       the switch writes down what becomes of the runs of each place, whatever their number
    touch       who begins to work with contacts carries their runs over first
    carry       all others, a stretch at a time (deploy/live_edits/carrying_over.py), in the order of their ids
    finish      all of them are carried over, what is to be cancelled is, and the gates decide again

Invariants: a run is carried over once: those up to `reached`, and those of `carried_run`, which were touched before their turn, are. A run
that is younger than the switch is not concerned. Who carries a run over holds its contact. There is one change at a time: the next switch
waits for it. Whoever was slow does nothing to a change that is not the one it has read, and nobody is passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Literal, NamedTuple

import orjson

from engine.errors import Refused
from engine.store import cancelling, contacts, deployments, held_messages, live_edits, meta
from engine.store.live_edits import Place
from engine.store.sql import AMONG, Connection, json_object, listed, number, numbers
from engine.store.states import FAR, HELD, IS_ACTIVE, IS_OPEN, IS_UNSENT, IS_WAITING

CARRIES = "carries"
"""A daemon says so of itself if it carries runs over before it works with them."""
What = Literal["pin", "stay", "put", "rest", "end"]
"""As the functions of live_edits.py are called."""


class Change(NamedTuple):
    """What becomes of the runs of a place."""

    place: Place
    what: What
    step: int | None = None  # where they are afterwards
    deployment: int | None = None  # of `pin`
    note: str | None = None  # of `end` the reason, else a line of the journal


class Carrying(NamedTuple):
    """What is being carried over."""

    at: int  # instant of the switch
    deployment: int
    last: int  # the youngest run that it concerns
    changes: tuple[Change, ...] = ()
    cancelled: tuple[int, ...] = ()  # flows whose messages that have not left are cancelled
    decided: tuple[int, ...] = ()  # flows of which the gates decide again what they hold
    reason: str = ""  # why messages are cancelled
    reached: int = 0  # the run up to which all are carried over
    reached_contact: int = 0  # the contact up to which the gates decide again

    @property
    def flows(self) -> list[int]:
        """Those whose runs change."""
        return sorted({change.place.flow for change in self.changes})


def begin(db: Connection, found: Carrying) -> None:
    """By the switch, which is alone. The youngest run is found here."""
    db.execute("DELETE FROM carried_run")
    if found.changes or found.cancelled or found.decided:
        _put(db, found._replace(last=number(db, "SELECT MAX(id) FROM run") or 0))


def standing(db: Connection) -> Carrying | None:
    """What is not carried over yet; mostly None."""
    return _read(meta.get(db, meta.CARRYING))


def is_standing(db: Connection) -> bool:
    return meta.get(db, meta.CARRYING) is not None


def is_known_to_all(db: Connection) -> bool:
    """Whether every daemon carries over; one of the version before does not."""
    return all(CARRIES in json_object(facts) for (facts,) in db.execute("SELECT facts FROM daemon"))


def refuse_standing(db: Connection) -> None:
    """Raises Refused where something is: for who has to see all runs as they are."""
    if is_standing(db):
        raise Refused(
            "contacts are still being carried over to the newest deployment; nothing was changed",
            "try again in a few seconds: `leadoff apply` does it, or a daemon",
        )


def _read(said: str | None) -> Carrying | None:
    if said is None:
        return None
    known: dict[str, Any] = orjson.loads(said)
    changes = tuple(Change(Place(*place), *rest) for place, *rest in known.pop("changes"))
    return Carrying(**{**known, "changes": changes})


def _put(db: Connection, found: Carrying) -> None:
    meta.put(db, meta.CARRYING, orjson.dumps(found._asdict(), default=list).decode())


def touch(db: Connection, owners: Iterable[int]) -> None:
    """Carry over the runs of these contacts, who are held, before their turn."""
    found = standing(db)
    if found is None or not found.changes:
        return
    rows = db.execute(
        f"SELECT id, flow, step, deployment FROM run WHERE contact {AMONG} AND {IS_ACTIVE} AND flow {AMONG} AND {_NOT_YET}",
        (listed(owners), listed(found.flows), found.reached, found.last),
    ).fetchall()
    _carry(db, found, rows)
    _note(db, [id for id, *_ in rows])


def new_runs(db: Connection, runs: Iterable[int]) -> None:
    """These have entered behind the switch. SQLite gives the id of the youngest run again once that is deleted."""
    found = standing(db)
    if found is not None:
        _note(db, [id for id in runs if id <= found.last])


_NOT_YET = "+id > ? AND +id <= ? AND NOT EXISTS (SELECT 1 FROM carried_run c WHERE c.run = run.id)"


def _note(db: Connection, runs: Iterable[int]) -> None:
    db.many("INSERT INTO carried_run (run) VALUES (?) ON CONFLICT DO NOTHING", [(id,) for id in runs])


def _carry(db: Connection, found: Carrying, rows: Iterable[tuple[int, int, int | None, int | None]]) -> None:
    """Each run by what was its place."""
    there: dict[Place, list[int]] = defaultdict(list)
    for id, flow, step, deployment in rows:
        there[Place(flow, step, deployment)].append(id)
    for change in found.changes:
        if change.place in there:
            _change(db, change, there[change.place], found.at)


def _change(db: Connection, change: Change, runs: Collection[int], at: int) -> None:
    place = change.place
    if change.what == "end":
        live_edits.end(db, place, change.note or "", at, runs)
    elif change.what == "pin":
        live_edits.pin(db, place, change.deployment or 0, runs)
    else:
        if change.note is not None:
            live_edits.journal(db, place, "noted", change.note, at, runs)
        put = {"stay": live_edits.stay_at, "put": live_edits.put_at, "rest": live_edits.rest_at}[change.what]
        put(db, place, change.step, at, runs)


def finishing(db: Connection) -> dict[int, set[int]]:
    """As `deployments.finishing`, with those who are to finish in an older deployment and do not say so yet."""
    found, carried = deployments.finishing(db), standing(db)
    for change in carried.changes if carried else ():
        if change.deployment is not None:
            found.setdefault(change.deployment, set()).add(change.place.flow)
    return found


def next_runs(db: Connection, found: Carrying, limit: int) -> list[int]:
    """The next that may have to be carried over, in order. The sums keep the planner from reading all that are active each time."""
    if not found.changes:
        return []
    sql = f"SELECT id FROM run WHERE id > ? AND id <= ? AND +{IS_ACTIVE} AND flow + 0 {AMONG} ORDER BY id LIMIT ?"
    return numbers(db, sql, (found.reached, found.last, listed(found.flows), limit))


def carry(db: Connection, read: Carrying, runs: Collection[int]) -> None:
    """These of `next_runs`, which follow one another behind `read.reached`; nobody else carries any over until the commit.

    Nothing where they are carried over, or those before them are not, or `read` is an earlier deployment's: the reader was slow.
    """
    found, last = _claimed(db, read), max(runs, default=0)
    if found is None or not read.reached <= found.reached < last:
        return
    owners = numbers(db, f"SELECT DISTINCT contact FROM run WHERE id {AMONG}", (listed(runs),))
    held = contacts.lock(db, owners)
    rows = db.execute(
        f"SELECT id, flow, step, deployment FROM run WHERE id {AMONG} AND contact {AMONG} AND {IS_ACTIVE} AND {_NOT_YET}",
        (listed(runs), listed(held), found.reached, found.last),
    ).fetchall()
    _carry(db, found, rows)
    db.execute("DELETE FROM carried_run WHERE run <= ?", (last,))
    _put(db, found._replace(reached=last))


def _claimed(db: Connection, read: Carrying) -> Carrying | None:
    """How far it is, where it is still the deployment that was read. It waits for who carries over now."""
    row = db.lock("SELECT m.value FROM meta m WHERE m.name = ?", (meta.CARRYING,), of="m").fetchone()
    found = None if row is None else _read(row[0])
    return found if found is not None and found.deployment == read.deployment else None


def next_messages(db: Connection, found: Carrying, limit: int) -> list[int]:
    """Some that are to be cancelled."""
    if not found.cancelled:
        return []
    sql = f"SELECT id FROM message WHERE {IS_UNSENT} AND flow {AMONG} LIMIT ?"
    return numbers(db, sql, (listed(found.cancelled), limit))


def cancel(db: Connection, read: Carrying, messages: Collection[int]) -> None:
    """These of `next_messages`, where they are still to be cancelled."""
    cancelled = () if _claimed(db, read) is None else read.cancelled
    for flow in cancelled:
        cancelling.cancel_of_flow(db, flow, read.reason, read.at, f"id {AMONG}", (listed(messages),))


def next_held(db: Connection, found: Carrying, now: int) -> list[int]:
    """The contacts of whom something is held that the gates decide again, in order."""
    if not found.decided:
        return []
    run = f"SELECT contact FROM run WHERE {IS_WAITING} AND due_from = 'hold' AND due_at > ? AND flow {AMONG} AND contact > ?"
    message = (
        f"SELECT contact FROM message WHERE {IS_OPEN} AND status = {HELD} AND due_at > ? AND due_at < {FAR} AND flow {AMONG}"
        " AND contact > ?"
    )
    values = (now, listed(found.decided), found.reached_contact)
    return numbers(db, f"{run} UNION {message} ORDER BY 1", (*values, *values))


def decide_again(db: Connection, read: Carrying, those: Collection[int], now: int) -> None:
    """Of these of `next_held`, which follow one another behind `read.reached_contact`; as `carry`."""
    found, last = _claimed(db, read), max(those, default=0)
    if found is not None and read.reached_contact <= found.reached_contact < last:
        held_messages.decide_again(db, now, contacts=contacts.lock(db, those))
        _put(db, found._replace(reached_contact=last))


def finish(db: Connection, read: Carrying) -> None:
    """Where it is still that deployment that is carried over."""
    if _claimed(db, read) is not None:
        meta.remove(db, meta.CARRYING)
        db.execute("DELETE FROM carried_run")
