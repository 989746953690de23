"""Consent that a person records by hand. It is given by number (C0) and, unlike an import, may lift an opt-out.

Rules kept here: an opt-out is committed together with the fact that makes the tick cancel what waits and end marketing runs (C2).
"""

from __future__ import annotations

import sqlite3

from engine.store import contacts, inbox
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.tables import INBOUND


def subscribe(database: Database, phone: str, source: str, now: int) -> bool:
    """Whether that changed something."""
    change = ConsentChange(phone, "subscribed", source, now, lifts=True)
    return bool(database.write(lambda db: contacts.set_consents(db, [change], now)))


def unsubscribe(database: Database, phone: str, source: str, now: int) -> bool:
    """Whether that changed something."""

    def write(db: sqlite3.Connection) -> int:
        changed = contacts.set_consents(db, [ConsentChange(phone, "unsubscribed", source, now)], now)
        who = contacts.one(db, phone)
        if who is not None:
            data = {"verdict": "stop", "text": "", "source": source}
            inbox.add(db, [NewEvent(who.id, INBOUND, "@inbound", now, data)], now)
        return changed

    return bool(database.write(write))
