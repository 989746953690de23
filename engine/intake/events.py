"""Events from outside: validated, made facts, acknowledged (E0-E3). They decide nothing.

Rules kept here: an answer means committed; (contact, event id) is taken once in 30 days, the same id with another body is a conflict;
`consent` in a payload can give consent, never lift an opt-out.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from engine.intake import consent as consents
from engine.intake.people import Incoming, Problem, upsert
from engine.language.fields import BadValue, plain
from engine.language.project import Project, convert_contact, convert_event
from engine.store import inbox
from engine.store.contacts import ConsentChange, Known
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.tables import EVENT, START

LONGEST_NAME = 200


class EventIn(NamedTuple):
    """One event as it was sent. `contact` holds phone and/or key, fields to store, and maybe consent."""

    event: str
    contact: Mapping[str, Any]
    data: Mapping[str, Any]
    occurred_at: int | None = None  # UTC ms; None: now
    id: str | None = None
    start: bool = False  # a manual start of the flow named `event`


class Taken(NamedTuple):
    status: str  # accepted | duplicate | conflict | rejected
    reason: str | None = None


class _Ready(NamedTuple):
    item: EventIn
    who: Incoming
    consent: Mapping[str, Any] | None
    data: Mapping[str, Any]


def accept(database: Database, project: Project, items: Sequence[EventIn], now: int) -> list[Taken]:
    """Take a batch in one transaction; a result for each item, in order."""
    prepared = [_prepare(project, item) for item in items]
    ready = [found for found in prepared if isinstance(found, _Ready)]
    taken = iter(database.write(lambda db: _commit(db, project, ready, now)) if ready else [])
    return [next(taken) if isinstance(found, _Ready) else found for found in prepared]


def _prepare(project: Project, item: EventIn) -> _Ready | Taken:
    try:
        fields = dict(item.contact)
        phone, key, consent = (fields.pop(name, None) for name in ("phone", "key", "consent"))
        for name, value in (("phone", phone), ("key", key)):
            if value is not None and (not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME):
                return Taken("rejected", f"contact.{name} must be a text")
        if phone is None and key is None:
            return Taken("rejected", "contact needs a phone or a key")
        if item.id is not None and not 0 < len(item.id) <= LONGEST_NAME:
            return Taken("rejected", "id must have 1 to 200 characters")
        fields.pop("country", None)  # it is always the number's region
        values: dict[str, Any] = dict.fromkeys(name for name, raw in fields.items() if raw is None)
        values |= convert_contact(project, {name: raw for name, raw in fields.items() if raw is not None})
        if item.start:
            data = {name: plain(value, name) for name, value in item.data.items()}
        else:
            data = convert_event(project, item.event, item.data)
        return _Ready(item, Incoming(key, phone, values), _consent(consent), data)
    except BadValue as error:
        return Taken("rejected", str(error))


def _consent(raw: Any) -> Mapping[str, Any] | None:
    if raw is None:
        return None
    found = {"status": raw} if isinstance(raw, str) else raw
    if not isinstance(found, Mapping) or found.get("status") not in ("subscribed", "unsubscribed"):
        raise BadValue("contact.consent.status is subscribed or unsubscribed")
    return found


def _commit(db: sqlite3.Connection, project: Project, ready: Sequence[_Ready], now: int) -> list[Taken]:
    people = upsert(db, [one.who for one in ready], project.timezone, now)
    changes: list[ConsentChange] = []
    events: list[NewEvent] = []
    taken: list[Taken] = []
    seen: dict[tuple[int, str], str | None] = {}
    for one, who in zip(ready, people, strict=True):
        if isinstance(who, Problem):
            taken.append(Taken(who.kind, who.reason))
            continue
        event = _event(one, who, now)
        if event.outside_id is not None:
            before = _known(db, seen, who.id, event.outside_id)
            if before is not None:
                same = before == event.digest
                taken.append(Taken("duplicate") if same else Taken("conflict", "this id was used for another event"))
                continue
            seen[who.id, event.outside_id] = event.digest
        if one.consent is not None:
            changes.append(_change(one.consent, who.phone, event.occurred_at))
        events.append(event)
        taken.append(Taken("accepted"))
    consents.record(db, changes, now)
    inbox.add(db, events, now)
    return taken


def _event(one: _Ready, who: Known, now: int) -> NewEvent:
    item = one.item
    at = min(now, item.occurred_at) if item.occurred_at is not None else now
    digest = hashlib.sha256(
        orjson.dumps([item.event, at if item.occurred_at else 0, one.data], option=orjson.OPT_SORT_KEYS)
    ).hexdigest()[:32]
    kind = START if item.start else EVENT
    return NewEvent(who.id, kind, item.event, at, one.data, None, item.id, digest if item.id is not None else None)


def _known(db: sqlite3.Connection, seen: Mapping[tuple[int, str], str | None], contact: int, id: str) -> str | None:
    if (contact, id) in seen:
        return seen[contact, id]
    row = inbox.known(db, contact, id)
    return row[0] if row else None


def _change(consent: Mapping[str, Any], phone: str, at: int) -> ConsentChange:
    source, proof = consent.get("source"), consent.get("proof")
    return ConsentChange(
        phone,
        consent["status"],
        str(source or "event")[:LONGEST_NAME],
        at,
        None if proof is None else str(proof)[:2_000],
    )
