"""Everything that is kept of one person, as one object: for somebody who asks what that is.

Invariants: nothing is left out that `contacts forget` would take away.
"""

from __future__ import annotations

from typing import Any

import orjson

from engine.clock import instant
from engine.deploy.summary import Summary
from engine.store import contacts, coupons, former_numbers, orders
from engine.store.database import Database
from engine.store.queries import history, listings, source_messages
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Connection, Row
from engine.views import public_rows

JSON = ("data", "request", "answer")


def of_phone(database: Database, phone: str, summary: Summary | None, now: int) -> dict[str, Any]:
    """By table of the documented listings; "contact" is null for a number that is no contact. All of the same instant."""
    with database.reading() as db:
        who = contacts.of_phone(db, phone)
        found: dict[str, Any] = {"contact": None, "consent_log": public_rows.consent_log(db, phone)}
        found["texts_before"] = _told(history.texts_before(db, phone))
        before = former_numbers.of_nobody_now(db, who.id) if who else []
        found["webhooks"] = _told(source_messages.of_person(db, who, phone, before))
        if who is not None:
            (row,) = listings.contacts(db, contact=who.id)
            had = _told(former_numbers.of_contact(db, who.id))
            logs = {each: public_rows.consent_log(db, each) for each in before}
            found["former_numbers"] = [row | {"consent_log": logs.get(row["phone"], [])} for row in had]
            found |= {"contact": public_rows.contact(row, now)} | _of_contact(db, who.id, summary)
    return found


def _of_contact(db: Connection, contact: int, summary: Summary | None) -> dict[str, Any]:
    theirs = ListingFilter(contact=contact, answers=True)
    return {
        "events": _told(history.events(db, contact)),
        "runs": public_rows.runs(db, theirs, summary),
        "messages": public_rows.messages(db, theirs, summary),
        "attempts": _told(history.attempts(db, contact)),
        "journal": _told(history.journal(db, contact)),
        "coupons": _told(coupons.of_contact(db, contact)),
        "orders": _told(orders.of_contact(db, contact)),
        "links": history.links(db, contact),
        "web_calls": _told(history.web_calls(db, contact)),
        "notices": _told(history.notices(db, contact)),
        "threads": _told(history.threads(db, contact)),
        "segments": history.segments(db, contact),
    }


def _told(found: list[Row]) -> list[Row]:
    """Instants as ISO 8601, and JSON as what it says."""
    for row in found:
        for name, value in row.items():
            if name == "at" or name.endswith("_at"):
                row[name] = instant(value)
            elif name in JSON and isinstance(value, str):
                row[name] = orjson.loads(value)
    return found
