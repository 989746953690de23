"""Bodies of webhooks, taken: kept as they came, and each message in them made into its event, its consent, or nothing.

Invariants: the signature was good before anything here is called. All of a body is one transaction, and an answer is given after it. A
delivery counts once, and so does a key (a checkout, an order with its status), whichever webhook brings it, and to whichever daemon: the
first body of a key that makes an event makes it; a newer one renews the data of that event and enters nobody again, whatever number it
names; an older one changes nothing. What a person said of texts counts all the same, if it is newer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from engine.contacts import consent as consents
from engine.core.calendar import DAY
from engine.intake import events, privacy_requests
from engine.intake.events import IncomingEvent
from engine.intake.mapping import Became, became
from engine.language.model.project import Project
from engine.language.values.fields import BadValue
from engine.messaging.numbers import mask_numbers
from engine.sources.bodies import Unreadable
from engine.sources.signatures import Headers
from engine.store import contacts, inbox, notices, source_bodies
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.inbox import STARTS_NOTHING, NewEvent
from engine.store.source_bodies import KEY_KEPT_MS, NewMessage
from engine.store.sql import Connection
from engine.store.states import EVENT


class Taken(NamedTuple):
    """What the messages of a body became -> how many: event, renewed, same, older, consent, again (the delivery is known), forgotten,
    notice; or nothing, by why: no number, not mapped, test, not taken (an event was meant, and could not be made), nothing (there was none
    to make). `unreadable`: why nothing can be read of the body."""

    counts: Mapping[str, int]
    unreadable: str | None = None


class Made(NamedTuple):
    """What a message became. `event`: the one that it made, of `contact`."""

    what: str
    reason: str | None = None
    contact: int | None = None
    event: int | None = None


def take(database: Database, project: Project, name: str, headers: Headers, raw: bytes, now: int) -> Taken:
    """A body whose signature is good. Raises Refused where somebody is to be forgotten while a message to them is under way."""
    source = project.sources[name]
    kept = {each: headers[each] for each in source.bodies.kept_headers if each in headers}
    try:
        messages = source.bodies.messages(headers, raw)
    except Unreadable as error:
        why = error.reason

        def keep(db: Connection) -> None:
            source_bodies.keep(db, name, kept, raw, why, now)
            _say(db, name, f"cannot be read: {why}", now)

        database.write(keep)
        return Taken({}, why)
    made = [became(project, source, message) for message in messages]
    asked = Counter(privacy_requests.answer(database, name, each, now) for each in made if each.privacy is not None)
    others = [each for each in made if each.privacy is None]
    if not others:
        return Taken(dict(asked))
    taken = database.write(lambda db: _take(db, project, name, kept, raw, others, now, is_kept=not asked))
    return Taken(dict(taken + asked))


def say_refused(database: Database, name: str, wrong: str, now: int) -> None:
    """A notice at the first bad signature of a day: a shop may go silent after a few of them."""
    subject = f"source:{name}:refused:{now // DAY}"
    with database.reading() as db:
        if notices.was_said(db, subject):
            return
    note = f"a webhook to the source {name} was refused with 401: {wrong}"
    database.write(lambda db: notices.add(db, "source", subject, None, now, note))


def _take(
    db: Connection,
    project: Project,
    name: str,
    headers: Headers,
    raw: bytes,
    made: Iterable[Became],
    now: int,
    is_kept: bool,
) -> Counter[str]:
    """`is_kept`: not where a request to forget somebody is in the body, because it names the person."""
    body = source_bodies.keep(db, name, headers, raw, None, now)
    counts = Counter(take_message(db, project, name, body, each, now) for each in made)
    if not is_kept or set(counts) <= {"again"}:
        source_bodies.drop(db, body)
    return counts


def take_message(
    db: Connection, project: Project, name: str, body: int, made: Became, now: int, before: int | None = None
) -> str:
    """One message of a kept body; what it became. `before`: its row, where it made nothing before and is looked at again."""
    said = made.message
    new = NewMessage(name, said.topic, said.delivery, said.key, said.version)
    if before is not None:
        source_bodies.drop_message(db, before)
    # The key is held from here to the commit: who brings it at the same time waits, and finds what was made of it.
    row = source_bodies.begin(db, body, new, now, holds_key=True) if made.event is not None and said.key else None
    first = row is not None
    row = row or source_bodies.begin(db, body, new, now)
    if row is None:
        return "again"
    found = _made(db, project, name, made, now, first)
    source_bodies.became(db, row, *found)
    if found.what == "not taken":
        topic = f"of the topic {mask_numbers(said.topic)}" if said.topic else "without a topic"
        _say(db, name, f"{topic} could not become an event", now)
    return found.what


def _made(db: Connection, project: Project, name: str, made: Became, now: int, first: bool) -> Made:
    if made.event is None:
        return Made("consent") if _say_consent(db, name, made, now) else Made(made.counts_as, made.nothing)
    if _is_old(made, now):
        when = datetime.fromtimestamp((made.message.version or 0) / 1000, UTC).strftime("%Y-%m-%d")
        return Made(
            "not taken", f"it is of {when}, older than the {KEY_KEPT_MS // DAY} days for which keys are remembered"
        )
    if first or not made.message.key:
        return _first(db, project, name, made, now)
    _say_consent(db, name, made, now)
    before = source_bodies.made_by(db, name, made.message.key)
    version = made.message.version
    if before is None or before.version is None or version is None or version == before.version:
        return Made("same")
    if version < before.version:
        return Made("older")
    source_bodies.renew(db, before, version, made.data)
    return Made("renewed")


def _is_old(made: Became, now: int) -> bool:
    """A signature without a time in it is good for ever, and what its body made may be forgotten."""
    return made.message.version is not None and made.message.version < now - KEY_KEPT_MS


def _first(db: Connection, project: Project, name: str, made: Became, now: int) -> Made:
    said = made.message
    who = _contact(db, name, made, now)
    if who is None:
        return Made("no number", f"{made.nameless}, and what it belongs to is not known here")
    id = said.key or said.delivery
    at = min(now, said.version) if said.version is not None else None
    item = IncomingEvent(made.event or "", who, made.data, at, f"{name}:{id}" if id else None)
    try:
        taken, contact, event = events.take_one(db, project, item, now)
    except BadValue as error:
        _say_consent(db, name, made, now)
        return Made("not taken", str(error))
    if taken.status != "accepted":
        _say_consent(db, name, made, now)
        return Made("same" if taken.status == "duplicate" else "not taken", taken.reason, contact)
    _tell_who_began(db, name, made, item, contact, now)
    return Made("event", None, contact, event)


def _tell_who_began(
    db: Connection, name: str, made: Became, item: IncomingEvent, contact: int | None, now: int
) -> None:
    """An order that names another number than its checkout did: who began the checkout hears of it, so that no reminder follows."""
    began = source_bodies.contact_of(db, name, made.message.follows)
    if began is None or began == contact or not contacts.lock(db, [began]):
        return
    fact = NewEvent(began, EVENT, item.event, item.occurred_at or now, item.data, hops=STARTS_NOTHING)
    inbox.add(db, [fact], now)


def _contact(db: Connection, name: str, made: Became, now: int) -> dict[str, Any] | None:
    """Whom the event is about; None where nobody is named or known."""
    who, said = made.person, made.message
    known = source_bodies.contact_of(db, name, said.whose)
    if known is None and made.nameless:
        known = source_bodies.contact_of(db, name, said.follows)
    if known is not None:
        return {**who.fields, "key": contacts.with_ids(db, [known])[known].key}
    if made.nameless:
        return None
    found: dict[str, Any] = {**who.fields}
    found |= {field: value for field, value in (("phone", who.phone), ("key", who.key)) if value}
    if who.consent is not None:
        at = datetime.fromtimestamp(_said_at(made, now) / 1000, UTC).isoformat()
        found["consent"] = {"status": who.consent, "source": f"source {name}", "at": at}
    return found


def _say_consent(db: Connection, name: str, made: Became, now: int) -> bool:
    """Whether it says something of consent; an opt-out that stands is not lifted by it."""
    who = made.person
    if who.consent is None or who.phone is None:
        return False
    consents.record(db, [ConsentChange(who.phone, who.consent, f"source {name}", _said_at(made, now))], now)
    return True


def _said_at(made: Became, now: int) -> int:
    return min(now, made.person.consent_at or made.message.version or now)


def _say(db: Connection, name: str, wrong: str, now: int) -> None:
    """A notice at the first body of a day that a person should look at."""
    subject = f"source:{name}:{now // DAY}"
    if notices.was_said(db, subject):
        return
    note = f"a webhook to the source {name} {wrong}. It is kept for a week: `leadoff sources list {name} --nothing`"
    notices.add(db, "source", subject, None, now, note)
