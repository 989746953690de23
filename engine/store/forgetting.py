"""`contacts forget`: deletes all personal data of one number in one transaction (C0).

Invariants: an opt-out is kept as a keyed hash. Messages and runs are kept for the statistics, without text, media, reason or the
provider's id; their contact becomes its negative: nobody's. The ids of what goes are not given out again, because a page that is open may
name them. `forget` is refused while a request for the number is in flight, because its result would write personal data afterwards. Freed
space in the file is overwritten (`secure_delete`, on every connection).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from engine.errors import Refused
from engine.store import (
    contacts,
    coupons,
    drawn,
    former_numbers,
    inbox,
    meta,
    notices,
    orders,
    person_actions,
    runs,
    source_bodies,
    tally,
    tally_people,
)
from engine.store.database import Database
from engine.store.sql import AMONG, Connection, changes, is_there, listed, number
from engine.store.states import (
    CALLING,
    CANCELLED,
    INBOUND,
    IS_ACTIVE,
    IS_EXITED,
    IS_OPEN,
    IS_UNSENT,
    NEVER_SENT,
    SENDING,
    SKIPPED,
)

REASON = "forgotten"
OF_CONTACT = (
    "event",
    "journal",
    "last_entry",
    "link",
    "given_card",
    "former_number",
    "webhook",
    "membership",
    "contact_change",
    "zone_move",
    "notice",
    "thread",
)
OF_NUMBER = ("consent", "consent_log")


class Forgotten(NamedTuple):
    known: bool
    """Whether anything was kept of the number."""
    opt_out_kept: bool
    """As a keyed hash."""
    log_cleared: bool
    """Whether the write-ahead log holds nothing any more; else a reader is in the way, and the next housekeeping clears it."""


def forget(
    database: Database, phone: str, now: int, who: str = person_actions.COMMAND_LINE, reason: str | None = None
) -> Forgotten:
    """Forget a number, with those that its contact had before, whether it is a contact's, only has a consent or only wrote to us.

    That somebody was forgotten is written down.

    Raises Refused while a request for it is under way.
    """

    def write(db: Connection) -> tuple[bool, bool]:
        found = _forget(db, phone, now)
        if found[0]:
            person_actions.add(db, now, who, "forget", person_actions.EVERYTHING, reason)
        return found

    known, kept = database.write(write)
    return Forgotten(known, kept, database.erase())


def _forget(db: Connection, phone: str, now: int) -> tuple[bool, bool]:
    """Whether anything was kept of it, and whether the opt-out is, as a hash."""
    db.world(exclusive=True)
    for table in ("contact", "notice"):
        meta.skip_ids(db, table)
    who = next(iter(contacts.lock_named(db, [phone], [])), None)
    newest = number(db, "SELECT MAX(id) FROM event")
    before = [] if who is None else former_numbers.of_nobody_now(db, who.id)
    in_bodies = source_bodies.forget_bodies(db, source_bodies.of_person(db, who, phone, before))
    if who is not None:
        _refuse_under_way(db, who.id, who.key)
        tally_people.clicks_go(db, "contact = ?", (who.id,))
        _empty(db, who.id, now)
        coupons.forget(db, who.id)
        orders.forget(db, who.id)
        drawn.forget(db, who.id)
        source_bodies.forget_contact(db, who.id)
        for table in OF_CONTACT:
            db.execute(f"DELETE FROM {table} WHERE contact = ?", (who.id,))
        db.execute("DELETE FROM contact WHERE id = ?", (who.id,))
    kept = [_forget_number(db, each) for each in (phone, *before)]
    inbox.keep_newest_id(db, newest, now)
    return who is not None or in_bodies or any(found for found, _ in kept), any(opted_out for _, opted_out in kept)


def _forget_number(db: Connection, phone: str) -> tuple[bool, bool]:
    """What is kept of a number besides its contact; as `_forget`."""
    # it was another contact's key
    found = changes(db, "DELETE FROM notice WHERE subject = ?", (f"{notices.KEY}:{phone}",))
    found = _texts_before(db, phone) or found
    stands = db.execute("SELECT status, source, at FROM consent WHERE phone = ?", (phone,)).fetchone()
    for table in OF_NUMBER:
        found = changes(db, f"DELETE FROM {table} WHERE phone = ?", (phone,)) or found
    if stands is None or stands[0] != "unsubscribed":
        return found, False
    contacts.keep_hash(db, phone, stands[1], stands[2])
    return True, True


def _texts_before(db: Connection, phone: str) -> bool:
    """Texts of the number from before it was a contact's, and the notices about them; whether there were any."""
    proofs = db.execute(
        "SELECT proof FROM consent_log WHERE phone = ? AND SUBSTR(source, 1, 5) = 'text ' AND proof IS NOT NULL",
        (phone,),
    )
    stopped = listed(f"in:{proof.partition(': ')[0]}" for (proof,) in proofs)
    theirs = f"contact IS NULL AND kind = {INBOUND} AND (data ->> 'from' = ? OR outside_id {AMONG})"
    about = f"SELECT 'text:' || COALESCE(data ->> 'id', SUBSTR(outside_id, 4)) FROM event WHERE {theirs}"
    db.execute(f"DELETE FROM notice WHERE subject IN ({about})", (phone, stopped))
    return changes(db, f"DELETE FROM event WHERE {theirs}", (phone, stopped))


def _refuse_under_way(db: Connection, contact: int, key: str) -> None:
    sending = f"SELECT 1 FROM message WHERE contact = ? AND {IS_OPEN} AND status = ?"
    if is_there(db, sending, (contact, SENDING)):
        help = "try again in a moment; if no daemon runs, start one: it resolves what the last one left"
        raise Refused(f"a message to {key} is being sent right now", help)
    if is_there(db, "SELECT 1 FROM webhook WHERE contact = ? AND status = ?", (contact, CALLING)):
        raise Refused(f"a web call about {key} is being made right now", "try again in a moment")


def _empty(db: Connection, contact: int, now: int) -> None:
    """Messages and runs keep what counts, and end."""
    active = [id for (id,) in db.execute(f"SELECT id FROM run WHERE contact = ? AND {IS_ACTIVE}", (contact,))]
    runs.end(db, active, REASON, now)
    sql = "UPDATE attempt SET detail = NULL WHERE message IN (SELECT id FROM message WHERE contact = ?)"
    db.execute(sql, (contact,))
    before = tally.messages(db, "contact = ?", (contact,))
    db.execute(f"UPDATE message SET settled_at = ?, {NEVER_SENT} WHERE contact = ? AND {IS_UNSENT}", (now, contact))
    emptied = db.execute(
        f"UPDATE message SET text = '', media = NULL, provider_id = NULL,"
        f" reason = CASE WHEN {IS_UNSENT} THEN ? WHEN status = {SKIPPED} THEN reason END,"
        f" status = CASE WHEN {IS_UNSENT} THEN {CANCELLED} ELSE status END, contact = -contact WHERE contact = ?"
        f" RETURNING {tally.MESSAGE}",
        (REASON, contact),
    )
    tally.became(db, now, before, Counter(emptied))
    db.execute(
        f"UPDATE run SET contact = -contact, event = NULL WHERE contact = ? AND ({IS_ACTIVE} OR {IS_EXITED})",
        (contact,),
    )
