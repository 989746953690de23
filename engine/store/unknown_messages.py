"""Messages of which it is not known whether they went out, and when their providers are asked about them (M3).

`due_at` is the instant at which the provider is asked next. A forgotten contact's message cannot be asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.store.former_numbers import PHONE
from engine.store.sql import AMONG, Connection, each, listed
from engine.store.states import FAR, IS_UNKNOWN

OPEN = f"m.{IS_UNKNOWN} AND +m.contact > 0"  # the plus keeps the planner from all messages of all contacts


class Unknown(NamedTuple):
    id: int
    contact: int
    run: int
    step: int
    sender: str
    provider_id: str | None
    phone: str
    text: str
    media: str | None
    sent_at: int
    reason: str | None = None

    @property
    def key(self) -> tuple[int, int, int]:
        return self.contact, self.run, self.step


def due(db: Connection, now: int, limit: int) -> list[Unknown]:
    """Those to be asked for at `now` (FAR: all of them), the longest overdue first."""
    return _rows(db, "m.due_at <= ? ORDER BY m.due_at LIMIT ?", now, limit)


def claim(db: Connection, until: int, limit: int, lease: int) -> list[Unknown]:
    """The same, but that others ask for at this moment. Nobody else asks for them before the instant `lease`."""
    return _claim(db, "m.due_at <= ? ORDER BY m.due_at", until, limit, lease)


def claim_behind(db: Connection, after: int, limit: int, lease: int) -> list[Unknown]:
    """Whenever they are due, in order of their ids behind that one."""
    return _claim(db, "m.id > ? ORDER BY m.id", after, limit, lease)


def _claim(db: Connection, which: str, bound: int, limit: int, lease: int) -> list[Unknown]:
    ids = [
        id for (id,) in db.claim(f"SELECT m.id FROM message m WHERE {OPEN} AND {which} LIMIT ?", (bound, limit), of="m")
    ]
    found = {message.id: message for message in each(db, Unknown, f"{_SELECT} AND m.id {AMONG}", (listed(ids),))}
    ask_later(db, [(id, lease) for id in ids])
    return [found[id] for id in ids if id in found]


def one(db: Connection, id: int) -> Unknown | None:
    return next(iter(_rows(db, "m.id = ?", id)), None)


def other_ids(db: Connection, message: Unknown) -> list[str]:
    """What the provider calls the contact's other messages: the one that is sought is none of these."""
    sql = "SELECT provider_id FROM message WHERE contact = ? AND id <> ? AND provider_id IS NOT NULL"
    return [id for (id,) in db.execute(sql, (message.contact, message.id))]


def _rows(db: Connection, where: str, *values: int) -> list[Unknown]:
    return each(db, Unknown, f"{_SELECT} AND {where}", values)


_SELECT = (
    f"SELECT m.id, m.contact, m.run, m.step, m.sender, m.provider_id, {PHONE}, m.text, m.media, m.sent_at, m.reason"
    f" FROM message m CROSS JOIN contact c WHERE c.id = m.contact AND {OPEN}"
)


def ask_later(db: Connection, instants: Iterable[tuple[int, int | None]]) -> None:
    """(message, when its provider is asked next); None: not any more."""
    sql = f"UPDATE message SET due_at = ? WHERE id = ? AND {IS_UNKNOWN}"
    db.many(sql, [(FAR if at is None else at, id) for id, at in instants])
