"""`contacts renumber`: another number for a contact, who stays the same: key, fields, runs, history.

Invariants: one transaction that holds the contact, so each of its messages is claimed before, or cancelled. Consent belongs to the number
(C0): that of the old one stays with it, and what goes on does so by what is stored of the new one. A key that is only the old number
becomes the new one (C0a). Where the person may be, and so when they are texted, follows as for any changed value (T1).
"""

from __future__ import annotations

from engine.contacts.waits import ContactMove, follow
from engine.core.due_origins import Before
from engine.errors import Conflict, NotFound, Refused
from engine.messaging import zones
from engine.messaging.numbers import Number, masked
from engine.store import (
    cancelling,
    contacts,
    former_numbers,
    held_messages,
    inbox,
    interned_names,
    journal,
    person_actions,
)
from engine.store.contacts import StoredContact
from engine.store.database import Database
from engine.store.former_numbers import CHANGED
from engine.store.journal import RENUMBERED, JournalEntry
from engine.store.sql import Connection
from engine.store.states import PEOPLE


def renumber(
    database: Database, name: str, to: Number, default_zone: str, now: int, by: str = person_actions.COMMAND_LINE
) -> StoredContact | None:
    """The contact as it is now, by its key or number of before; None where it has that number already.

    Raises NotFound, Conflict for a number that another contact has, and Refused while a text of the old number is not handled: what it
    says is to be answered there.
    """

    def write(db: Connection) -> StoredContact | None:
        db.world()
        who = _held(db, name, to.e164)
        if who.phone == to.e164:
            return None
        if inbox.has_pending_text(db, who.id):
            help = "try again in a moment; if no daemon runs, start one: it handles what came in"
            raise Refused(f"a text or an opt-out of {who.key} is not handled yet", help)
        return _change(db, who, to, default_zone, now, by)

    return database.write(write)


def _held(db: Connection, name: str, to: str) -> StoredContact:
    """The contact of that name, held until the commit, where no other has the number."""
    is_number = name.startswith("+")
    found = contacts.lock_named(db, [to, name] if is_number else [to], [] if is_number else [name])
    who = next((each for each in found if name == (each.phone if is_number else each.key)), None)
    if who is None:
        raise NotFound(f"there is no contact {name}")
    if any(each.id != who.id for each in found):
        help = (
            "`leadoff contacts forget` it, if it is the same person: an opt-out stays; or give it another number first"
        )
        raise Conflict("this number belongs to another contact", help)
    return who


def _change(db: Connection, who: StoredContact, to: Number, default_zone: str, now: int, by: str) -> StoredContact:
    contacts.recall(db, [to.e164], now)
    former_numbers.add(db, who.id, who.phone, now)
    cancelling.cancel_of_number(db, who.id, CHANGED, now)
    zone = zones.zone_of(to.e164, to.region, who.fields.get("timezone"), default_zone)
    changed = who._replace(key=to.e164 if who.key == who.phone else who.key, phone=to.e164, region=to.region, zone=zone)
    contacts.set_phone(db, changed, now)
    follow(db, [ContactMove(who.id, Before(who.zone, who.fields), zone, who.fields)], now)
    held_messages.decide_again(db, now, contacts=[who.id])  # another country, or consent, also in the same zone
    note = f"from {masked(who.phone)} to {masked(to.e164)} ({by})"
    journal.write(db, [JournalEntry(who.id, PEOPLE, RENUMBERED, note=note)], now, interned_names.load(db))
    return changed
