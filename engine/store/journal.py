"""The journal: what happened to a contact and is in no other table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.store import notices
from engine.store.interned_names import Names
from engine.store.sql import Connection, number

MISSED = "missed"
RENUMBERED = "renumbered"


class JournalEntry(NamedTuple):
    contact: int
    flow: str
    kind: str  # left | refused | missed | parked | retried | ended | noted | renumbered
    run: int | None = None
    step: str | None = None
    note: str | None = None


def write(db: Connection, lines: Iterable[JournalEntry], now: int, names: Names) -> None:
    rows = []
    for line in lines:
        flow = names.flow_ids[line.flow]
        rows.append((line.contact, line.run, flow, names.step_id(flow, line.step), now, line.kind, line.note))
    db.many("INSERT INTO journal (contact, run, flow, step, at, kind, note) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def write_missed(
    db: Connection, flow: str, contacts: Collection[int], at: int, why: str, fell: str, names: Names
) -> None:
    """Entries that were due while the daemon was off and are too late to make good (T4), with one notice for all of them.

    `at`: when that was noticed, the same instant for all of an outage; `fell`: when they were due.
    """
    if not contacts:
        return
    write(db, [JournalEntry(contact, flow, MISSED, note=why) for contact in contacts], at, names)
    count = count_missed(db, names.flow_ids[flow], at, at + 1)
    who = "1 contact" if count == 1 else f"{count:,} contacts"
    note = f"{flow}: {who} missed a scheduled start ({fell}), and it was too late to catch up (catch_up)"
    notices.keep(db, MISSED, f"{MISSED}:{flow}:{at}", at, note)


def count_missed(db: Connection, flow: int, since: int, until: int) -> int:
    """Of a flow, those noticed from `since` up to `until`, without that instant."""
    sql = f"SELECT COUNT(*) FROM journal WHERE kind = '{MISSED}' AND flow = ? AND at >= ? AND at < ?"
    return number(db, sql, (flow, since, until)) or 0


def by_person(db: Connection, message: tuple[int, int, int], now: int, what: str, who: str, why: str | None) -> None:
    """What a person did about the message (contact, run, step), with the token's name and the reason."""
    note = f"{what} by {who}" + (f": {why}" if why else "")
    db.execute(
        "INSERT INTO journal (contact, run, flow, step, at, kind, note) SELECT contact, run, flow, step, ?, 'noted', ?"
        " FROM message WHERE contact = ? AND run = ? AND step = ?",
        (now, note, *message),
    )
