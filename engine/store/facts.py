"""Fetches exactly the facts that a batch of runs needs, in a constant number of statements (R2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from engine.core.context import Run
from engine.core.facts import ClickFact, EventFact, Facts, MessageFact, Needs, Person, ReplyFact, WebhookFact
from engine.store import cards, history, own_events, pictures
from engine.store.interned_names import Names
from engine.store.sql import AMONG, Connection, ListValue, json_object, listed
from engine.store.states import CALL_STATES, CLICK, EVENT, INBOUND, MESSAGE_STATES

T = TypeVar("T")
PERSON = "c.id, c.phone, c.region, c.zone, c.key, c.fields, k.status, c.unreachable, c.no_mms_since, k.expires_at"
PERSON_FROM = "contact c LEFT JOIN consent k ON k.phone = c.phone"
PERSON_WIDTH = 10


def person(row: Sequence[Any], first: int = 0) -> Person:
    """From the columns of PERSON, which begin at the column `first`."""
    id, phone, region, zone, key, fields, consent, unreachable, no_mms, ends = row[first : first + PERSON_WIDTH]
    known: dict[str, Any] = orjson.loads(fields) if fields else {}
    known["phone"] = phone
    known["key"] = key
    known["country"] = region
    own = known.get("timezone")
    known["timezone"] = zone
    return Person(id, phone, region, zone, known, consent, own, unreachable, no_mms is not None, ends)


def people(db: Connection, contacts: Iterable[int]) -> dict[int, Person]:
    rows = db.execute(f"SELECT {PERSON} FROM {PERSON_FROM} WHERE c.id {AMONG}", (listed(contacts),))
    return {row[0]: person(row) for row in rows}


def gather(
    db: Connection,
    needs: Needs,
    cases: Sequence[tuple[Run, Person, Mapping[str, Any]]],
    names: Names,
    now: int,
    carded: set[int] | None = None,
) -> list[Facts]:
    """The facts at `now` of each (run, person, data of its starting event), in the same order. `carded`: who has the contact card, which
    grows here and while the runs are advanced."""
    if needs == _NONE:
        return [Facts(person, event) for _, person, event in cases]
    contacts = listed({run.contact for run, _, _ in cases})
    events = (
        _events(db, needs, contacts, min((run.entered for run, _, _ in cases), default=0)) if needs.events else None
    )
    runs = {run.id for run, _, _ in cases}
    clicks = _clicks(db, contacts, runs) if needs.clicks else None
    messages = _of_steps(db, _message, _MESSAGES, contacts, runs, names) if needs.messages else None
    left = _of_steps(db, int, _LEFT, contacts, runs, names) if needs.left else None
    replies = _replies(db, contacts) if needs.replies else None
    webhooks = _of_steps(db, _web_call, _WEB_CALLS, contacts, runs, names) if needs.webhooks else None
    marketing = history.marketing(db, contacts, now) if needs.texted else None
    shown = pictures.found(db, _addresses(needs, cases)) if needs.pictures else None
    carded = set() if carded is None else carded
    if needs.card:
        carded |= cards.having(db, contacts)
    none: dict[str, tuple[EventFact, ...]] = dict.fromkeys(needs.events, ())
    return [
        Facts(
            who,
            event,
            None if events is None else {**none, **{name: tuple(found) for name, found in events[run.contact].items()}},
            None if clicks is None else tuple(clicks[run.id]),
            None if messages is None else messages[run.id],
            None if left is None else left[run.id],
            None if replies is None else tuple(replies[run.contact]),
            None if webhooks is None else webhooks[run.id],
            None if marketing is None else marketing[run.contact],
            shown,
            carded if needs.card else None,
        )
        for run, who, event in cases
    ]


_NONE = Needs()


def _addresses(needs: Needs, cases: Sequence[tuple[Run, Person, Mapping[str, Any]]]) -> set[str]:
    found = (picture.name(event) for _, _, event in cases for picture in needs.pictures)
    return {name for name in found if name is not None}


def _events(db: Connection, needs: Needs, contacts: ListValue, entered: int) -> dict[int, dict[str, list[EventFact]]]:
    """Unconsumed ones count as well: what was acknowledged is a fact (E0)."""
    found: dict[int, dict[str, list[EventFact]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(needs.events):
        since = 0 if name in needs.ever else entered
        if name in own_events.TOLD:
            for contact, fact in _own_events(db, name, contacts, since):
                found[contact][name].append(fact)
            continue
        rows = db.execute(
            f"SELECT contact, occurred_at, data, id FROM event WHERE contact {AMONG}"
            f" AND kind = {EVENT} AND name = ? AND occurred_at >= ? ORDER BY contact, occurred_at, id",
            (contacts, name, since),
        )
        for contact, at, text, id in rows:
            found[contact][name].append(EventFact(at, json_object(text), id))
    return found


def _own_events(db: Connection, name: str, contacts: ListValue, since: int) -> Iterator[tuple[int, EventFact]]:
    """Of Leadoff's own, from where they stand; the fields that have no value are left out."""
    told = own_events.TOLD[name]
    columns = ", ".join(told.fields.values())
    sql = (
        f"SELECT {told.contact} contact, {told.at} at, {told.id} row, {columns} FROM {told.tables} WHERE {told.contact} {AMONG}"
        f" AND {told.which} AND {told.at} >= ? ORDER BY 1, 2, 3"
    )
    for contact, at, id, *values in db.execute(sql, (contacts, since)):
        data = {field: value for field, value in zip(told.fields, values, strict=True) if value is not None}
        yield contact, EventFact(at, data, id)


