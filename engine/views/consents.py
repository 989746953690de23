"""The consent of a contact as people and scripts see it. Rows are those of `listings.contacts`."""

from __future__ import annotations

from engine.clock import instant
from engine.core.facts import ENDED, consent_at
from engine.store.sql import Row


def standing(row: Row, now: int) -> str | None:
    """subscribed | unsubscribed | None, which it is also from the instant at which it ends."""
    found = consent_at(row["consent"], row["consent_expires"], now)
    return None if found == ENDED else found


def words(row: Row, now: int, never: str = "never asked") -> str:
    """What is known: subscribed, until when; that it has ended, and when; `never` where there was none."""
    ends = row["consent_expires"]
    if row["consent"] != "subscribed" or ends is None:
        return row["consent"] or never
    return f"subscribed until {instant(ends)}" if now < ends else f"ended at {instant(ends)}"
