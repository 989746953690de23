"""Everything that is kept of one person, as one object: for somebody who asks what that is.

Rules kept here: nothing is left out that `contacts forget` would take away.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from engine.clock import instant
from engine.deploy.summary import Summary
from engine.store import contacts
from engine.store.database import Database
from engine.store.queries import history, listings
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Row, rows
from engine.store.states import INBOUND
from engine.views import public_rows

JSON = ("data", "request", "answer")


def of_phone(database: Database, phone: str, summary: Summary | None) -> dict[str, Any]:
    """By table of the documented listings; "contact" is null for a number that is no contact. All of the same instant."""
    with database.reading() as db:
        who = contacts.of_phone(db, phone)
        found: dict[str, Any] = {"contact": None, "consent_log": public_rows.consent_log(db, phone)}
        before = "SELECT name, occurred_at at, data FROM event WHERE contact IS NULL AND kind = ? AND json_extract(data, '$.from') = ?"
        found["texts_before"] = _told(rows(db, before, (INBOUND, phone)))
        if who is not None:
            (row,) = listings.contacts(db, contact=who.id)
            found |= {"contact": public_rows.contact(row)} | _of_contact(db, who.id, summary)
    return found


def _of_contact(db: sqlite3.Connection, contact: int, summary: Summary | None) -> dict[str, Any]:
    theirs = ListingFilter(contact=contact, answers=True)
    place = "JOIN flow f ON f.id = {0}.flow LEFT JOIN step s ON s.flow = {0}.flow AND s.number = {0}.step"
    links = "SELECT l.code, l.name, l.url, l.run FROM link l WHERE l.contact = ? ORDER BY l.run"
    calls = (
        "SELECT f.name flow, s.name step, w.queued_at, w.attempts, w.request, w.answer FROM webhook w"
        f" {place.format('w')} WHERE w.contact = ? ORDER BY w.id"
    )
    return {
        "events": _told(history.events(db, contact)),
        "runs": public_rows.runs(db, theirs, summary),
        "messages": public_rows.messages(db, theirs, summary),
        "attempts": _told(history.attempts(db, contact)),
        "journal": _told(history.journal(db, contact)),
        "links": rows(db, links, (contact,)),
        "web_calls": _told(rows(db, calls, (contact,))),
        "notices": _told(rows(db, "SELECT kind, at, note, done_at FROM notice WHERE contact = ?", (contact,))),
        "segments": [name for (name,) in db.execute("SELECT segment FROM membership WHERE contact = ?", (contact,))],
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
