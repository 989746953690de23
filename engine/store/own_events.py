"""Events of Leadoff's own: where each stands already, so that `happened` and segments read it there, and the rows that start flows.

A row of the inbox is written only where a deployed flow or watched segment asks for that event (`asked`): a message costs none else. Clicks
and texts are rows of the inbox in any case, and are none twice.

Invariants: what a message has become is told once. No event of a message is told of a run that such an event has started, nor behind
MOST_HOPS emits (R5). A change of consent is told in its own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson

from engine.core import own_events
from engine.core.own_events import OF_CONSENT, OF_MESSAGES
from engine.store import meta
from engine.store.dialects import Column, Nothing, OptionalColumn, Place
from engine.store.sql import AMONG, Connection, listed, numbers
from engine.store.states import CLICK, DELIVERED, EVENT, FAILED, INBOUND, IS_PENDING, IS_TAKEN, OURS, UNDELIVERED

MOST_HOPS = 10
"""A chain of emits ends so many events after the one from outside (R5)."""
_OWN = tuple(sorted(OF_MESSAGES))
_HAS_FAILED = f"status IN {(FAILED, UNDELIVERED)}"
_WAS_SENT = f"e.sent_at IS NOT NULL AND (e.{IS_TAKEN} OR (e.status = {FAILED} AND e.provider_id IS NOT NULL))"


class Told(NamedTuple):
    """Where the happenings of one event stand, as the rows `e` of a FROM."""

    tables: str
    contact: str  # the contact's id
    at: str  # UTC ms
    which: str  # a condition
    fields: Mapping[str, str]  # field of the event -> the column or expression that has it
    optional: Collection[str] = ()
    id: str = "e.id"  # of the row of the inbox that tells it

    def place(self, field: str, rest: Sequence[str]) -> Place:
        """The place of a field, for a comparison."""
        found = self.fields.get(field)
        if found is None or rest:
            return Nothing()
        return OptionalColumn(found) if field in self.optional else Column(found)


_MESSAGES = "message e JOIN flow f ON f.id = e.flow JOIN step s ON s.flow = e.flow AND s.number = e.step"
_OF_MESSAGE = {
    "flow": "f.name",
    "step": "s.name",
    "category": "e.category",
    "kind": "CASE WHEN e.media IS NULL THEN 'sms' ELSE 'mms' END",
}
_ENDED = "COALESCE(e.settled_at, e.sent_at, e.queued_at)"
_LOGGED = "consent_log e JOIN contact w ON w.phone = e.phone"


def _row(name: str, contact: str, at: str) -> str:
    """The id of the row of the inbox that has told it; 0: there is none."""
    return (
        f"COALESCE((SELECT MAX(x.id) FROM event x WHERE x.contact = {contact} AND x.kind = {EVENT} AND x.name = '{name}'"
        f" AND x.occurred_at = {at}), 0)"
    )


def _message(name: str, at: str, which: str, more: Mapping[str, str] | None = None) -> Told:
    which = f"{which} AND f.name NOT IN {OURS}"
    return Told(_MESSAGES, "e.contact", at, which, {**_OF_MESSAGE, **(more or {})}, (), _row(name, "e.contact", at))


def _consent(name: str, status: str) -> Told:
    which, row = f"e.status = '{status}'", _row(name, "w.id", "e.recorded_at")
    return Told(_LOGGED, "w.id", "e.recorded_at", which, {"source": "e.source"}, (), row)


TOLD: Mapping[str, Told] = {
    own_events.SENT: _message(own_events.SENT, "e.sent_at", _WAS_SENT),
    own_events.DELIVERED: _message(own_events.DELIVERED, _ENDED, f"e.status = {DELIVERED}"),
    own_events.FAILED: _message(own_events.FAILED, _ENDED, f"e.{_HAS_FAILED}", {"reason": "e.reason"})._replace(
        optional=("reason",)
    ),
    own_events.CLICKED: Told(
        "event e",
        "e.contact",
        "e.occurred_at",
        f"e.kind = {CLICK}",
        {
            "link": "e.name",
            "step": "(e.data ->> 'step')",
            "flow": "(SELECT f.name FROM run r JOIN flow f ON f.id = r.flow WHERE r.id = e.run)",
        },
        ("step", "flow"),
    ),
    own_events.RECEIVED: Told(
        "event e",
        "e.contact",
        "e.occurred_at",
        f"e.kind = {INBOUND} AND (e.data ->> 'source') IS NULL"
        " AND COALESCE(e.data ->> 'verdict', '') NOT IN ('stop', 'help')",
        {"text": "(e.data ->> 'text')"},
        ("text",),
    ),
    own_events.SUBSCRIBED: _consent(own_events.SUBSCRIBED, "subscribed"),
    own_events.UNSUBSCRIBED: _consent(own_events.UNSUBSCRIBED, "unsubscribed"),
}


FROM_OUTSIDE = Told("event e", "e.contact", "e.occurred_at", f"e.kind = {EVENT} AND e.name = ?", {})
"""The same of an event of any other name, which is a parameter; its data are JSON."""


def told_of(name: str) -> tuple[Told, tuple[str, ...]]:
    """Where the happenings of any event stand, and the parameters of its `which`."""
    told = TOLD.get(name)
    return (told, ()) if told else (FROM_OUTSIDE, (name,))


def ask(db: Connection, names: Collection[str], keep: bool) -> None:
    """From now on rows of these are written; `keep`: of those that were asked for until now as well, for runs that finish as they began."""
    wanted = (set(names) | (asked(db) if keep else set())) & TOLD.keys()
    meta.put(db, meta.OWN_EVENTS, orjson.dumps(sorted(wanted)).decode())


def asked(db: Connection) -> set[str]:
    return set(orjson.loads(meta.get(db, meta.OWN_EVENTS) or "[]"))


def tell_messages(db: Connection, names: Collection[str], ids: Iterable[int], now: int) -> None:
    """Rows for what these messages have become, of the events that are asked for. Free where none is."""
    for name in sorted(OF_MESSAGES & set(names)):
        told = TOLD[name]
        columns = ", ".join(told.fields.values())
        rows = db.execute(
            f"SELECT e.contact, {told.at}, COALESCE(c.hops, 0), {columns} FROM {told.tables} LEFT JOIN run r ON r.id = e.run"
            f" LEFT JOIN event c ON c.id = r.event WHERE e.id {AMONG} AND {told.which} AND COALESCE(c.name, '') NOT IN {_OWN}"
            f" AND COALESCE(c.hops, 0) < {MOST_HOPS} AND {told.id} = 0 ORDER BY e.id",
            (listed(ids),),
        ).fetchall()
        found = (
            (contact, at, hops + 1, dict(zip(told.fields, fields, strict=True))) for contact, at, hops, *fields in rows
        )
        _insert(db, name, found, now)


def tell_message(db: Connection, names: Collection[str], key: tuple[int, int, int], now: int) -> None:
    """The same for the message (contact, run, step)."""
    ids = numbers(db, "SELECT id FROM message WHERE contact = ? AND run = ? AND step = ?", key)
    tell_messages(db, names, ids, now)


def tell_consents(db: Connection, changes: Iterable[tuple[str, str, str]], now: int) -> None:
    """Rows for (number, status, source) of consents that have changed, as far as they are contacts' and asked for."""
    changes = list(changes)
    names = asked(db) & OF_CONSENT if changes else set()
    if not names:
        return
    sql = f"SELECT phone, id FROM contact WHERE phone {AMONG}"
    contacts = dict(db.execute(sql, (listed({phone for phone, *_ in changes}),)).fetchall())
    for name in sorted(names):
        status = name.partition(".")[2]
        found = [
            (contacts[phone], now, 1, {"source": source})
            for phone, said, source in changes
            if said == status and phone in contacts
        ]
        _insert(db, name, found, now)


def hush_consents(db: Connection, contacts: Iterable[int], now: int) -> None:
    """What was told of these contacts' consents at that instant, in this transaction, starts nothing."""
    sql = f"UPDATE event SET pending = 0 WHERE {IS_PENDING} AND received_at = ? AND kind = {EVENT} AND name IN {tuple(sorted(OF_CONSENT))}"
    db.execute(f"{sql} AND contact + 0 {AMONG}", (now, listed(contacts)))


def _insert(db: Connection, name: str, rows: Iterable[tuple[int, int, int, Mapping[str, object]]], now: int) -> None:
    """(contact, at, hops, data). What Leadoff itself tells has hops: a backtest does not play it a second time."""
    db.many(
        "INSERT INTO event (contact, kind, name, occurred_at, hops, data, received_at, pending) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        [(contact, EVENT, name, at, hops, orjson.dumps(data).decode(), now) for contact, at, hops, data in rows],
    )