def _clicks(db: Connection, contacts: ListValue, runs: set[int]) -> dict[int, list[ClickFact]]:
    found: dict[int, list[ClickFact]] = defaultdict(list)
    rows = db.execute(
        f"SELECT run, occurred_at, name, data FROM event WHERE contact {AMONG}"
        f" AND kind = {CLICK} ORDER BY occurred_at, id",
        (contacts,),
    )
    for run, at, link, text in rows:
        if run in runs:
            found[run].append(ClickFact(at, link, json_object(text).get("step", "")))
    return found


def _replies(db: Connection, contacts: ListValue) -> dict[int, list[ReplyFact]]:
    found: dict[int, list[ReplyFact]] = defaultdict(list)
    rows = db.execute(
        f"SELECT contact, occurred_at, data, id FROM event WHERE contact {AMONG}"
        f" AND kind = {INBOUND} ORDER BY contact, occurred_at, id",
        (contacts,),
    )
    for contact, at, text, id in rows:
        said = json_object(text)
        if "source" not in said:  # else an opt-out that was recorded by hand: not a text of the contact
            found[contact].append(ReplyFact(at, str(said.get("text", "")), id))
    return found


def _of_steps(
    db: Connection, made: Callable[..., T], sql: str, contacts: ListValue, runs: set[int], names: Names
) -> dict[int, dict[str, T]]:
    """Run -> step -> what was made of the columns behind run, flow and step."""
    found: dict[int, dict[str, T]] = defaultdict(dict)
    for run, flow, step, *columns in db.execute(f"SELECT run, flow, step, {sql}", (contacts,)):
        if run in runs:
            found[run][names.steps[flow, step]] = made(*columns)
    return found


_MESSAGES = f"status, queued_at FROM message WHERE contact {AMONG}"
_WEB_CALLS = f"status, answer FROM webhook WHERE contact {AMONG}"
_LEFT = f"at FROM journal WHERE contact {AMONG} AND kind = 'left'"


def _message(status: int, queued: int) -> MessageFact:
    return MessageFact(MESSAGE_STATES[status], queued)


def _web_call(status: int, answer: str | None) -> WebhookFact:
    return WebhookFact(CALL_STATES[status], json_object(answer))
