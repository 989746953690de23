"""Recurring triggers: when each fires next in a zone, firings whose audience is being entered, and contacts who moved across zones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from engine.core.calendar import DAY
from engine.store.dialects import Dialect
from engine.store.inbox import Pending
from engine.store.sql import AMONG, NO_LIMIT, Connection, each, is_there, json_object, listed, number, numbers
from engine.store.states import OF_EITHER_AGE, START


class Row(NamedTuple):
    """`at` None: it is never due."""

    flow: int
    trigger: str
    zone: str
    wall: int | None
    at: int | None


class Firing(NamedTuple):
    id: int
    flow: int
    trigger: str
    zone: str | None
    event: Pending
    cursor: int


class ZoneMove(NamedTuple):
    """A contact has moved to another zone, and may have missed firings by it (T4)."""

    contact: int
    zone: str  # the one that it left
    at: int


def rows(db: Connection) -> list[Row]:
    return each(db, Row, "SELECT flow, trigger, zone, due_wall, due_at FROM schedule ORDER BY flow, trigger, zone")


def due(db: Connection, now: int) -> list[Row]:
    """The longest overdue first."""
    sql = "SELECT flow, trigger, zone, due_wall, due_at FROM schedule WHERE due_at <= ? ORDER BY due_at, flow, trigger, zone"
    return each(db, Row, sql, (now,))


def claim_due(db: Connection, now: int) -> list[Row]:
    """Those that are due and that nobody else fires; they are held."""
    sql = "SELECT flow, trigger, zone, due_wall, due_at FROM schedule WHERE due_at <= ? ORDER BY due_at, flow, trigger, zone"
    return [Row(*row) for row in db.claim(sql, (now,), of="schedule")]


def put_new(db: Connection, new: Iterable[Row]) -> int:
    """As far as they are not there; how many were not."""
    sql = (
        "INSERT INTO schedule (flow, trigger, zone, due_wall, due_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (flow, trigger, zone) DO NOTHING"
    )
    return db.many(sql, new).rowcount


def put(db: Connection, new: Iterable[Row]) -> None:
    sql = (
        "INSERT INTO schedule (flow, trigger, zone, due_wall, due_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (flow, trigger, zone) DO UPDATE SET due_wall = excluded.due_wall, due_at = excluded.due_at"
    )
    db.many(sql, new)


def remove(db: Connection, gone: Iterable[Row]) -> None:
    sql = "DELETE FROM schedule WHERE flow = ? AND trigger = ? AND zone = ?"
    db.many(sql, [(row.flow, row.trigger, row.zone) for row in gone])


def next_due(db: Connection) -> int | None:
    """When a trigger fires, or a watched segment is swept, next."""
    return number(
        db,
        "SELECT MIN(at) FROM (SELECT MIN(due_at) at FROM schedule WHERE due_at IS NOT NULL"
        " UNION ALL SELECT MIN(sweep_at) FROM segment) instants",
    )


def next_firing(db: Connection) -> int | None:
    """When a trigger fires next."""
    return number(db, "SELECT MIN(due_at) FROM schedule")


def peopled(db: Connection, zone: str) -> int:
    """Since when there are contacts in that zone, as far as one can tell: a contact that has changed may have moved there."""
    (since,) = db.execute("SELECT MIN(updated_at) FROM contact WHERE zone = ?", (zone,)).fetchone()
    return since or 0


def occasion(db: Connection, flow: str, at: int, said: Mapping[str, Any], now: int, hops: int = 0) -> Pending:
    """The one event that all runs of a firing start from. It has no contact and is never in the inbox."""
    sql = "INSERT INTO event (kind, name, occurred_at, received_at, data, hops, pending) VALUES (?, ?, ?, ?, ?, ?, 0) RETURNING id"
    (id,) = db.execute(sql, (START, flow, at, now, orjson.dumps(said).decode(), hops)).fetchone()
    return Pending(id, None, START, flow, at, said, None)


def open_firing(db: Connection, flow: int, trigger: str, zone: str | None, event: int) -> None:
    sql = "INSERT INTO firing (flow, trigger, zone, event, cursor) VALUES (?, ?, ?, ?, 0)"
    db.execute(sql, (flow, trigger, zone, event))


_FIRINGS = (
    "SELECT f.id, f.flow, f.trigger, f.zone, f.cursor, e.id, e.name, e.occurred_at, e.data"
    " FROM firing f JOIN event e ON e.id = f.event"
)


def oldest_firing(db: Connection) -> Firing | None:
    return next(iter(each(db, _firing, f"{_FIRINGS} ORDER BY f.id LIMIT 1")), None)


def firings_of(db: Connection, flow: int) -> list[Firing]:
    """Those whose audience is still being entered."""
    return each(db, _firing, f"{_FIRINGS} WHERE f.flow = ? ORDER BY f.id", (flow,))


def _firing(
    id: int, flow: int, trigger: str, zone: str | None, cursor: int, event: int, name: str, at: int, text: str
) -> Firing:
    return Firing(id, flow, trigger, zone, Pending(event, None, START, name, at, json_object(text), None), cursor)


class Fired(NamedTuple):
    """A local firing, in whichever zones it has come."""

    trigger: str
    when: str  # the local time
    at: int  # the first instant at which it came


def last_fired(db: Connection, flow: str) -> Fired | None:
    """The newest of the flow's triggers that go by the clock; None where none has fired, or it is not kept any more."""
    told = "FROM event WHERE contact IS NULL AND kind = ? AND name = ? AND data ->> 'when' IS NOT NULL"
    sql = f"SELECT data ->> 'trigger', data ->> 'when', occurred_at {told} ORDER BY occurred_at DESC LIMIT 1"
    row = db.execute(sql, (START, flow)).fetchone()
    if row is None:
        return None
    trigger, when, at = row
    sql = f"SELECT MIN(occurred_at) {told} AND occurred_at >= ? AND data ->> 'trigger' = ? AND data ->> 'when' = ?"
    return Fired(trigger, when, number(db, sql, (START, flow, at - 2 * DAY, trigger, when)) or at)


