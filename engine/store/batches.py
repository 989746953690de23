"""A batch of strangers: what cannot be stored fails alone (E5).

Rules kept here: in the ordinary case a batch is one transaction; only one that raises is stored in halves, down to the item at fault. That
one is logged, without what it holds.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.errors import LeadoffError
from engine.store.database import Database

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("leadoff.store")


def write_apart(
    database: Database,
    store: Callable[[sqlite3.Connection, Sequence[T]], list[R]],
    items: Sequence[T],
    failed: Callable[[T], R],
) -> list[R]:
    """A result for each item, in order: that of `store`, or `failed` where it raises for this item. Raises Unavailable."""
    if not items:
        return []
    try:
        return database.write(lambda db: store(db, items))
    except LeadoffError:
        raise
    except Exception:  # whatever one item brings about is not the others' concern
        if len(items) == 1:
            log.exception("one item of a batch cannot be stored")
            return [failed(items[0])]
    half = len(items) // 2
    first = write_apart(database, store, items[:half], failed)
    return first + write_apart(database, store, items[half:], failed)
