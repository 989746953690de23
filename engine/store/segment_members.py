"""Watched segments: their known members, and the contacts to look at again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.store.sql import AMONG, Connection, first, is_there, listed, numbers
from engine.store.states import EVENT

NO_END = 2**62


class Watched(NamedTuple):
    name: str
    digest: str
    sweep_at: int | None
    cursor: int


def watched(db: Connection) -> dict[str, Watched]:
    found = db.execute("SELECT name, digest, sweep_at, cursor FROM segment")
    return {row[0]: Watched._make(row) for row in found}


def watch(db: Connection, segment: Watched) -> None:
    db.execute(
        "INSERT INTO segment (name, digest, sweep_at, cursor) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET digest = excluded.digest, sweep_at = excluded.sweep_at, cursor = excluded.cursor",
        segment,
    )


def forget(db: Connection, name: str) -> None:
    """It is not watched any more; nobody is known to be in it."""
    db.execute("DELETE FROM segment WHERE name = ?", (name,))
    db.execute("DELETE FROM membership WHERE segment = ?", (name,))


def due_sweep(db: Connection, now: int) -> Watched | None:
    sql = "SELECT name, digest, sweep_at, cursor FROM segment WHERE sweep_at <= ? ORDER BY sweep_at LIMIT 1"
    return first(db, Watched, sql, (now,))


def known_among(db: Connection, name: str, contacts: Iterable[int]) -> set[int]:
    sql = f"SELECT contact FROM membership WHERE segment = ? AND contact {AMONG}"
    return set(numbers(db, sql, (name, listed(contacts))))


def known_between(db: Connection, name: str, after: int, last: int) -> set[int]:
    sql = "SELECT contact FROM membership WHERE segment = ? AND contact > ? AND contact <= ?"
    return set(numbers(db, sql, (name, after, last)))


def join(db: Connection, name: str, contacts: Iterable[int]) -> None:
    sql = "INSERT INTO membership (contact, segment) VALUES (?, ?) ON CONFLICT DO NOTHING"
    db.many(sql, [(contact, name) for contact in contacts])


def leave(db: Connection, name: str, contacts: Collection[int]) -> None:
    sql = "DELETE FROM membership WHERE contact = ? AND segment = ?"
    db.many(sql, [(contact, name) for contact in contacts])


def happened(db: Connection, event: str) -> list[tuple[int, str]]:
    """When that event has happened, with the contact's time zone."""
    sql = "SELECT e.occurred_at, c.zone FROM contact c JOIN event e ON e.contact = c.id WHERE e.kind = ? AND e.name = ?"
    return db.execute(sql, (EVENT, event)).fetchall()


def mark_changed(db: Connection, contacts: Iterable[int] = (), phones: Iterable[str] = ()) -> None:
    """These contacts have changed: their segments are looked at in the next tick. Free while no segment is watched."""
    if not is_there(db, "SELECT 1 FROM segment LIMIT 1"):
        return
    db.execute(
        f"INSERT INTO contact_change (contact) SELECT id FROM contact WHERE id {AMONG} OR phone {AMONG}"
        " ON CONFLICT DO NOTHING",
        (listed(contacts), listed(phones)),
    )


def count_hops(db: Connection, hops: Iterable[tuple[int, int]]) -> None:
    """(contact, hops) of changes that a run has made: what was touched for them says so."""
    db.many("UPDATE contact_change SET hops = ? WHERE contact = ? AND hops < ?", [(hop, id, hop) for id, hop in hops])


def changed(db: Connection, limit: int) -> dict[int, int]:
    """Contact -> hops of its change."""
    return dict(db.execute("SELECT contact, hops FROM contact_change ORDER BY contact LIMIT ?", (limit,)).fetchall())


def unmark(db: Connection, contacts: Iterable[int]) -> None:
    db.execute(f"DELETE FROM contact_change WHERE contact {AMONG}", (listed(contacts),))
