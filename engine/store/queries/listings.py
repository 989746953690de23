"""Listings: rows as plain dicts, their instants UTC milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import orjson

from engine.store.database import Database
from engine.store.sql import AMONG, NO_LIMIT, Connection, Row, listed, number, rows
from engine.store.states import (
    AT,
    IS_EXITED,
    IS_PARKED,
    IS_UNSENT,
    IS_WAITING,
    MESSAGE_STATES,
    OF_EITHER_AGE,
    OURS,
    PEOPLE,
    RUN_STATES,
)

MILLION = 1_000_000
PAGE = 2_000
# Most runs follow what is deployed: then an active one is at the newest deployment, an ended one at that of its end.
_AT = "COALESCE(r.deployment, (SELECT MAX(d.id) FROM deployment d WHERE r.exited_at IS NULL OR d.at <= r.exited_at))"

# What holds a waiting run at a message of its own; NULL where nothing does, or it is at another step.
_HELD = (
    f"CASE WHEN r.{IS_WAITING} THEN (SELECT j.note FROM journal j WHERE j.contact = r.contact AND j.run = r.id AND j.step = r.step"
    " AND j.kind = 'noted' AND SUBSTR(j.note, 1, 11) = 'held until ' ORDER BY j.id DESC LIMIT 1) END"
)

SENT_AT = f"CASE WHEN NOT m.{IS_UNSENT} THEN m.sent_at END sent_at"
"""Of a message m: when its request began; of one that still waits, nothing has been sent."""
BY_A_PERSON = f"CASE WHEN f.name = '{PEOPLE}' THEN (SELECT r.reason FROM run r WHERE r.id = m.run) END by_person"
"""Of a message m of a flow f: "an answer by NAME", where a person wrote it."""


class ListingFilter(NamedTuple):
    """A filter: contact and flow by id, status by number; None is any. `answers`: those of our own answers and tests as well.

    `after`: only rows with a greater id, so that a page goes on where the last one ended, whatever came in between.
    """

    contact: int | None = None
    flow: int | None = None
    status: int | None = None
    limit: int | None = None
    answers: bool = False
    after: int | None = None


ANY = ListingFilter()


_RUNS_OF_CONTACT = " UNION ALL ".join(f"SELECT id FROM run WHERE contact = ? AND {state}" for state in OF_EITHER_AGE)
"""Past and active ones have an index each."""


def _where(table: str, wanted: ListingFilter) -> tuple[str, list[int]]:
    columns = ("contact", "flow", "status")
    asked = {name: value for name, value in wanted._asdict().items() if name in columns and value is not None}
    which = {name: f"{table}.{name} = ?" for name in asked}
    values = list(asked.values())
    if table == "r" and wanted.contact is not None:
        which["contact"] = f"r.id IN ({_RUNS_OF_CONTACT})"
        values[:1] = [wanted.contact] * _RUNS_OF_CONTACT.count("?")
    where = " AND ".join([f"{table}.id > ?", *which.values()])
    return f" WHERE {where} ORDER BY {table}.id LIMIT ?", [
        0 if wanted.after is None else wanted.after,
        *values,
        NO_LIMIT if wanted.limit is None else wanted.limit,
    ]


def runs(db: Connection, wanted: ListingFilter = ANY) -> list[Row]:
    """Oldest first; `held` is what hours or a cap say of a message not yet written, `finishes_in` the older deployment that a run stays in.

    Those of our own messages only where they are asked for: they begin and end with it.
    """
    where, values = _where("r", wanted)
    if not wanted.answers and wanted.flow is None:
        where = where.replace(" WHERE ", f" WHERE f.name NOT IN {OURS} AND ", 1)
    sql = (
        f"SELECT r.id, f.name flow, {_AT} deployment, r.deployment finishes_in, c.key contact, s.name step, r.status, {_HELD} held,"
        " COALESCE(r.due_at, p.due_at) due_at, r.entered_at, r.reason, r.exited_at"
        " FROM run r JOIN contact c ON c.id = r.contact JOIN flow f ON f.id = r.flow"
        f" LEFT JOIN step s ON s.flow = r.flow AND s.number = r.step LEFT JOIN stopped p ON p.run = r.id{where}"
    )
    found = rows(db, sql, values)
    return [row | {"status": RUN_STATES[row["status"]]} for row in found]


def held_runs(db: Connection, contact: int | None, flow: int | None) -> int:
    """How many waiting runs, of that contact and flow or of any, are held before a message that is not yet written."""
    asked = {"contact": contact, "flow": flow}
    which = "".join(f" AND r.{name} = ?" for name, value in asked.items() if value is not None)
    sql = f"SELECT COUNT(*) FROM run r WHERE r.{IS_WAITING}{which} AND {_HELD} IS NOT NULL"
    return number(db, sql, [value for value in asked.values() if value is not None]) or 0


def messages(db: Connection, wanted: ListingFilter = ANY) -> list[Row]:
    """Oldest first; the price in the project's currency, `sender` by its name in the project, `by_person`: "an answer by NAME"."""
    where, values = _where("m", wanted)
    sql = (
        'SELECT m.id, m.run, f.name flow, m.deployment, d."commit" "commit", s.name step, c.key contact,'
        " CASE WHEN m.media IS NULL THEN 'sms' ELSE 'mms' END kind, m.status, m.reason, m.parts, m.price, m.sender,"
        f" m.provider_id, m.attempts, m.queued_at, {SENT_AT}, m.settled_at, m.text, m.media,"
        f" {BY_A_PERSON} FROM message m JOIN contact c ON c.id = m.contact JOIN flow f ON f.id = m.flow"
        f" JOIN step s ON s.flow = m.flow AND s.number = m.step LEFT JOIN deployment d ON d.id = m.deployment{where}"
    )
    found = rows(db, sql, values)
    return [row | {"status": MESSAGE_STATES[row["status"]], "price": row["price"] / MILLION} for row in found]


