"""Events from outside: checked, stored in the inbox, acknowledged (E0-E3). The tick decides what follows.

Invariants: an answer is given after the commit. (contact, event id) is taken once in 30 days; a duplicate changes nothing, not even the
contact's fields; the same id with another body is a conflict. An item that cannot be taken fails alone (E5). `consent` in a payload can
give consent, never lift an opt-out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from engine.contacts import consent as consents
from engine.contacts import documents, refused_opt_outs
from engine.contacts.documents import Consent
from engine.contacts.json_contact import consent_change, parsed
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.core.program import Program
from engine.errors import Refused
from engine.intake.documents import Event, Start
from engine.language.model.project import Project, convert_event
from engine.language.values.fields import BadValue, plain
from engine.store import contacts, inbox
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.sql import Connection
from engine.store.states import EVENT, START


class IncomingEvent(NamedTuple):
    """One event as it was sent. `contact` holds phone and/or key, fields to store, and maybe consent."""

    event: str
    contact: Mapping[str, Any]
    data: Mapping[str, Any]
    occurred_at: int | None = None  # UTC ms; None: now
    id: str | None = None
    start: bool = False  # a manual start of the flow named `event`


class IntakeResult(NamedTuple):
    status: str  # accepted | duplicate | conflict | rejected | failed: a bug in Leadoff
    reason: str | None = None
    opted_out: bool = False  # refused, but the opt-out in it counts
    warning: str | None = None  # taken, but something in it has no effect


class _Ready(NamedTuple):
    item: IncomingEvent
    who: IncomingContact
    consent: Consent | None
    data: Mapping[str, Any]
    digest: str | None  # of the body, where there is an id
    warning: str | None  # what is said of it though it is taken


REFUSED = ("conflict", "rejected", "failed")
ACCEPTED, DUPLICATE = IntakeResult("accepted"), IntakeResult("duplicate")
OTHER_BODY = IntakeResult("conflict", "this id was used for another event")
FAULT = IntakeResult("failed", "a bug in Leadoff: see the log")


def accept(database: Database, project: Project, items: Sequence[IncomingEvent], now: int) -> list[IntakeResult]:
    """Take a batch in one transaction; a result for each item, in order."""
    taken = _take(database, project, [_prepare(project, item, now) for item in items], now)
    return _with_opt_outs(database, taken, [item.contact for item in items], now)


def accept_documents(database: Database, project: Project, raws: Sequence[object], now: int) -> list[IntakeResult]:
    """The same for events as they stand in JSON."""
    taken = _take(database, project, [_read(project, raw, now) for raw in raws], now)
    return _with_opt_outs(database, taken, [_contact_of(raw) for raw in raws], now)


def take_one(
    db: Connection, project: Project, item: IncomingEvent, now: int
) -> tuple[IntakeResult, int | None, int | None]:
    """One event inside of a transaction: what became of it, its contact and its id. Raises BadValue."""
    ready = _ready(project, item, documents.read(documents.Contact, item.contact), now)
    (taken,) = _commit(db, project, [ready], now)
    if taken.status != "accepted" or item.id is None:
        return taken, None, None
    return taken, *inbox.known_event(db, ready.who.phone, ready.who.key, _outside(item.id))


def take_opt_outs(database: Database, raws: Sequence[object], now: int) -> int:
    """Of events that are refused together: how many opt-outs in them count all the same (C0)."""
    found = [refused_opt_outs.in_json(_contact_of(raw), "event") for raw in raws]
    return sum(refused_opt_outs.take(database, found, now))


def _contact_of(raw: object) -> object:
    return raw.get("contact") if isinstance(raw, Mapping) else None


def _with_opt_outs(
    database: Database, taken: list[IntakeResult], contacts: Sequence[object], now: int
) -> list[IntakeResult]:
    """What was refused still opts out the number that it names (C0)."""
    if all(result.status not in REFUSED for result in taken):
        return taken
    found = [
        refused_opt_outs.in_json(contact, "event") if result.status in REFUSED else None
        for result, contact in zip(taken, contacts, strict=True)
    ]
    counts = refused_opt_outs.take(database, found, now)
    return [
        result._replace(reason=f"{result.reason}; {refused_opt_outs.SAID}", opted_out=True) if counted else result
        for result, counted in zip(taken, counts, strict=True)
    ]


def refuse_start(program: Program) -> None:
    """Raises Refused for a flow that has no manual trigger."""
    if not any(trigger.kind == "manual" for trigger in program.triggers):
        raise Refused(f"the flow {program.flow} has no manual trigger", "add `manual` to its trigger")


def _take(
    database: Database, project: Project, prepared: Sequence[_Ready | IntakeResult], now: int
) -> list[IntakeResult]:
    ready = [found for found in prepared if isinstance(found, _Ready)]
    taken = iter(database.write_apart(lambda db, few: _commit(db, project, few, now), ready, lambda one: FAULT))
    return [next(taken) if isinstance(found, _Ready) else found for found in prepared]


def _read(project: Project, raw: object, now: int) -> _Ready | IntakeResult:
    try:
        said = documents.read(Event, raw)
        item = IncomingEvent(said.event, {}, said.data or {}, said.occurred_at, said.id)
        return _ready(project, item, said.contact, now)
    except BadValue as error:
        return IntakeResult("rejected", str(error))


def _prepare(project: Project, item: IncomingEvent, now: int) -> _Ready | IntakeResult:
    try:
        contact = documents.read(documents.Contact, item.contact)
        if item.id is not None:
            documents.read(Start, {"id": item.id, "contact": {}})
        return _ready(project, item, contact, now)
    except BadValue as error:
        return IntakeResult("rejected", str(error))


def _ready(project: Project, item: IncomingEvent, contact: documents.Contact, now: int) -> _Ready:
    who, consent, warning = parsed(project, contact, now)
    if item.occurred_at is not None:
        documents.not_ahead(item.occurred_at, now, "occurred_at")
    if item.start:
        data = {name: plain(value, name) for name, value in item.data.items()}
    else:
        data = convert_event(project, item.event, item.data)
    return _Ready(item, who, consent, data, None if item.id is None else _digest(item, who, consent, data), warning)


def _digest(item: IncomingEvent, who: IncomingContact, consent: Consent | None, data: Mapping[str, Any]) -> str:
    body: list[Any] = [item.event, item.occurred_at or 0, data]
    if who.values or consent is not None:
        body += [who.values, consent.model_dump() if consent else None]
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _commit(db: Connection, project: Project, ready: Sequence[_Ready], now: int) -> list[IntakeResult]:
    """In turns, so that an id that comes twice in one batch meets what became of it the first time."""
    taken: dict[int, IntakeResult] = {}
    left = list(range(len(ready)))
    while left:
        turn, left = _first_of_each(ready, left)
        taken |= _taken_before(db, {n: ready[n] for n in turn if ready[n].item.id is not None})
        fresh = [n for n in turn if n not in taken]
        taken |= zip(fresh, _store(db, project, [ready[n] for n in fresh], now), strict=True)
    return [taken[n] for n in range(len(ready))]


def _first_of_each(ready: Sequence[_Ready], left: Sequence[int]) -> tuple[list[int], list[int]]:
    turn: list[int] = []
    again: list[int] = []
    seen: set[str | None] = set()
    for n in left:
        (again if ready[n].item.id in seen else turn).append(n)
        if ready[n].item.id is not None:
            seen.add(ready[n].item.id)
    return turn, again


def _taken_before(db: Connection, named: Mapping[int, _Ready]) -> dict[int, IntakeResult]:
    """Those whose contact and id stand in the database already."""
    if not named:
        return {}
    who = [one.who for one in named.values()]
    found = contacts.find(db, [each.phone for each in who if each.phone], [each.key for each in who if each.key])
    ids = {each.phone: each.id for each in found} | {each.key: each.id for each in found}
    taken = {}
    for n, one in named.items():
        contact = ids.get(one.who.key or "") or ids.get(one.who.phone or "")
        row = inbox.known(db, contact, _outside(one.item.id or "")) if contact else None
        if row is not None:
            taken[n] = DUPLICATE if row[0] == one.digest else OTHER_BODY
    return taken


def _store(db: Connection, project: Project, fresh: Sequence[_Ready], now: int) -> list[IntakeResult]:
    people = upsert(db, [one.who for one in fresh], project.timezone, now)
    changes: list[ConsentChange] = []
    events: list[NewEvent] = []
    taken: list[IntakeResult] = []
    for one, who in zip(fresh, people, strict=True):
        if isinstance(who, NotTaken):
            taken.append(IntakeResult(who.kind, who.reason))
            continue
        event = _event(one, who, now)
        if one.consent is not None:
            changes.append(consent_change(one.consent, who.phone, "event", event.occurred_at, now))
        events.append(event)
        taken.append(ACCEPTED._replace(warning=one.warning) if one.warning else ACCEPTED)
    if changes:
        consents.record(db, changes, now)
    inbox.add(db, events, now)
    return taken


def _event(one: _Ready, who: StoredContact, now: int) -> NewEvent:
    item = one.item
    at = min(now, item.occurred_at) if item.occurred_at is not None else now
    kind = START if item.start else EVENT
    outside = None if item.id is None else _outside(item.id)
    return NewEvent(who.id, kind, item.event, at, one.data, None, outside, one.digest)


def _outside(id: str) -> str:
    """Ids that others give have a namespace of their own, beside those of texts (in:) and statuses (st:) (E5)."""
    return f"ev:{id}"
