"""Consent from other sources than the person's own text: an operator, a file, a provider. Consent belongs to the number (C0).

Invariants: an opt-out is committed together with the event that makes the next tick cancel waiting messages and end marketing runs (C2).
Only an operator may lift an opt-out or overrule a provider's report that a number takes no texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.errors import Refused
from engine.messaging import numbers
from engine.store import contacts, inbox
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.sql import Connection
from engine.store.states import INBOUND


class ProviderClaim(NamedTuple):
    """A provider's report about a contact's number."""

    contact: int
    phone: str
    opted_out: bool
    unreachable: bool
    reason: str | None


def subscribe(database: Database, phone: str, source: str, now: int, expires: int | None = None) -> bool:
    """Whether that changed something."""

    def write(db: Connection) -> bool:
        changed = record(db, [ConsentChange(phone, "subscribed", source, now, lifts=True, expires=expires)], now)
        freed = contacts.set_unreachable(db, phone, None, now)
        return bool(changed) or freed

    return database.write(write)


def unsubscribe(database: Database, phone: str, source: str, now: int) -> bool:
    """Whether that changed something."""
    return bool(database.write(lambda db: record(db, [ConsentChange(phone, "unsubscribed", source, now)], now)))


def wrong_end(status: str | None, at: int | None, ends: int, given: str) -> str | None:
    """Why a consent of the instant `at` (UTC ms) cannot end then. `given`: what `at` is called."""
    if status == "unsubscribed":
        return "an opt-out does not end"
    if at is not None and ends <= at:
        return f"it is not after {given}: this consent would never have held"
    return None


def record(db: Connection, changes: Iterable[ConsentChange], now: int) -> list[ConsentChange]:
    """Store a batch; those that changed something. For each opt-out among them there is a STOP in the inbox."""
    changes = list(changes)
    opted_out = {change.phone for change in changes if change.status == "unsubscribed"}
    known = contacts.lock_named(db, opted_out, []) if opted_out else []
    done = contacts.set_consents(db, changes, now)
    stopped = {change.phone: change.source for change in done if change.status == "unsubscribed"}
    if stopped:
        _stop(db, [who for who in known if who.phone in stopped], stopped, now)
    return done


def _stop(db: Connection, known: Sequence[contacts.StoredContact], sources: Mapping[str, str], now: int) -> None:
    facts = [
        NewEvent(who.id, INBOUND, "@inbound", now, {"verdict": "stop", "text": "", "source": sources[who.phone]})
        for who in known
    ]
    inbox.add(db, facts, now)


def apply_claim(db: Connection, said: ProviderClaim, source: str, now: int) -> None:
    """A provider knows of a STOP that we missed, or that the number is none for texts."""
    if said.opted_out:
        record(db, [ConsentChange(said.phone, "unsubscribed", source, now)], now)
    if said.unreachable:
        contacts.set_unreachable(db, said.phone, (said.reason or f"{source} says so")[:200], now)


def phone_of(db: Connection, name: str) -> str | None:
    """The number behind a key or a number; consent belongs to the number, so one that is no contact yet has it too.

    None where there is no such contact. Raises Refused for what begins as a number and is none.
    """
    found = contacts.one(db, name)
    if found is not None or not name.startswith("+"):
        return found.phone if found else None
    try:
        return numbers.parse(name).e164
    except numbers.BadNumber as error:
        raise Refused(f"{name}: {error.reason}") from error