def flows(db: Connection, wanted: ListingFilter = ANY) -> list[Row]:
    """Every flow that was ever deployed: how many runs wait in it or are parked, how many messages have not
    left, and how many entries by the clock were missed."""
    sql = (
        "SELECT f.id, f.name flow, f.paused_at, COALESCE(a.active, 0) - COALESCE(n.parked, 0) waiting, COALESCE(n.parked, 0) parked,"
        " COALESCE(o.queued, 0) queued, COALESCE(j.missed, 0) missed FROM flow f"
        " LEFT JOIN (SELECT flow, COUNT(*) missed FROM journal WHERE kind = 'missed' GROUP BY flow) j ON j.flow = f.id"
        f" LEFT JOIN (SELECT flow, CAST(SUM(n) AS BIGINT) active FROM tally WHERE what = {AT} GROUP BY flow) a ON a.flow = f.id"
        f" LEFT JOIN (SELECT flow, COUNT(*) parked FROM run WHERE {IS_PARKED} GROUP BY flow) n ON n.flow = f.id"
        f" LEFT JOIN (SELECT flow, COUNT(*) queued FROM message WHERE {IS_UNSENT} GROUP BY flow) o ON o.flow = f.id"
        f" WHERE f.id > ? AND f.name NOT IN {OURS} AND f.id = COALESCE(?, f.id) ORDER BY f.id LIMIT ?"
    )
    return rows(db, sql, (wanted.after or 0, wanted.flow, NO_LIMIT if wanted.limit is None else wanted.limit))


_CONTACTS = (
    "SELECT c.key, c.phone, c.region country, c.zone timezone, k.status consent, k.source consent_source, k.at consent_at,"
    " k.expires_at consent_expires, c.fields, c.unreachable, c.created_at, c.updated_at"
    " FROM contact c LEFT JOIN consent k ON k.phone = c.phone"
)


def contacts(db: Connection, contact: int | None = None) -> list[Row]:
    """With their consent and all their fields."""
    whose, values = ("", ()) if contact is None else (" WHERE c.id = ?", (contact,))
    return [_with_fields(row) for row in rows(db, f"{_CONTACTS}{whose} ORDER BY c.id", values)]


def contacts_of(db: Connection, ids: Iterable[int]) -> list[Row]:
    """The same of these, in order."""
    return [_with_fields(row) for row in rows(db, f"{_CONTACTS} WHERE c.id {AMONG} ORDER BY c.id", (listed(ids),))]


def page_of_contacts(db: Connection, wanted: ListingFilter = ANY) -> list[Row]:
    """The same with their ids; the filter's page of all contacts."""
    where, values = _where("c", ListingFilter(after=wanted.after, limit=wanted.limit))
    return [_with_fields(row) for row in rows(db, _CONTACTS.replace("SELECT", "SELECT c.id,", 1) + where, values)]


def each_contact(db: Connection) -> Iterator[tuple[str, str, str | None, str | None, int | None, int | None, Row]]:
    """All of them, one by one: number, key, consent, its source, its instant, when it ends, fields."""
    sql = (
        "SELECT c.phone, c.key, k.status, k.source, k.at, k.expires_at, c.fields FROM contact c LEFT JOIN consent k ON k.phone = c.phone"
        " ORDER BY c.id"
    )
    for *known, fields in db.stream(sql):
        yield *known, orjson.loads(fields) if fields else {}


def paged(
    database: Database, listing: Callable[[Connection, ListingFilter], list[Row]], wanted: ListingFilter = ANY
) -> Iterator[Row]:
    """Any of these listings whose rows have an `id`, one page a transaction: it costs no memory, and a slow reader blocks no checkpoint."""
    left = wanted.limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        with database.reading() as db:
            page = listing(db, wanted._replace(limit=size))
        yield from page
        if len(page) < size:
            return
        wanted, left = wanted._replace(after=page[-1]["id"]), None if left is None else left - size


def _with_fields(row: Row) -> Row:
    return row | {"fields": orjson.loads(row["fields"]) if row["fields"] else {}}


def notices(db: Connection, done: bool = False) -> list[Row]:
    """The open ones, with `done` all; oldest first."""
    sql = (
        "SELECT n.id, n.kind, n.subject, c.key contact, n.at, n.note, n.done_at FROM notice n"
        " LEFT JOIN contact c ON c.id = n.contact WHERE ? OR n.done_at IS NULL ORDER BY n.id"
    )
    return rows(db, sql, (done,))


def tokens(db: Connection) -> list[Row]:
    return rows(db, "SELECT name, scope, created_at, revoked_at FROM token ORDER BY id")


def last_exit(db: Connection, flow: int) -> int | None:
    """When the last run of that flow ended; None where none has."""
    return number(db, f"SELECT MAX(exited_at) FROM run WHERE flow = ? AND {IS_EXITED}", (flow,))
