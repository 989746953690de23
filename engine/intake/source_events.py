"""One message of a webhook into its event: who it is about, what it says of consent, and whether its key has made one before.

Invariants: called inside the transaction that holds the message's key. What a person said of texts counts also where no event is made,
and an opt-out always.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from engine.clock import instant
from engine.contacts import consent as consents
from engine.core.calendar import DAY
from engine.intake import events
from engine.intake.events import IncomingEvent
from engine.intake.mapping import Became
from engine.language.model.project import Project, convert_event
from engine.language.values.fields import BadValue
from engine.store import contacts, inbox, orders, product_pictures, source_bodies
from engine.store.contacts import ConsentChange
from engine.store.inbox import STARTS_NOTHING, NewEvent
from engine.store.source_bodies import KEY_KEPT_MS
from engine.store.sql import Connection
from engine.store.states import EVENT


class Made(NamedTuple):
    """What a message became. `event`: the one that it made, of `contact`."""

    what: str
    reason: str | None = None
    contact: int | None = None
    event: int | None = None


def make(db: Connection, project: Project, name: str, made: Became, now: int, first: bool) -> Made:
    """`first`: no message of its key has made an event."""
    found = _make(db, project, name, made, now, first)
    if (
        made.person.consent == "unsubscribed"
    ):  # whatever came of it: the person is known by an order, or the body is old
        _say_consent(db, name, made, now)
    return found


def _make(db: Connection, project: Project, name: str, made: Became, now: int, first: bool) -> Made:
    if made.pictures:
        product_pictures.put(db, name, made.pictures, made.message.version or now)
    if made.event is None:
        if _say_consent(db, name, made, now):
            return Made("consent")
        return Made("product") if made.pictures else Made(made.counts_as, made.nothing)
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
    if source_bodies.renew(db, before, version, made.data):
        orders.renewed(db, project.compiled_goals, project.currency, before.event)
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
    item = IncomingEvent(made.event or "", who, made.data, _at(made, now), f"{name}:{id}" if id else None)
    try:
        taken, contact, event = events.take_one(db, project, item, now)
    except BadValue as error:
        _say_consent(db, name, made, now)
        return Made("not taken", str(error))
    if taken.status != "accepted":
        _say_consent(db, name, made, now)
        return Made("same" if taken.status == "duplicate" else "not taken", taken.reason, contact)
    return Made("event", None, contact, event)


def tell_who_began(db: Connection, project: Project, name: str, made: Became, buyer: int | None, now: int) -> bool:
    """An order that names another number than its checkout did: who began the checkout hears of it, so that no reminder follows. Whether
    that person is known."""
    began = source_bodies.contact_of(db, name, made.message.follows)
    if began is None or not contacts.lock(db, [began]):
        return False
    if began != buyer:
        event = made.event or ""
        data = convert_event(project, event, made.data)
        inbox.add(db, [NewEvent(began, EVENT, event, _at(made, now) or now, data, hops=STARTS_NOTHING)], now)
    return True


def _at(made: Became, now: int) -> int | None:
    """When the shop says that it happened."""
    return None if made.message.version is None else min(now, made.message.version)


def _contact(db: Connection, name: str, made: Became, now: int) -> dict[str, Any] | None:
    """Whom the event is about; None where nobody is named or known."""
    who, said = made.person, made.message
    known = source_bodies.contact_of(db, name, said.whose)
    if known is None and made.nameless:
        known = source_bodies.contact_of(db, name, said.follows)
    if known is not None:
        return {"key": contacts.with_ids(db, [known])[known].key}  # names in the body may be of somebody else
    if made.nameless:
        return None
    found: dict[str, Any] = {**who.fields}
    found |= {field: value for field, value in (("phone", who.phone), ("key", who.key)) if value}
    if who.consent is not None:
        at = datetime.fromtimestamp(_said_at(made, now) / 1000, UTC).isoformat()
        found["consent"] = {"status": who.consent, "source": f"source {name}", "at": at}
        if who.consent_expires is not None:
            found["consent"]["expires"] = instant(who.consent_expires)
    return found


def _say_consent(db: Connection, name: str, made: Became, now: int) -> bool:
    """Whether it says something of consent; an opt-out that stands is not lifted by it."""
    who = made.person
    if who.consent is None or who.phone is None:
        return False
    change = ConsentChange(who.phone, who.consent, f"source {name}", _said_at(made, now), expires=who.consent_expires)
    consents.record(db, [change], now)
    return True


def _said_at(made: Became, now: int) -> int:
    return min(now, made.person.consent_at or made.message.version or now)
