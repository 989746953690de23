"""Webhooks as `sources list` shows them: what became of each; numbers are masked."""

from __future__ import annotations

from engine.clock import instant
from engine.messaging.numbers import mask_numbers
from engine.store.queries import source_messages
from engine.store.sql import Connection, Row


def rows(db: Connection, name: str | None, nothing: bool, limit: int | None, body: int | None = None) -> list[Row]:
    """As `source_messages.listing`."""
    found = source_messages.listing(db, name, nothing, limit, body)
    for row in found:
        row["received_at"] = instant(row["received_at"])
        row["topic"], row["reason"] = (mask_numbers(row[each] or "") for each in ("topic", "reason"))
    return found
