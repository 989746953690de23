"""Statistics of one flow: its runs, and the messages of each step, in a few statements.

A message costs its price if its provider took it or may have taken it. A reply belongs to the last message that was sent to the contact
before it, of any flow. Forgotten contacts are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.store import journal
from engine.store.sql import Connection
from engine.store.states import CLICK, FAILED, INBOUND, IS_EXITED, IS_TAKEN, IS_UNKNOWN, MESSAGE_STATES, NO_MMS, SKIPPED

# Those that its provider took: accepted, sent, delivered, undelivered; and those that failed after it had.
_TAKEN = f"({IS_TAKEN} OR (status = {FAILED} AND provider_id IS NOT NULL))"


class Step(NamedTuple):
    step: str
    written: int
    states: Mapping[str, int]  # state of M2 -> how many are in it
    skipped: Mapping[str, int]  # reason -> how many
    taken: int  # accepted by a provider, and maybe failed later
    clicked: int  # contacts
    replied: int  # contacts
    cost: int  # millionths
    no_mms: int = 0  # pictures that went as their `otherwise`, for the phone takes none


class Stats(NamedTuple):
    entered: int
    active: int
    exits: Mapping[str, int]  # reason -> how many runs
    steps: tuple[Step, ...]  # in the order in which they were first deployed
    missed: int = 0  # entries by a schedule that were due while the daemon was off, and not made good


def of_flow(db: Connection, flow: int) -> Stats:
    ends = db.execute(
        f"SELECT CASE WHEN {IS_EXITED} THEN COALESCE(reason, '') END, COUNT(*) FROM run WHERE flow = ? GROUP BY 1 ORDER BY 2 DESC, 1",
        (flow,),
    ).fetchall()
    exits = {reason: count for reason, count in ends if reason is not None}
    entered = sum(count for _, count in ends)
    return Stats(entered, entered - sum(exits.values()), exits, _steps(db, flow), journal.count_missed(db, flow))


def _steps(db: Connection, flow: int) -> tuple[Step, ...]:
    names = dict(db.execute("SELECT number, name FROM step WHERE flow = ? ORDER BY number", (flow,)).fetchall())
    states: dict[int, dict[str, int]] = {}
    skipped: dict[int, dict[str, int]] = {}
    taken, cost, no_mms = dict.fromkeys(names, 0), dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    rows = db.execute(
        f"SELECT step, status, CASE WHEN status = {SKIPPED} THEN reason END, COUNT(*), COUNT(*) FILTER (WHERE {_TAKEN}),"
        f" CAST(SUM(CASE WHEN {_TAKEN} OR {IS_UNKNOWN} THEN price ELSE 0 END) AS BIGINT),"
        f" COUNT(*) FILTER (WHERE skips & {NO_MMS} > 0) FROM message WHERE flow = ? GROUP BY 1, 2, 3",
        (flow,),
    )
    for step, status, reason, count, took, price, plain in rows:
        if status == SKIPPED:
            skipped.setdefault(step, {})[reason or ""] = count
            continue
        states.setdefault(step, {})[MESSAGE_STATES[status]] = count
        taken[step] += took
        cost[step] += price
        no_mms[step] += plain
    clicked, replied = _clicked(db, flow), _replied(db, flow)
    return tuple(
        Step(
            name,
            sum(states.get(number, {}).values()),
            states.get(number, {}),
            skipped.get(number, {}),
            taken[number],
            clicked.get(name, 0),
            replied.get(number, 0),
            cost[number],
            no_mms[number],
        )
        for number, name in names.items()
        if number in states or number in skipped
    )


def _clicked(db: Connection, flow: int) -> dict[str, int]:
    """Step -> contacts."""
    sql = (
        "SELECT e.data ->> 'step', COUNT(DISTINCT e.contact) FROM event e JOIN run r ON r.id = e.run"
        f" WHERE e.kind = {CLICK} AND r.flow = ? GROUP BY 1"
    )
    return dict(db.execute(sql, (flow,)).fetchall())


def _replied(db: Connection, flow: int) -> dict[int, int]:
    """Step -> contacts whose text came behind its message and before the next one."""
    sql = (
        "SELECT m.step, COUNT(DISTINCT m.contact) FROM (SELECT (SELECT s.id FROM message s WHERE s.contact = e.contact"
        " AND s.sent_at <= e.occurred_at ORDER BY s.sent_at DESC, s.id DESC LIMIT 1) id FROM event e"
        f" WHERE e.kind = {INBOUND} AND e.contact IS NOT NULL AND e.data ->> 'source' IS NULL) x"
        " JOIN message m ON m.id = x.id WHERE m.flow = ? GROUP BY m.step"
    )
    return dict(db.execute(sql, (flow,)).fetchall())
