"""Stores contacts from a file, an event or an operator: one function for all.

Invariants: a key and a number belong together: the same key with another number, or the reverse, is a conflict and changes nothing. A key
that begins with "+" is its contact's own number, so no key can be read as another contact's number (C0a); a key of digits alone is the
shop's own, and no number. Waiting runs follow changed values (T1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.contacts.waits import ContactMove, follow
from engine.core.due_origins import Before
from engine.language.values.fields import BadValue
from engine.messaging import numbers, zones
from engine.store import contacts, meta
from engine.store.contacts import NewContact, StoredContact
from engine.store.database import Database
from engine.store.sql import Connection


class IncomingContact(NamedTuple):
    """Data about a contact: at least a key or a number; values have their declared types, None deletes one."""

    key: str | None
    phone: str | None
    values: Mapping[str, Any]


class NotTaken(NamedTuple):
    kind: str  # conflict | rejected
    reason: str
    column: str = "phone"  # what is wrong


class _Entry:
    """A contact after the batch."""

    __slots__ = ("_zone", "fields", "id", "key", "known", "phone", "region")

    def __init__(self, known: StoredContact | None, key: str, phone: str, region: str) -> None:
        self.known = known
        self.id = known.id if known else 0
        self.key, self.phone, self.region = key, phone, region
        self.fields: dict[str, Any] = dict(known.fields) if known else {}
        self._zone: str | None = None

    def merge(self, values: Mapping[str, Any]) -> None:
        self._zone = None
        for name, value in values.items():
            if value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = value

    def zone(self, default: str) -> str:
        """T2."""
        if self._zone is None:
            self._zone = zones.zone_of(self.phone, self.region, self.fields.get("timezone"), default)
        return self._zone


def meant(key: str | None, phone: str | None) -> tuple[str | None, str | None]:
    """Which contact a key and a number name (C0a): the key, None where it only repeats the number, and the number.

    Raises BadValue for a key that reads as another number.
    """
    if key is None or not key.startswith("+"):
        return key, phone
    if phone is not None and phone != key:
        raise BadValue("a key that begins with + must be the contact's own number, and this one is different", "key")
    return None, key


def upsert(
    db: Connection, incoming: Sequence[IncomingContact], default_zone: str, now: int
) -> list[StoredContact | NotTaken]:
    """Stores a batch; returns for each item the contact, or why it was rejected. Items apply in order, so the last one wins.

    The contacts are held until the commit, so changes at the same time lose nothing.
    """
    named = [_named(item) for item in incoming]
    sought = [item for item in named if isinstance(item, IncomingContact)]
    by_phone: dict[str, _Entry] = {}
    by_key: dict[str, _Entry] = {}
    db.world()  # who notes changes, for the members of segments say, begins with nobody in the middle of one
    phones, keys = [each.phone for each in sought if each.phone], [each.key for each in sought if each.key]
    for known in contacts.lock_named(db, phones, keys):
        by_phone[known.phone] = by_key[known.key] = _Entry(known, known.key, known.phone, known.region)
    placed = [item if isinstance(item, NotTaken) else _place(item, by_phone, by_key) for item in named]
    entries = {id(entry): entry for entry in placed if isinstance(entry, _Entry)}
    _store(db, list(entries.values()), default_zone, now)
    return [place if isinstance(place, NotTaken) else _known(place, default_zone) for place in placed]


def replace_fields(
    db: Connection, changed: Iterable[tuple[StoredContact, Mapping[str, Any]]], default_zone: str, now: int
) -> None:
    """Stores contacts with these fields and no others."""
    entries = []
    for known, fields in changed:
        entry = _Entry(known, known.key, known.phone, known.region)
        entry.fields = dict(fields)
        entries.append(entry)
    _store(db, entries, default_zone, now)


def _named(item: IncomingContact) -> IncomingContact | NotTaken:
    try:
        key, phone = meant(item.key, item.phone)
    except BadValue as error:
        return NotTaken("rejected", error.reason, error.path)
    return IncomingContact(key, phone, item.values)


def settle_zones(database: Database, default_zone: str, now: int) -> int:
    """Computes the zone again for contacts whose stored zone has another meaning by now (T2). Returns how many were checked.

    Many contacts are in the project's own zone by default; if that is no place (UTC), it is checked only once.
    """

    def write(db: Connection) -> int:
        found = contacts.lock_with_own_zone_in(db, odd)
        replace_fields(db, [(who, who.fields) for who in found], default_zone, now)
        meta.put(db, meta.SETTLED_ZONE, default_zone)
        return len(found)

    with database.reading() as db:
        done = meta.get(db, meta.SETTLED_ZONE)
        odd = [zone for zone in contacts.zones(db) if zone != done and zones.meant_by(zone) != (zone,)]
    return database.write(write) if odd else 0


def _known(entry: _Entry, default_zone: str) -> StoredContact:
    return StoredContact(entry.id, entry.key, entry.phone, entry.region, entry.zone(default_zone), entry.fields)


def _place(item: IncomingContact, by_phone: dict[str, _Entry], by_key: dict[str, _Entry]) -> _Entry | NotTaken:
    phoned = by_phone.get(item.phone) if item.phone else None
    keyed = by_key.get(item.key) if item.key else None
    if keyed is not None and item.phone and keyed.phone != item.phone:
        return NotTaken("conflict", "this key belongs to another number", "key")
    if phoned is not None and item.key and phoned.key not in (item.key, phoned.phone):
        return NotTaken("conflict", "this number belongs to another key")
    entry = keyed or phoned
    if entry is None:
        if not item.phone:
            hint = "; did you mean the number +1…?" if item.key and numbers.likely(item.key) else ""
            return NotTaken("rejected", f"no contact has this key; a new one needs a phone{hint}")
        try:
            number = numbers.parse(item.phone)
        except numbers.BadNumber as error:
            return NotTaken("rejected", error.reason)
        entry = _Entry(None, item.key or number.e164, number.e164, number.region)
        by_phone[entry.phone] = by_key[entry.key] = entry
    elif item.key and entry.key != item.key:
        entry.key = item.key  # until now known only by its number
        by_key[entry.key] = entry
    entry.merge(item.values)
    return entry


def _store(db: Connection, entries: Sequence[_Entry], default_zone: str, now: int) -> None:
    new = [entry for entry in entries if entry.known is None]
    if new:
        contacts.insert(db, [NewContact(e.key, e.phone, e.region, e.zone(default_zone), e.fields) for e in new], now)
        ids = {known.phone: known.id for known in contacts.find(db, [entry.phone for entry in new], [])}
        for entry in new:
            entry.id = ids[entry.phone]
    changed, moves = [], []
    for entry in entries:
        if entry.known is not None:
            zone = entry.zone(default_zone)
            if entry.fields != entry.known.fields or zone != entry.known.zone or entry.key != entry.known.key:
                changed.append((entry.id, entry.key, zone, entry.fields))
            if entry.fields != entry.known.fields or zone != entry.known.zone:
                before = Before(entry.known.zone, entry.known.fields)
                moves.append(ContactMove(entry.id, before, zone, entry.fields))
    if changed:
        contacts.update(db, changed, now)
    if moves:
        follow(db, moves, now)
