"""What waits until an instant (`hold`), or until a paused flow is resumed (`put_aside`): messages, and runs at their SMS step.

Invariants: the time for which hours and caps hold a message does not count as late; it and what waits behind it expire that much later
(T4, M9). A pause, and a hold marked `late`, do count. A hold is no promise (T1): what can change the gates' answer makes the held due at
once (`decide_again`), and the gates decide again. What was overdue stays as late as it is; what a paused flow holds is not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.core.due_origins import HOLD
from engine.store.sql import AMONG, Connection, listed, number
from engine.store.states import FAR, HELD, IS_OPEN, IS_UNSENT, IS_WAITING


class Held(NamedTuple):
    """A message that waits until an instant, and why. `late`: that time counts as lateness (T4)."""

    message: int
    contact: int
    until: int
    why: str
    late: bool = False


def hold(db: Connection, held: Collection[Held], now: int) -> None:
    """Where time held is not late, the message and those of its contact that wait behind it expire so much later (T4)."""
    sql = f"UPDATE message SET status = {HELD}, due_at = ?, reason = ? WHERE id = ? AND {IS_UNSENT}"
    db.many(sql, [(each.until, each.why, each.message) for each in held])
    _put_off(db, [(each.until - now, each.contact, each.message) for each in held if not each.late])


def _let_go(db: Connection, column: str, ids: Collection[int], now: int) -> None:
    """Let the gates look now at what is held of these contacts or flows (`column`): what is left of that time was not waited (T1)."""
    these = listed(ids)
    held = f"h.{IS_OPEN} AND h.status = {HELD} AND h.due_at > ? AND h.due_at < {FAR} AND h.{column} {AMONG}"
    db.execute(
        "UPDATE message SET expires_at = expires_at - (SELECT COALESCE(SUM(h.due_at - ?), 0) FROM message h"
        f" WHERE h.contact = message.contact AND h.id <= message.id AND {held})"
        f" WHERE {IS_OPEN} AND {IS_UNSENT} AND category = 'marketing' AND expires_at IS NOT NULL"
        f" AND contact IN (SELECT h.contact FROM message h WHERE {held})",
        (now, now, these, now, these),
    )
    db.execute(f"UPDATE message AS h SET due_at = ? WHERE {held}", (now, now, these))


def _put_off(db: Connection, moved: Collection[tuple[int, int, int]]) -> None:
    """(ms, contact, message): it and the marketing behind it expire so much later. Hours and caps hold marketing alone."""
    db.many(
        f"UPDATE message SET expires_at = expires_at + ? WHERE contact = ? AND id >= ? AND {IS_OPEN} AND {IS_UNSENT}"
        " AND category = 'marketing'",
        moved,
    )


def put_aside(db: Connection, aside: Iterable[tuple[int, int, str]]) -> None:
    """(message, flow, why) of a paused flow: until somebody resumes it. That is time like any other: they expire meanwhile (T4)."""
    sql = f"UPDATE message SET status = {HELD}, due_at = {FAR} + ?, reason = ? WHERE id = ? AND {IS_UNSENT}"
    db.many(sql, [(flow, why, id) for id, flow, why in aside])


def held_until(db: Connection, contacts: Collection[int], now: int) -> dict[int, int]:
    """Contact -> until when a message of it is held: marketing that is written now waits behind that one."""
    rows = db.execute(
        f"SELECT contact, MAX(due_at) FROM message WHERE contact {AMONG} AND {IS_OPEN}"
        f" AND status = {HELD} AND due_at > ? AND due_at < {FAR} GROUP BY contact",
        (listed(contacts), now),
    )
    return dict(rows.fetchall())


def count(db: Connection, now: int, flows: Collection[int]) -> int:
    """How many messages of these flows `decide_again` would make due: written ones, and those of runs that wait at their SMS step."""
    if not flows:
        return 0
    of_runs = number(
        db,
        f"SELECT COUNT(*) FROM run WHERE {IS_WAITING} AND due_from = '{HOLD}' AND due_at > ? AND flow {AMONG}",
        (now, listed(flows)),
    )
    sql = f"SELECT COUNT(*) FROM message WHERE {IS_OPEN} AND status = {HELD} AND due_at > ? AND due_at < {FAR} AND flow {AMONG}"
    return (of_runs or 0) + (number(db, sql, (now, listed(flows))) or 0)


def decide_again(
    db: Connection, now: int, *, contacts: Collection[int] | None = None, flows: Collection[int] | None = None
) -> None:
    """What is held of these contacts, or of these flows (by id)."""
    column, ids = ("contact", contacts) if contacts is not None else ("flow", flows or ())
    sql = f"UPDATE run SET due_at = ? WHERE {IS_WAITING} AND due_from = '{HOLD}' AND due_at > ? AND {column} {AMONG}"
    db.execute(sql, (now, now, listed(ids)))
    _let_go(db, column, ids, now)
