"""Whom something may leave for: a run, a message or the inbox knows them; or everybody, where a clock may start a flow."""

from __future__ import annotations

from engine.store.sql import Connection, numbers
from engine.store.states import IS_ACTIVE, IS_PENDING, IS_UNSENT


def contacts(db: Connection, flow: int | None) -> list[int]:
    """Ids, in order, of those in that flow, or in any, and of those of whom something is not handled yet."""
    sql = (
        f"SELECT contact FROM run WHERE {IS_ACTIVE} AND flow = COALESCE(?, flow)"
        f" UNION SELECT contact FROM message WHERE {IS_UNSENT} AND flow = COALESCE(?, flow)"
        f" UNION SELECT contact FROM event WHERE {IS_PENDING} AND contact IS NOT NULL ORDER BY 1"
    )
    return numbers(db, sql, (flow, flow))


def everybody(db: Connection) -> list[int]:
    """The ids of all contacts, in order."""
    return numbers(db, "SELECT id FROM contact ORDER BY id")
