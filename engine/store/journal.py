"""The journal: what happened to a contact and is in no other table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from engine.store.interned_names import Names


class JournalEntry(NamedTuple):
    contact: int
    flow: str
    kind: str  # left | refused | missed | parked | retried | ended | noted
    run: int | None = None
    step: str | None = None
    note: str | None = None


def write(db: sqlite3.Connection, lines: Iterable[JournalEntry], now: int, names: Names) -> None:
    rows = []
    for line in lines:
        flow = names.flow_ids[line.flow]
        rows.append((line.contact, line.run, flow, names.step_id(flow, line.step), now, line.kind, line.note))
    db.executemany("INSERT INTO journal (contact, run, flow, step, at, kind, note) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