def close_all(db: Connection, flow: int) -> None:
    """Nobody enters any more by what has fired until now."""
    db.execute("DELETE FROM firing WHERE flow = ?", (flow,))


def claim_firing(db: Connection, seen: Firing) -> bool:
    """Hold the firing until the commit; False where others hold it, or have gone on since it was seen."""
    row = db.claim("SELECT cursor FROM firing WHERE id = ?", (seen.id,), of="firing").fetchone()
    return row is not None and row[0] == seen.cursor


def move_on(db: Connection, firing: int, cursor: int) -> None:
    db.execute("UPDATE firing SET cursor = ? WHERE id = ?", (cursor, firing))


def close(db: Connection, firing: int) -> None:
    db.execute("DELETE FROM firing WHERE id = ?", (firing,))


def reached_before(db: Connection, event: Pending, contacts: Iterable[int]) -> set[int]:
    """Who of these was entered by the same local firing in another zone: they have moved since (T3)."""
    others = db.execute(
        "SELECT id FROM event WHERE contact IS NULL AND kind = ? AND name = ? AND occurred_at BETWEEN ? AND ? AND id <> ?"
        " AND data ->> 'trigger' = ? AND data ->> 'when' = ?",
        (
            START, event.name, event.occurred_at - 2 * DAY, event.occurred_at + 2 * DAY, event.id,
            event.data["trigger"], event.data["when"],
        ),
    ).fetchall()  # fmt: skip
    if not others:
        return set()
    these, occasions = listed(contacts), listed(id for (id,) in others)
    found: set[int] = set()
    for state in OF_EITHER_AGE:
        sql = f"SELECT contact FROM run WHERE contact {AMONG} AND event {AMONG} AND {state}"
        rows = db.execute(sql, (these, occasions))
        found.update(contact for (contact,) in rows)
    return found


def reached(db: Connection, flow: int, name: str, triggers: Iterable[str]) -> int:
    """How many contacts these triggers of a flow have entered."""
    sql = (
        "SELECT COUNT(DISTINCT r.contact) FROM run r JOIN event e ON e.id = r.event WHERE r.flow = ? AND e.contact IS NULL"
        f" AND e.kind = ? AND e.name = ? AND e.data ->> 'trigger' {AMONG}"
    )
    return number(db, sql, (flow, START, name, listed(triggers))) or 0


class Dates(NamedTuple):
    """Contacts whose `field` is a day from `first` to `last`, or one of the days of the year `kept`, up to `last`."""

    field: str
    first: str
    last: str
    kept: list[str] | None

    def fits(self, dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
        """As SQL over a contact's `fields`, with its values."""
        day = dialect.by_bytes("fields ->> ?")
        if self.kept is None:
            return f"{day} BETWEEN ? AND ?", (self.field, self.first, self.last)
        fits = f"SUBSTR(fields ->> ?, 6) {AMONG} AND {day} <= ?"
        return fits, (self.field, listed(self.kept), self.field, self.last)


def having_dates(db: Connection, wanted: Dates, zone: str, after_id: int, limit: int) -> list[int]:
    """Contact ids of a zone, in order."""
    return _having(db, wanted, "zone = ? AND id > ?", (zone, after_id), limit)


def having_dates_among(db: Connection, wanted: Dates, contacts: Iterable[int]) -> list[int]:
    """Of these contacts, in order."""
    return _having(db, wanted, f"id {AMONG}", (listed(contacts),), NO_LIMIT)


def _having(db: Connection, wanted: Dates, who: str, whose: tuple[Any, ...], limit: int) -> list[int]:
    fits, values = wanted.fits(db.dialect)
    sql = f"SELECT id FROM contact WHERE {who} AND fields IS NOT NULL AND {fits} ORDER BY id LIMIT ?"
    return numbers(db, sql, (*whose, *values, limit))


def note_moves(db: Connection, moves: Iterable[ZoneMove]) -> None:
    """Free while no trigger goes by the contacts' own clocks. Of several moves since the last look the first zone counts."""
    if not is_there(db, "SELECT 1 FROM schedule WHERE zone = '' LIMIT 1"):
        return
    db.many(
        "INSERT INTO zone_move (contact, zone, at) VALUES (?, ?, ?) ON CONFLICT (contact) DO UPDATE SET at = excluded.at",
        list(moves),
    )


def any_moves(db: Connection) -> bool:
    return is_there(db, "SELECT 1 FROM zone_move LIMIT 1")


def claim_moves(db: Connection, limit: int) -> list[ZoneMove]:
    """Those of contacts with whom nobody else works; they are held."""
    sql = (
        "SELECT z.contact, z.zone, z.at FROM zone_move z JOIN contact c ON c.id = z.contact ORDER BY z.contact LIMIT ?"
    )
    return [ZoneMove(*row) for row in db.claim(sql, (limit,), of="z, c")]


def moves_done(db: Connection, contacts: Iterable[int]) -> None:
    db.execute(f"DELETE FROM zone_move WHERE contact {AMONG}", (listed(contacts),))
