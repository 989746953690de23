"""The tally: how many runs and messages came to what, by hour, so that nobody has to count their tables.

    run         ENTERED, ENDED (by reason), AT (is at a step now), WENT (left a step, by the way taken)
    message     WRITTEN, IN_STATE + its state (by sender), OMITTED (skipped, by reason), TOOK (a provider has it: its cost), INSTEAD
    GONE + …    of these, what retention has deleted from the tables

Invariants: it is added to in the transaction that changes the tables, so it is as true as they are. What changes a row adds one to what
it is now, and takes one from what it was: the sum of all hours is what the tables hold, with GONE what they held, and one hour is how much
more there is at its end. A message is in no state before its provider answers, or it is dropped. Each connection adds to
its own slot: on PostgreSQL, where many do at the same time, they seldom wait for one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from engine.store.counts import HOUR_MS, Counts, Key
from engine.store.sql import AMONG, Connection, Values, listed
from engine.store.states import (
    ACCEPTED,
    AT,
    ENDED,
    ENTERED,
    EXITED,
    FAILED,
    GONE,
    IN_STATE,
    INSTEAD,
    NO_MMS,
    OMITTED,
    QUEUED,
    SKIPPED,
    TAKEN,
    TOOK,
    UNKNOWN,
    WAITING,
    WENT,
    WRITTEN,
)

NOWHERE = -1
"""The place of a run that has not come to a step yet."""


class Message(NamedTuple):
    """What is counted of a message, in the order of MESSAGE."""

    flow: int
    deployment: int
    step: int
    sender: str | None
    status: int
    reason: str | None
    has_id: int  # whether a provider has given it one
    instead: int  # not 0: it is its step's `otherwise`
    price: int


# Not `provider_id IS NULL`: RETURNING says 1 of it for a NULL that this UPDATE has left (SQLite 3.40, which has a partial index of it).
MESSAGE = (
    f"flow, deployment, step, sender, status, CASE WHEN status = {SKIPPED} THEN reason END,"
    f" CASE WHEN LENGTH(provider_id) > 0 THEN 1 ELSE 0 END, skips & {NO_MMS}, price"
)


_EACH = ", ".join(str(number) for number, _ in enumerate(Message._fields, 1))


class Run(NamedTuple):
    """What is counted of a run, in the order of RUN."""

    flow: int
    step: int | None
    status: int
    reason: str | None


RUN = f"flow, step, status, CASE WHEN status = {EXITED} THEN reason END"
Messages = Mapping[Message, int]
Runs = Mapping[Run, int]
"""Rows, each with how many there are."""

_ADD = (
    "INSERT INTO tally (flow, hour, what, place, deployment, detail, slot, n, cost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (flow, hour, what, place, deployment, detail, slot)"
    " DO UPDATE SET n = tally.n + excluded.n, cost = tally.cost + excluded.cost"
)


def flush(db: Connection) -> None:
    """Write what this transaction has counted: its last statement."""
    counts = db.counts
    for (hour, row), n in counts.messages.items():
        if n:
            add_messages(counts, hour * HOUR_MS, {row: n})
    counts.messages.clear()
    rows = counts.take()
    if rows:
        db.many(_ADD, rows)


def add_messages(counts: Counts, now: int, found: Messages, sign: int = 1, gone: int = 0) -> None:
    """They are as these rows say now; `sign` -1: not any more. `gone`: GONE, where they are deleted."""
    for row, count in found.items():
        flow, deployment, step, sender, status, reason, has_id, instead, price = row
        n = count * sign
        counts.add(now, Key(flow, gone + WRITTEN, step, deployment), n)
        if status >= ACCEPTED:
            counts.add(now, Key(flow, gone + IN_STATE + status, step, deployment, sender or ""), n)
        if status == SKIPPED:
            counts.add(now, Key(flow, gone + OMITTED, step, deployment, reason or ""), n)
        elif instead:
            counts.add(now, Key(flow, gone + INSTEAD, step, deployment), n)
        taken = status in TAKEN or (status == FAILED and has_id)
        if taken or status == UNKNOWN:
            counts.add(now, Key(flow, gone + TOOK, step, deployment), n if taken else 0, n * price)


def add_runs(counts: Counts, now: int, found: Runs, sign: int = 1, gone: int = 0) -> None:
    """As `add_messages`."""
    for (flow, step, status, reason), count in found.items():
        n = count * sign
        place = NOWHERE if step is None else step
        counts.add(now, Key(flow, gone + ENTERED, NOWHERE), n)
        if status == EXITED:
            counts.add(now, Key(flow, gone + ENDED, place, 0, reason or ""), n)
        else:
            counts.add(now, Key(flow, gone + AT, place), n)


def add_branches(counts: Counts, now: int, deployment: int, flow: int, ways: Mapping[tuple[int, str], int]) -> None:
    """(step, way taken) -> how many runs have left it so."""
    for (step, way), n in ways.items():
        counts.add(now, Key(flow, WENT, step, deployment, way), n)


def at_steps(db: Connection, flow: int) -> dict[int | None, int]:
    """Step -> how many runs are at it now; None: they have not come to one yet."""
    sql = "SELECT place, SUM(n) FROM tally WHERE flow = ? AND what = ? GROUP BY place"
    return {None if place == NOWHERE else place: int(n) for place, n in db.execute(sql, (flow, AT))}


def messages(db: Connection, where: str, values: Values) -> Counter[Any]:
    """Those of which `where` is true; they are locked until the commit."""
    source = db.dialect.locked("message", where)
    rows = db.execute(f"SELECT {MESSAGE}, COUNT(*) FROM {source} message GROUP BY {_EACH}", values)
    return Counter({row[:-1]: row[-1] for row in rows})


class changing:
    """Whatever is done to these messages within it is counted."""

    def __init__(self, db: Connection, now: int, ids: Iterable[int]) -> None:
        self._db, self._now, self._these = db, now, listed(ids)

    def __enter__(self) -> None:
        self._before = messages(self._db, f"id {AMONG}", (self._these,))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # the transaction is undone
            return
        after = Counter(self._db.execute(f"SELECT {MESSAGE} FROM message WHERE id {AMONG}", (self._these,)))
        became(self._db, self._now, self._before, after)


def became(db: Connection, now: int, was: Messages, they_are: Messages) -> None:
    """Messages that were as `was` says are as `they_are` says."""
    counted, hour = db.counts.messages, now // HOUR_MS
    for row, n in was.items():
        counted[hour, row] -= n
    for row, n in they_are.items():
        counted[hour, row] += n


def all_accepted(before: Messages) -> Counter[Any]:
    """The same messages, once a provider has taken all of them."""
    found: Counter[Any] = Counter()
    for row, n in before.items():
        found[tuple(Message._make(row)._replace(status=ACCEPTED, reason=None, has_id=1))] += n
    return found


def unsent_became(db: Connection, now: int, rows: Iterable[Message]) -> None:
    """Messages that were still to leave are as these rows say (RETURNING MESSAGE)."""
    after = Counter(Message._make(row) for row in rows)
    before: Counter[Any] = Counter()
    for row, n in after.items():
        before[row._replace(status=QUEUED, reason=None)] += n
    became(db, now, before, after)


def moved(
    db: Connection, now: int, flow: int, before: int | None, step: int | None, reason: str | None, n: int
) -> None:
    """So many active runs that were at that step are at this one, or have ended there for a `reason`."""
    add_runs(db.counts, now, {Run(flow, before, WAITING, None): n}, -1)
    add_runs(db.counts, now, {Run(flow, step, WAITING if reason is None else EXITED, reason): n})


def deleted_messages(db: Connection, rows: Iterable[Message]) -> None:
    """By retention; when that was does not matter."""
    add_messages(db.counts, 0, Counter(rows), gone=GONE)


def deleted_runs(db: Connection, rows: Iterable[Run]) -> None:
    """As `deleted_messages`."""
    add_runs(db.counts, 0, Counter(rows), gone=GONE)
