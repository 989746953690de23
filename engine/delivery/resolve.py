"""A person decides what became of an `unknown` message (M3)."""

from __future__ import annotations

from engine.errors import Refused
from engine.store import inbox, journal, notices, own_events, reports, unknown_messages
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.sql import Connection
from engine.store.states import ACCEPTED, FAILED, MESSAGE_STATES, STATUS

BY_HAND = {"accepted": (ACCEPTED, "resolved by hand: accepted"), "lost": (FAILED, "resolved by hand: lost")}


def resolve(database: Database, id: int, answer: str, now: int, who: str | None = None, why: str | None = None) -> None:
    """A person says what became of it: `accepted` or `lost`. Raises Refused for one that is not unknown.

    `who`: the token's name; it and the person's reason go into the journal.
    """
    state, reason = BY_HAND[answer]

    def write(db: Connection) -> None:
        message = unknown_messages.one(db, id)
        if message is None:
            raise Refused(f"message {id} is not unknown", "`leadoff messages --status unknown` lists the unknown ones")
        if reports.apply_status(db, message.key, state, None, reason, now):
            own_events.tell_message(db, own_events.asked(db), message.key, now)
        data = {"key": message.key, "status": MESSAGE_STATES[state], "provider_id": None, "reason": reason}
        inbox.add(db, [NewEvent(message.contact, STATUS, "@status", now, data, message.run)], now)
        notices.finish_about(db, f"unknown:{id}", now)
        if who is not None:
            journal.by_person(db, message.key, now, f"settled as {answer}", who, why)

    database.write(write)
