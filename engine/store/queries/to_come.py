"""Whom something may leave for: a run, a message or the inbox knows them; or everybody, where a clock may start a flow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.store.sql import Connection
from engine.store.states import IS_ACTIVE, IS_OPEN, IS_PENDING, IS_UNSENT


def contacts(db: Connection, flow: int | None) -> Iterator[int]:
    """Ids, in order and one by one, of those in that flow, or in any, and of those of whom something is not handled yet."""
    of = "" if flow is None else " AND flow = ?"
    sql = (
        f"SELECT c.id FROM contact c WHERE EXISTS (SELECT 1 FROM run WHERE contact = c.id AND {IS_ACTIVE}{of})"
        f" OR EXISTS (SELECT 1 FROM message WHERE contact = c.id AND {IS_OPEN} AND {IS_UNSENT}{of})"
        f" OR c.id IN (SELECT contact FROM event WHERE {IS_PENDING}) ORDER BY c.id"
    )
    return (id for (id,) in db.stream(sql, () if flow is None else (flow, flow)))


def everybody(db: Connection) -> Iterator[int]:
    """The ids of all contacts, in order and one by one."""
    return (id for (id,) in db.stream("SELECT id FROM contact ORDER BY id"))
