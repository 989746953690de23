"""Web calls to be made, and their results. The states are drawn in states.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from engine.core.context import Run
from engine.core.effects import CallWebhook
from engine.core.retry import LEASE_MS
from engine.store import inbox, journal
from engine.store.inbox import NewEvent
from engine.store.interned_names import Names
from engine.store.journal import JournalEntry
from engine.store.sql import AMONG, Connection, listed, number
from engine.store.states import CALL_CANCELLED, CALL_FAILED, CALL_QUEUED, CALLING, FAR, IS_ACTIVE, IS_CALL_OPEN, WEBHOOK


class Due(NamedTuple):
    """A call that may be made."""

    id: int
    contact: int
    run: int
    flow: int
    step: int
    attempts: int
    call: CallWebhook
    wanted: bool  # the run still rests at the step


class Result(NamedTuple):
    """What became of one attempt."""

    due: Due
    state: int  # CALL_DONE | CALL_FAILED | CALL_QUEUED (tried again at `again`)
    note: str
    at: int
    again: int | None = None
    answer: Mapping[str, Any] = {}


def insert(db: Connection, written: Iterable[tuple[Run, CallWebhook]], now: int, names: Names) -> None:
    """In the sprint's own transaction. A call that cannot be made is stored as failed, with an entry in the inbox for its run."""
    rows, wrong = [], []
    for run, call in written:
        flow = names.flow_ids[run.flow]
        state = CALL_QUEUED if call.wrong is None else CALL_FAILED
        request = orjson.dumps(call._asdict()).decode()
        rows.append((run.contact, run.id, names.step_ids[flow, call.step], flow, state, request, now, now))
        if call.wrong is not None:
            wrong.append(JournalEntry(run.contact, run.flow, "noted", run.id, call.step, f"not called: {call.wrong}"))
    db.many(
        "INSERT INTO webhook (contact, run, step, flow, status, request, queued_at, due_at, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (contact, run, step) DO NOTHING",  # an edit has put the step further down: it is called once
        rows,
    )
    if wrong:
        _report(db, wrong, now, names)


def claim(db: Connection, now: int, limit: int) -> list[Due]:
    """Calls that are due and that nobody else makes; they are held."""
    rows = db.claim(
        "SELECT w.id, w.contact, w.run, w.flow, w.step, w.attempts, w.request,"
        f" EXISTS (SELECT 1 FROM run r WHERE r.id = w.run AND r.{IS_ACTIVE} AND r.step = w.step)"
        f" FROM webhook w WHERE w.status = {CALL_QUEUED} AND w.{IS_CALL_OPEN} AND w.due_at <= ? ORDER BY w.due_at, w.id LIMIT ?",
        (now, limit),
        of="w",
    )
    return [
        Due(id, contact, run, flow, step, attempts, _call(request), bool(wanted))
        for id, contact, run, flow, step, attempts, request, wanted in rows
    ]


def _call(request: str) -> CallWebhook:
    found = orjson.loads(request)
    return CallWebhook(**found | {"save": tuple(found["save"])})


def next_due(db: Connection) -> int | None:
    return number(db, f"SELECT MIN(due_at) FROM webhook WHERE status = {CALL_QUEUED} AND {IS_CALL_OPEN}")


def set_calling(db: Connection, ids: Iterable[int], now: int) -> None:
    """`due_at` is the end of the lease: what has no answer by then is called again (`recover`)."""
    sql = f"UPDATE webhook SET status = {CALLING}, attempts = attempts + 1, due_at = ? WHERE id = ?"
    db.many(sql, [(now + LEASE_MS, i) for i in ids])


def cancel(db: Connection, ids: Iterable[int]) -> None:
    sql = f"UPDATE webhook SET status = {CALL_CANCELLED} WHERE id = ? AND status = {CALL_QUEUED}"
    db.many(sql, [(i,) for i in ids])


def settle(db: Connection, results: Sequence[Result], now: int, names: Names) -> None:
    """Store the results of attempts; a call that is over puts an entry into the inbox for its run.

    Of an attempt that another has followed, because its lease had expired, nothing is stored.
    """
    sql = f"SELECT id, attempts FROM webhook WHERE id {AMONG} AND status = {CALLING} ORDER BY id"
    open_attempts = set(db.lock(sql, (listed(result.due.id for result in results),), of="webhook"))
    results = [result for result in results if (result.due.id, result.due.attempts + 1) in open_attempts]
    db.many(
        f"UPDATE webhook SET status = ?, due_at = COALESCE(?, due_at), answer = ? WHERE id = ? AND status = {CALLING}",
        [(r.state, r.again, orjson.dumps(r.answer).decode() if r.answer else None, r.due.id) for r in results],
    )
    open_lines = [_line(result, names) for result in results if result.state == CALL_QUEUED]
    journal.write(db, open_lines, now, names)
    _report(db, [_line(result, names) for result in results if result.state != CALL_QUEUED], now, names)


def _line(result: Result, names: Names) -> JournalEntry:
    flow, step = result.due.flow, result.due.step
    return JournalEntry(
        result.due.contact, names.flows[flow], "noted", result.due.run, names.steps[flow, step], result.note
    )


def _report(db: Connection, lines: Sequence[JournalEntry], now: int, names: Names) -> None:
    journal.write(db, lines, now, names)
    inbox.add(db, [NewEvent(line.contact, WEBHOOK, line.step or "", now, {}, line.run) for line in lines], now)


def recover(db: Connection, now: int, until: int = FAR) -> int:
    """What is being called under a lease that ends by `until` has lost its daemon: it is called again (W1). How many there were."""
    return db.execute(
        f"UPDATE webhook SET status = {CALL_QUEUED}, due_at = ? WHERE status = {CALLING} AND {IS_CALL_OPEN} AND due_at <= ?",
        (now, until),
    ).rowcount
