"""Watched segments: their known members, and the contacts to look at again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from engine.store import member_sets, own_events
from engine.store.sql import AMONG, Connection, first, is_there, listed, numbers
from engine.store.states import EVENT

NO_END = 2**62


class Watched(NamedTuple):
    name: str
    digest: str
    sweep_at: int | None
    cursor: int
    members: str | None = None


_WATCHED = "SELECT name, digest, sweep_at, cursor, members FROM segment"


def watched(db: Connection) -> dict[str, Watched]:
    return {row[0]: Watched._make(row) for row in db.execute(f"{_WATCHED} ORDER BY name")}


def watch(db: Connection, segment: Watched) -> None:
    db.execute(
        "INSERT INTO segment (name, digest, sweep_at, cursor, members) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET digest = excluded.digest, sweep_at = excluded.sweep_at, cursor = excluded.cursor, members = excluded.members",
        segment,
    )


def forget(db: Connection, name: str) -> None:
    """It is not watched any more; nobody is known to be in it."""
    member_sets.leave_over(db, members_of(db, name))
    db.execute("DELETE FROM segment WHERE name = ?", (name,))


def members_of(db: Connection, name: str) -> str:
    """What the members of that segment have as their `segment`."""
    found = db.execute("SELECT COALESCE(members, name) FROM segment WHERE name = ?", (name,)).fetchone()
    return str(found[0]) if found else name


def claim_sweep(db: Connection, seen: Watched) -> bool:
    """Hold the segment until the commit; False where others hold it, or have gone on since it was seen."""
    return bool(db.claim(f"{_WATCHED} WHERE name = ?", (seen.name,), of="segment").fetchone() == seen)


def due_sweep(db: Connection, now: int) -> Watched | None:
    return first(db, Watched, f"{_WATCHED} WHERE sweep_at <= ? ORDER BY sweep_at, name LIMIT 1", (now,))


def known_among(db: Connection, name: str, contacts: Iterable[int]) -> set[int]:
    sql = f"SELECT contact FROM membership WHERE segment = ? AND contact {AMONG}"
    return set(numbers(db, sql, (members_of(db, name), listed(contacts))))


def known_between(db: Connection, name: str, after: int, last: int) -> set[int]:
    sql = "SELECT contact FROM membership WHERE segment = ? AND contact > ? AND contact <= ?"
    return set(numbers(db, sql, (members_of(db, name), after, last)))


def join(db: Connection, name: str, contacts: Iterable[int]) -> None:
    member_sets.put_in(db, members_of(db, name), contacts)


def leave(db: Connection, name: str, contacts: Collection[int]) -> None:
    member_sets.take_out(db, members_of(db, name), contacts)


def happened(db: Connection, event: str) -> list[tuple[int, str]]:
    """When that event has happened, with the contact's time zone."""
    told, named = own_events.told_of(event)
    sql = f"SELECT {told.at}, c.zone FROM {told.tables} JOIN contact c ON c.id = {told.contact} WHERE {told.which}"
    return db.execute(sql, named).fetchall()


def mark_changed(db: Connection, changed_at: Mapping[int, int]) -> None:
    """Contact -> when it changed: its segments are looked at in the next tick. Free while no segment is watched.

    Of several changes the first counts.
    """
    member_sets.note_late(db, changed_at.keys())
    if _any_watched(db):
        db.many(
            "INSERT INTO contact_change (contact, at) VALUES (?, ?) ON CONFLICT (contact) DO NOTHING",
            changed_at.items(),
        )


def mark_new(db: Connection, phones: Collection[str], now: int) -> None:
    """The same for contacts that have just been stored."""
    member_sets.note_late(db, (), phones)
    if _any_watched(db):
        db.execute(
            f"INSERT INTO contact_change (contact, at) SELECT id, ? FROM contact WHERE phone {AMONG}"
            " ON CONFLICT (contact) DO NOTHING",
            (now, listed(phones)),
        )


def mark_known(db: Connection, phones: Collection[str], now: int) -> None:
    """The same for those of whom nothing was known but these numbers, see `only_numbers`."""
    if phones and _any_watched(db):
        db.execute(
            f"INSERT INTO contact_change (contact, at) SELECT c.id, ? FROM contact c WHERE c.phone {AMONG} AND {_BARE}"
            " ON CONFLICT (contact) DO NOTHING",
            (now, listed(phones)),
        )


_BARE = "c.key = c.phone AND c.fields IS NULL"


def only_numbers(db: Connection, contacts: Iterable[int]) -> set[int]:
    """Those of these contacts of whom nothing is known but the number: no key, field, consent or event. Most have texted once."""
    sql = (
        f"SELECT c.id FROM contact c WHERE c.id {AMONG} AND {_BARE}"
        " AND NOT EXISTS (SELECT 1 FROM consent s WHERE s.phone = c.phone AND s.status = 'subscribed')"
        f" AND NOT EXISTS (SELECT 1 FROM event e WHERE e.contact = c.id AND e.kind = {EVENT})"
    )
    return set(numbers(db, sql, (listed(contacts),)))


def _any_watched(db: Connection) -> bool:
    return is_there(db, "SELECT 1 FROM segment LIMIT 1")


def count_hops(db: Connection, hops: Iterable[tuple[int, int]]) -> None:
    """(contact, hops) of changes that a run has made: what was touched for them says so."""
    db.many("UPDATE contact_change SET hops = ? WHERE contact = ? AND hops < ?", [(hop, id, hop) for id, hop in hops])


class Change(NamedTuple):
    hops: int  # runs in a row that made it, since one from outside (R5)
    at: int


def any_changed(db: Connection) -> bool:
    return is_there(db, "SELECT 1 FROM contact_change LIMIT 1")


def claim_changed(db: Connection, limit: int) -> dict[int, Change]:
    """Contacts that have changed, with whom nobody else works; they are held."""
    sql = "SELECT x.contact, x.hops, x.at FROM contact_change x JOIN contact c ON c.id = x.contact ORDER BY x.contact LIMIT ?"
    return {contact: Change(hops, at) for contact, hops, at in db.claim(sql, (limit,), of="x, c")}


def changes_of(db: Connection, contacts: Iterable[int]) -> dict[int, Change]:
    """The marks of these contacts, which the caller holds."""
    sql = f"SELECT contact, hops, at FROM contact_change WHERE contact {AMONG}"
    return {contact: Change(hops, at) for contact, hops, at in db.execute(sql, (listed(contacts),))}


def changed_before(db: Connection, contacts: Iterable[int], at: int) -> set[int]:
    """Those of these contacts whose mark is older."""
    sql = f"SELECT contact FROM contact_change WHERE contact {AMONG} AND at < ?"
    return set(numbers(db, sql, (listed(contacts), at)))


def unmark(db: Connection, contacts: Iterable[int]) -> None:
    db.execute(f"DELETE FROM contact_change WHERE contact {AMONG}", (listed(contacts),))
