"""The inbox: events, texts, clicks and reports, stored by intake, consumed by the tick, kept as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

import orjson

from engine.store import contacts
from engine.store.sql import AMONG, Connection, is_there, json_object, listed
from engine.store.states import INBOUND, IS_PENDING, START

AT_ONCE = 2_000  # events whose ids are forgotten in one transaction
STARTS_NOTHING = 1_000  # hops of an event that no flow is started by: runs that are under way hear of it
WIDER = 8  # how much further is looked where others hold all that comes first


class Pending(NamedTuple):
    """One unconsumed row of the inbox."""

    id: int
    contact: int | None
    kind: int
    name: str
    occurred_at: int
    data: Mapping[str, Any]
    run: int | None
    received_at: int = 0
    hops: int = 0


class NewEvent(NamedTuple):
    contact: int | None
    kind: int
    name: str
    occurred_at: int
    data: Mapping[str, Any]
    run: int | None = None
    outside_id: str | None = None
    digest: str | None = None
    hops: int = 0


class OwnText(NamedTuple):
    """The newest text of a contact that neither opts out nor asks for help."""

    id: int
    at: int
    text: str
    outside_id: str | None


def claim(db: Connection, limit: int) -> list[int]:
    """The oldest unconsumed rows whose contacts nobody else works with, in order; the contacts are held."""
    for window in (limit, WIDER * limit):
        sql = f"SELECT id, contact FROM event WHERE {IS_PENDING} ORDER BY id LIMIT ?"
        found = db.execute(sql, (window,)).fetchall()
        ours = _ours(db, found)[:limit]
        if ours or len(found) < window:
            break
    return ours


def take(db: Connection, ids: Iterable[int]) -> list[Pending]:
    """Those of these rows that are unconsumed, in order; they are consumed."""
    rows = db.execute(
        f"UPDATE event SET pending = 0 WHERE id {AMONG} AND {IS_PENDING}"
        " RETURNING id, contact, kind, name, occurred_at, data, run, received_at, hops",
        (listed(ids),),
    ).fetchall()
    return [
        Pending(id, contact, kind, name, at, json_object(text), run, received, hops)
        for id, contact, kind, name, at, text, run, received, hops in sorted(rows, key=lambda row: row[0])
    ]


def set_aside(db: Connection, id: int) -> tuple[int | None, str] | None:
    """Consume a row whatever else stands in it: its contact and name. None where it is consumed."""
    sql = f"UPDATE event SET pending = 0 WHERE id = ? AND {IS_PENDING} RETURNING contact, name"
    found: tuple[int | None, str] | None = db.execute(sql, (id,)).fetchone()
    return found


def _ours(db: Connection, found: Sequence[tuple[int, int | None]]) -> list[int]:
    """The rows of contacts that nobody else holds, and those of none."""
    wanted = {contact for _, contact in found if contact is not None}
    held = contacts.claim(db, wanted)
    if held != wanted:  # others hold them, or they are gone
        held |= wanted - held - contacts.there(db, wanted - held)
    return [id for id, contact in found if contact is None or contact in held]


def with_pending(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these contacts of whom something is not consumed. The sum, and no DISTINCT, keep the planner from all events."""
    sql = f"SELECT contact FROM event WHERE {IS_PENDING} AND contact + 0 {AMONG}"
    return {contact for (contact,) in db.execute(sql, (listed(ids),))}


def has_pending_text(db: Connection, contact: int) -> bool:
    """Whether a text of the contact, or an opt-out however it came, is not consumed."""
    sql = f"SELECT 1 FROM event WHERE contact = ? AND kind = {INBOUND} AND {IS_PENDING} LIMIT 1"
    return is_there(db, sql, (contact,))


def more_than(db: Connection, count: int) -> bool:
    """Whether more rows than that are unconsumed."""
    return is_there(db, f"SELECT 1 FROM event WHERE {IS_PENDING} ORDER BY id LIMIT 1 OFFSET ?", (count,))


