"""What people did, contact by contact: events, starts, clicks, texts, reports of providers, consent, and entries that no event made.

Invariants: one page of contacts a transaction, so memory does not grow with the database and a slow reader blocks no checkpoint. Left out
is what follows from other rows when it is played again: events that steps emitted, opt-outs by text or by a provider, our own answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.clock import instant
from engine.store.database import Database
from engine.store.sql import Connection, first, json_object
from engine.store.states import CLICK, EVENT, INBOUND, IS_UNSENT, OF_EITHER_AGE, OURS, START, STATUS

PAGE = 500


class Answered(NamedTuple):
    """The message that a fact is about."""

    flow: str
    step: str
    sent_at: int
    nth: int  # the contact's message of that step, counted from 1


class Fact(NamedTuple):
    """`kind`: event | start | clicked | replied | delivered | undelivered | failed | consent | entered. `at` is UTC ms."""

    at: int
    kind: str
    name: str  # the event, the flow, the link, the consent
    data: Mapping[str, Any]
    outside_id: str | None = None
    answered: Answered | None = None


class Recorded(NamedTuple):
    """A contact as it is today, its consent before the first fact, and its facts by time."""

    id: int
    key: str
    phone: str
    region: str
    zone: str
    fields: Mapping[str, Any]
    consent: str | None
    facts: list[Fact]
    consent_ends: str | None = None  # ISO 8601


_KINDS = {EVENT: "event", START: "start", CLICK: "clicked", INBOUND: "replied"}
_PAGE = (
    "SELECT c.id, c.key, c.phone, c.region, c.zone, c.fields FROM contact c WHERE c.id > ? AND ("
    " EXISTS (SELECT 1 FROM event e WHERE e.contact = c.id AND e.occurred_at >= ?)"
    + "".join(
        f" OR EXISTS (SELECT 1 FROM run r WHERE r.contact = c.id AND r.{age} AND r.entered_at >= ?)"
        for age in OF_EITHER_AGE
    )
    + f") ORDER BY c.id LIMIT {PAGE}"
)
_NTH = (
    "(SELECT COUNT(*) FROM message k WHERE k.contact = m.contact AND k.flow = m.flow AND k.step = m.step AND k.id <= m.id"
    f" AND k.sent_at IS NOT NULL AND NOT k.{IS_UNSENT})"
)
_MESSAGE = (
    f"SELECT f.name, s.name, m.sent_at, {_NTH} FROM message m JOIN flow f ON f.id = m.flow"
    " JOIN step s ON s.flow = m.flow AND s.number = m.step WHERE m.contact = ? AND m.sent_at IS NOT NULL"
    f" AND NOT m.{IS_UNSENT} AND f.name NOT IN {OURS} AND "
)
_BY_STEP = f"{_MESSAGE} m.run = ? AND s.name = ? LIMIT 1"
_BY_KEY = f"{_MESSAGE} m.run = ? AND m.step = ? LIMIT 1"
_LAST_BEFORE = f"{_MESSAGE} m.sent_at <= ? ORDER BY m.sent_at DESC LIMIT 1"


def recorded(database: Database, since: int = 0) -> Iterator[Recorded]:
    """Everyone who did something since that instant (UTC ms), in the order in which they became contacts."""
    after = 0
    while True:
        with database.reading() as db:
            page = db.execute(_PAGE, (after, *[since] * 3)).fetchall()
            found = [of_contact(db, row, since) for row in page]
        yield from (each for each in found if each.facts)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def of_contact(db: Connection, row: Any, since: int) -> Recorded:
    id, key, phone, region, zone, fields = row
    facts = [*_events(db, id, since), *_entries(db, id, since)]
    facts += _consents(db, phone, since)
    facts.sort(key=lambda fact: (fact.at, fact.kind != "consent"))  # an event may bring the consent that it needs
    sql = "SELECT status, expires_at FROM consent_log WHERE phone = ? AND at < ? ORDER BY at DESC, id DESC LIMIT 1"
    consent, expires = db.execute(sql, (phone, since)).fetchone() or (None, None)
    ends = instant(expires)
    while facts and facts[0].kind == "consent":  # from before anything else: so the story begins
        given = facts.pop(0)
        consent, ends = given.name, given.data.get("expires")
    return Recorded(id, key, phone, region, zone, json_object(fields), consent, facts, ends)


def _events(db: Connection, contact: int, since: int) -> Iterator[Fact]:
    sql = (
        "SELECT kind, name, occurred_at, data, run, outside_id FROM event WHERE contact = ? AND occurred_at >= ?"
        " AND hops = 0 ORDER BY id"
    )
    for kind, name, at, text, run, outside_id in db.execute(sql, (contact, since)).fetchall():
        data = json_object(text)
        if kind in (EVENT, START):
            yield Fact(at, _KINDS[kind], name, data, outside_id)
        elif kind == CLICK:
            yield Fact(at, "clicked", name, {}, None, first(db, Answered, _BY_STEP, (contact, run, data.get("step"))))
        elif kind == INBOUND and "source" not in data:  # with it, a change of consent from elsewhere
            said = {"text": data["text"]}
            yield Fact(at, "replied", "", said, None, first(db, Answered, _LAST_BEFORE, (contact, at)))
        elif kind == STATUS and data.get("status") in ("delivered", "undelivered", "failed"):
            about = first(db, Answered, _BY_KEY, tuple(data["key"]))
            if about is not None:
                why = {name: data[name] for name in ("reason", "no_mms") if data.get(name)}
                yield Fact(at, str(data["status"]), "", why, None, about)


def _entries(db: Connection, contact: int, since: int) -> Iterator[Fact]:
    """Those by the clock and by segments: their event is nobody's."""
    for age in OF_EITHER_AGE:
        sql = (
            "SELECT r.entered_at, f.name, e.data ->> 'segment' FROM run r JOIN flow f ON f.id = r.flow JOIN event e ON e.id = r.event"
            f" WHERE r.contact = ? AND r.{age} AND e.contact IS NULL AND r.entered_at >= ? AND f.name NOT IN {OURS} ORDER BY r.id"
        )
        for at, flow, segment in db.execute(sql, (contact, since)).fetchall():
            yield Fact(at, "entered", flow, {"segment": segment} if segment else {})


def _consents(db: Connection, phone: str, since: int) -> Iterator[Fact]:
    sql = (
        "SELECT at, status, expires_at FROM consent_log WHERE phone = ? AND at >= ?"
        " AND SUBSTR(source, 1, 5) <> 'text ' AND SUBSTR(source, 1, 9) <> 'provider ' ORDER BY id"
    )
    for at, status, expires in db.execute(sql, (phone, since)).fetchall():
        yield Fact(at, "consent", status, {} if expires is None else {"expires": instant(expires)})
