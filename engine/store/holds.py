"""What a person has stopped: all sending (`leadoff hold`), or one flow (`leadoff flows pause`).

    held        no message is claimed; runs go on and write theirs
    paused      no run of this flow is advanced, no message of it is claimed

A paused flow does not slow the others: what becomes due is put aside once. A run is in `stopped` with its due time and leaves the queue
of due runs; a message is held until an instant behind all others (`FAR` + flow). `resume` brings the messages back at once; the tick
takes the runs out again in due order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.store import contacts, meta, recent_messages
from engine.store.sql import AMONG, Connection, changes, listed
from engine.store.states import FAR, IS_UNSENT, IS_WAITING, QUEUED


class StoppedRun(NamedTuple):
    """A run of a paused flow that would have gone on."""

    run: int
    flow: int
    due: int | None  # None: a fact concerned it, its time has not come


def held_since(db: Connection) -> int | None:
    """Since when nothing is sent; None where sending is free."""
    found = meta.get(db, meta.HELD_SINCE)
    return None if found is None else int(found)


def hold(db: Connection, now: int) -> bool:
    """Whether that changed something."""
    db.world(exclusive=True)
    return meta.put_new(db, meta.HELD_SINCE, str(now))


def release(db: Connection) -> bool:
    """Whether that changed something."""
    db.world(exclusive=True)
    return meta.remove(db, meta.HELD_SINCE)


def paused(db: Connection) -> dict[int, int]:
    """Flow -> since when it is paused."""
    return dict(db.execute("SELECT id, paused_at FROM flow WHERE paused_at IS NOT NULL ORDER BY id").fetchall())


def pause(db: Connection, flow: int, now: int) -> bool:
    """Whether that changed something."""
    db.world(exclusive=True)
    return set_paused(db, flow, now)


def set_paused(db: Connection, flow: int, now: int) -> bool:
    """The same inside of a batch: what others are doing at this moment, they finish as if it was not paused."""
    sql = "UPDATE flow SET paused_at = ? WHERE id = ? AND paused_at IS NULL"
    return changes(db, sql, (now, flow))


def resume(db: Connection, flow: int) -> bool:
    """Whether that changed something. Its messages get their old places in the queue, and `stop_if` starts a new count.

    What a claim that saw the pause has put aside is there to be found: claims and this take turns.
    """
    db.world(exclusive=True)
    resumed = db.execute("UPDATE flow SET paused_at = NULL WHERE id = ? AND paused_at IS NOT NULL", (flow,))
    sql = f"UPDATE message SET status = {QUEUED}, due_at = queued_at, reason = NULL WHERE {IS_UNSENT} AND due_at = ?"
    db.execute(sql, (FAR + flow,))
    recent_messages.count_anew(db, flow)
    return resumed.rowcount == 1


def stop(db: Connection, runs: Iterable[StoppedRun]) -> None:
    """Put runs aside. One that a fact concerned may become due later: then that is kept."""
    listed = list(runs)
    db.many(
        "INSERT INTO stopped (run, flow, due_at) VALUES (?, ?, ?)"
        " ON CONFLICT (run) DO UPDATE SET due_at = COALESCE(excluded.due_at, stopped.due_at)",
        listed,
    )
    due = [(each.run,) for each in listed if each.due is not None]
    db.many(f"UPDATE run SET due_at = NULL WHERE id = ? AND {IS_WAITING}", due)


def resumed_flow(db: Connection) -> int | None:
    """A flow that goes on again, with runs that are still put aside."""
    row = db.execute(
        "SELECT f.id FROM flow f WHERE f.paused_at IS NULL AND EXISTS (SELECT 1 FROM stopped s WHERE s.flow = f.id) LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def take_stopped(db: Connection, limit: int) -> list[StoppedRun]:
    """Runs of one flow that goes on again, in due order, whose contacts nobody else works with; they are not put aside any more."""
    flow, sql = resumed_flow(db), "SELECT run, flow, due_at FROM stopped WHERE flow = ? AND due_at"
    rows = db.claim(f"{sql} IS NULL LIMIT ?", (flow, limit), of="stopped").fetchall()
    rows += db.claim(f"{sql} IS NOT NULL ORDER BY due_at LIMIT ?", (flow, limit - len(rows)), of="stopped").fetchall()
    found = [StoppedRun(*row) for row in rows]
    owners = dict(db.execute(f"SELECT id, contact FROM run WHERE id {AMONG}", (listed(each.run for each in found),)))
    held = contacts.claim(db, owners.values())
    held |= set(owners.values()) - held - contacts.there(db, set(owners.values()) - held)  # forgotten
    taken = [each for each in found if owners.get(each.run, -1) in held or each.run not in owners]
    db.many("DELETE FROM stopped WHERE run = ?", [(each.run,) for each in taken])
    return taken