def add(db: Connection, events: Iterable[NewEvent], now: int) -> None:
    """Raises sqlite3.IntegrityError when a (contact, outside id) is already there."""
    db.many(
        "INSERT INTO event (contact, kind, name, occurred_at, run, outside_id, digest, hops, data, received_at, pending)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        [
            (e.contact, e.kind, e.name, e.occurred_at, e.run, e.outside_id, e.digest, e.hops, _json(e.data), now)
            for e in events
        ],
    )


def _json(data: Mapping[str, Any]) -> str | None:
    return orjson.dumps(data).decode() if data else None


def known(db: Connection, contact: int | None, outside_id: str) -> tuple[str | None] | None:
    """The digest of an event that was accepted before; None when there is none."""
    whose, values = ("IS NULL", (outside_id,)) if contact is None else ("= ?", (contact, outside_id))
    found: tuple[str | None] | None = db.execute(
        f"SELECT digest FROM event WHERE contact {whose} AND outside_id = ?", values
    ).fetchone()
    return found


def known_event(db: Connection, phone: str | None, key: str | None, outside_id: str) -> tuple[int | None, int | None]:
    """The contact, by number or key, and its event with that id."""
    found = db.execute(
        "SELECT e.contact, e.id FROM event e JOIN contact c ON c.id = e.contact WHERE e.outside_id = ?"
        " AND (c.phone = ? OR c.key = ?)",
        (outside_id, phone, key),
    ).fetchone()
    return (None, None) if found is None else (found[0], found[1])


def known_of(db: Connection, contacts: Iterable[int], outside_ids: Iterable[str]) -> set[str]:
    """Those of the ids that events of these contacts have."""
    wanted = listed(outside_ids)
    sql = f"SELECT outside_id FROM event WHERE contact {AMONG} AND outside_id {AMONG}"
    return {id for (id,) in db.execute(sql, (listed(contacts), wanted))}


def hops(db: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Event -> how many flows it has come through."""
    return dict(db.execute(f"SELECT id, hops FROM event WHERE id {AMONG}", (listed(ids),)).fetchall())


def last_texts(db: Connection, contacts: Iterable[int]) -> dict[int, OwnText]:
    """Contact -> the last thing it texted, keywords that opt out or ask for help aside."""
    rows = db.execute(
        f"SELECT contact, id, occurred_at, data, outside_id FROM event WHERE contact {AMONG}"
        f" AND kind = {INBOUND} ORDER BY occurred_at, id",
        (listed(contacts),),
    )
    return {
        contact: OwnText(id, at, str(said.get("text") or ""), outside)
        for contact, id, at, text, outside in rows
        if (said := json_object(text)).get("verdict") not in ("stop", "help")
    }


def keep_newest_id(db: Connection, newest: int | None, now: int) -> None:
    """The newest event has gone: its place stays, with nothing in it. SQLite would give its id to the next event, of somebody else."""
    sql = "INSERT INTO event (id, kind, name, occurred_at, received_at, pending) VALUES (?, ?, '', ?, ?, 0) ON CONFLICT DO NOTHING"
    if newest is not None:
        db.execute(sql, (newest, START, now, now))


def forget_ids(db: Connection, after: int, before: int) -> int | None:
    """Housekeeping: outside ids are remembered for 30 days (E1). Of the next AT_ONCE events behind the id `after`, those that came in
    before that instant; up to which one. None: they are young."""
    sql = "SELECT id, received_at FROM event WHERE id > ? ORDER BY id LIMIT ?"
    rows = db.execute(sql, (after, AT_ONCE)).fetchall()
    old: list[int] = [id for id, _ in takewhile(lambda row: row[1] < before, rows)]
    last = max(old, default=after)
    sql = "UPDATE event SET outside_id = NULL, digest = NULL WHERE id > ? AND id <= ? AND outside_id IS NOT NULL"
    db.execute(sql, (after, last))
    return last if old else None
