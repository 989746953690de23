"""What may be deleted of the past, and deleting it in small pieces.

    messages    with their attempts and links: what has left or never will, of a run that has ended
    runs        with their journal and web calls: ended ones, of which no message is kept
    journal     lines about no run: who was not entered, and why
    events      the consumed ones, with the threads of the inbox that end with them

Invariants: what something else still needs stays, however old it is: a message that a kept reply answers, a run of a kept click, an event
that a kept run began with, or that one which goes on or has a message to send may ask for, a text that waits for a person, the newest row
of each table (its id is not given away twice). What the engine asks of all time is noted on the contact first, in the same transaction:
that it was texted (C3), and when it last entered each flow (`again_after`). Rows are walked in order of their ids: a look outside of any
transaction, and a short one for what it finds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from engine.store import tally, tally_people, threads
from engine.store.sql import AMONG, Connection, listed, number, numbers
from engine.store.states import (
    CLICK,
    INBOUND,
    IS_ACTIVE,
    IS_CALL_OPEN,
    IS_EXITED,
    IS_OPEN,
    IS_PENDING,
    IS_UNANSWERED,
    IS_UNKNOWN,
    MAY_LEAVE,
    OF_EITHER_AGE,
    OURS,
)

LOOK_AT = 2_000
"""Rows of one look."""
CHILDREN = 2_000
"""Rows of other tables, which belong to those that go, that one transaction deletes."""


class Before(NamedTuple):
    """What is older may go (UTC ms); 0: nothing."""

    events: int
    messages: int
    runs: int


class Piece(NamedTuple):
    """What one look at a table found. `last`: the highest id that was looked at; None: there is nothing old behind it."""

    found: Sequence[int]
    last: int | None


class Kind(NamedTuple):
    """One table's rows that may go."""

    name: str
    table: str
    at: str  # the column that says how old a row is
    old: Callable[[Before], int]
    free: Callable[[Connection, int, int, Before], list[int]]  # those with ids behind the first and up to the second
    delete: Callable[[Connection, Collection[int]], int]
    thin: Callable[[Connection, Collection[int], int], int] = lambda db, ids, limit: (
        0
    )  # at most so many of their children


def look(db: Connection, kind: Kind, after: int, before: Before) -> Piece:
    """The next rows behind the id `after` that may go."""
    at, old = kind.at, kind.old(before)
    rows = db.execute(
        f"SELECT id, {at} FROM {kind.table} WHERE id > ? ORDER BY id LIMIT {LOOK_AT}", (after,)
    ).fetchall()
    if not any(written < old for _, written in rows):
        return Piece((), None)
    last = rows[-1][0]
    newest = number(db, f"SELECT MAX(id) FROM {kind.table}") or 0
    return Piece(kind.free(db, after, min(last, newest - 1), before), last)


def delete(db: Connection, kind: Kind, ids: Sequence[int]) -> int | None:
    """Delete what a look has found, as far as it may still go; how many rows that were.

    None: they are there, and have had so many children that only those are deleted, or some of them.
    """
    return None if kind.thin(db, ids, CHILDREN) == CHILDREN else kind.delete(db, ids)


def share(db: Connection, kind: Kind, after: int) -> float:
    """How much of the table lies up to the id `after`, from 0 to 1."""
    newest = number(db, f"SELECT MAX(id) FROM {kind.table}") or 0
    return min(1.0, after / newest) if newest else 1.0


def _delete_rows(db: Connection, table: str, ids: Collection[int]) -> int:
    """By a list of ids: a SELECT of them within the DELETE is compared row by row where PostgreSQL takes the table to be empty."""
    return db.execute(f"DELETE FROM {table} WHERE id {AMONG}", (listed(ids),)).rowcount


def _lock(db: Connection, contacts: Collection[int]) -> None:
    """Who works on a contact holds its row."""
    db.lock(f"SELECT c.id FROM contact c WHERE c.id {AMONG} ORDER BY c.id", (listed(contacts),), of="c").fetchall()


_ANSWERED = (  # a reply belongs to the last message that was sent before it
    f"SELECT 1 FROM event e WHERE e.contact = m.contact AND e.kind = {INBOUND} AND e.occurred_at >= m.sent_at AND e.received_at >= ?"
    " AND NOT EXISTS (SELECT 1 FROM message s WHERE s.contact = m.contact AND s.sent_at <= e.occurred_at"
    " AND (s.sent_at > m.sent_at OR (s.sent_at = m.sent_at AND s.id > m.id)))"
)


def _free_messages(db: Connection, after: int, last: int, before: Before) -> list[int]:
    return numbers(
        db,
        "SELECT m.id FROM message m WHERE m.id > ? AND m.id <= ? AND m.queued_at < ? AND COALESCE(m.sent_at, 0) < ?"
        f" AND NOT m.{IS_OPEN} AND NOT m.{IS_UNKNOWN}"
        f" AND NOT EXISTS (SELECT 1 FROM run r WHERE r.id = m.run AND r.contact = m.contact AND r.{IS_ACTIVE})"
        f" AND NOT EXISTS ({_ANSWERED}) ORDER BY m.id",
        (after, last, before.messages, before.messages, before.events),
    )


def _thin_messages(db: Connection, ids: Collection[int], limit: int) -> int:
    found = numbers(
        db,
        "SELECT a.id FROM attempt a JOIN message m ON m.id = a.message"
        f" WHERE a.message {AMONG} AND NOT m.{IS_OPEN} AND NOT m.{IS_UNKNOWN} LIMIT ?",
        (listed(ids), limit),
    )
    return _delete_rows(db, "attempt", found)


def _delete_messages(db: Connection, ids: Collection[int]) -> int:
    these = listed(ids)
    _lock(db, numbers(db, f"SELECT DISTINCT contact FROM message WHERE id {AMONG}", (these,)))
    db.execute(
        "UPDATE contact SET was_texted = 1 WHERE was_texted = 0 AND id IN (SELECT contact FROM message"
        f" WHERE id {AMONG} AND category = 'marketing' AND sent_at IS NOT NULL AND {MAY_LEAVE})",
        (these,),
    )
    gone = db.execute(
        f"DELETE FROM message WHERE id {AMONG} AND NOT {IS_OPEN} AND NOT {IS_UNKNOWN} RETURNING id, contact, run, step, {tally.MESSAGE}",
        (these,),
    ).fetchall()
    tally.deleted_messages(db, [row[4:] for row in gone])
    db.execute(f"DELETE FROM attempt WHERE message {AMONG}", (listed(id for id, *_ in gone),))
    db.many("DELETE FROM link WHERE contact = ? AND run = ? AND step = ?", [row[1:4] for row in gone])
    return len(gone)


def _free_runs(db: Connection, after: int, last: int, before: Before) -> list[int]:
    return numbers(
        db,
        f"SELECT r.id FROM run r WHERE r.id > ? AND r.id <= ? AND r.{IS_EXITED} AND r.exited_at < ? AND r.entered_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.contact = r.contact AND m.run = r.id)"
        f" AND NOT EXISTS (SELECT 1 FROM webhook w WHERE w.contact = r.contact AND w.run = r.id AND w.{IS_CALL_OPEN})"
        f" AND NOT EXISTS (SELECT 1 FROM event e WHERE e.contact = r.contact AND e.kind = {CLICK} AND e.run = r.id"
        " AND e.received_at >= ?) ORDER BY r.id",
        (after, last, before.runs, before.runs, before.events),
    )


def _thin_runs(db: Connection, ids: Collection[int], limit: int) -> int:
    whose = listed(numbers(db, f"SELECT DISTINCT contact FROM run WHERE id {AMONG}", (listed(ids),)))
    sql = f"SELECT id FROM journal WHERE contact {AMONG} AND run {AMONG} LIMIT ?"
    return _delete_rows(db, "journal", numbers(db, sql, (whose, listed(ids), limit)))


def _delete_runs(db: Connection, ids: Collection[int]) -> int:
    these = listed(ids)
    whose = listed(numbers(db, f"SELECT DISTINCT contact FROM run WHERE id {AMONG}", (these,)))
    _lock(db, whose.values)
    tally_people.clicks_go(db, f"contact {AMONG} AND run {AMONG}", (whose, these))
    db.execute(
        f"INSERT INTO last_entry (contact, flow, at) SELECT contact, flow, MAX(entered_at) FROM run WHERE id {AMONG} AND contact > 0"
        f" AND flow NOT IN (SELECT id FROM flow WHERE name IN {OURS}) GROUP BY contact, flow ON CONFLICT (contact, flow)"
        " DO UPDATE SET at = CASE WHEN excluded.at > last_entry.at THEN excluded.at ELSE last_entry.at END",
        (these,),
    )
    for table in ("journal", "webhook"):
        db.execute(f"DELETE FROM {table} WHERE contact {AMONG} AND run {AMONG}", (whose, these))
    gone = db.execute(f"DELETE FROM run WHERE id {AMONG} AND {IS_EXITED} RETURNING {tally.RUN}", (these,)).fetchall()
    tally.deleted_runs(db, gone)
    return len(gone)


def _free_lines(db: Connection, after: int, last: int, before: Before) -> list[int]:
    sql = "SELECT id FROM journal WHERE id > ? AND id <= ? AND at < ? AND run IS NULL ORDER BY id"
    return numbers(db, sql, (after, last, before.runs))


def _delete_lines(db: Connection, ids: Collection[int]) -> int:
    return _delete_rows(db, "journal", ids)


_BEGAN = " OR ".join(
    f"EXISTS (SELECT 1 FROM run r WHERE r.contact = e.contact AND r.event = e.id AND r.{age})" for age in OF_EITHER_AGE
)
_ASKED_FOR = (
    f"EXISTS (SELECT 1 FROM run r WHERE r.contact = e.contact AND r.entered_at <= e.occurred_at AND r.{IS_ACTIVE})"
)

_ASKED_ONCE_MORE = (  # by `exit_when`, when its message leaves
    f"EXISTS (SELECT 1 FROM message m JOIN run r ON r.id = m.run WHERE m.contact = e.contact AND m.{IS_OPEN}"
    " AND r.entered_at <= e.occurred_at)"
)


_WAITS = (  # for a person
    f"EXISTS (SELECT 1 FROM thread t WHERE t.contact = e.contact AND t.last_event = e.id AND t.{IS_UNANSWERED})"
)

_STILL_NEEDED = " OR ".join((_BEGAN, _ASKED_FOR, _ASKED_ONCE_MORE, _WAITS))


def _free_events(db: Connection, after: int, last: int, before: Before) -> list[int]:
    """An occasion (the firing of a clock) has no contact, and may have begun runs of many."""
    old = f"e.id > ? AND e.id <= ? AND e.received_at < ? AND NOT e.{IS_PENDING}"
    bounds = (after, last, before.events)
    of_contacts = f"SELECT e.id FROM event e WHERE {old} AND e.contact IS NOT NULL AND NOT ({_STILL_NEEDED})"
    of_nobody = set(numbers(db, f"SELECT e.id FROM event e WHERE {old} AND e.contact IS NULL", bounds))
    if of_nobody:
        these = listed(of_nobody)
        of_nobody -= set(numbers(db, f"SELECT DISTINCT event FROM run WHERE event {AMONG}", (these,)))
        of_nobody -= set(numbers(db, f"SELECT event FROM firing WHERE event {AMONG}", (these,)))
    return sorted({*numbers(db, of_contacts, bounds), *of_nobody})


def _delete_events(db: Connection, ids: Collection[int]) -> int:
    threads.drop_of_events(db, ids)
    tally_people.clicks_go(db, f"id {AMONG} AND NOT {IS_PENDING}", (listed(ids),))
    return db.execute(f"DELETE FROM event WHERE id {AMONG} AND NOT {IS_PENDING}", (listed(ids),)).rowcount


KINDS = (
    Kind(
        "messages", "message", "queued_at", lambda old: old.messages, _free_messages, _delete_messages, _thin_messages
    ),
    Kind("runs", "run", "entered_at", lambda old: old.runs, _free_runs, _delete_runs, _thin_runs),
    Kind("journal", "journal", "at", lambda old: old.runs, _free_lines, _delete_lines),
    Kind("events", "event", "received_at", lambda old: old.events, _free_events, _delete_events),
)
"""In this order: a run goes when its messages have gone, an event when its runs have."""


def were_texted(db: Connection, contacts: Collection[int]) -> list[int]:
    """Those of these of whom a marketing message was, that is not kept any more."""
    return numbers(db, f"SELECT id FROM contact WHERE id {AMONG} AND was_texted = 1", (listed(contacts),))


def last_entries(db: Connection, flow: int, contacts: Collection[int]) -> dict[int, int]:
    """Contact -> the instant of its last entry into that flow, of the runs that are not kept any more."""
    sql = f"SELECT contact, at FROM last_entry WHERE contact {AMONG} AND flow = ?"
    return dict(db.execute(sql, (listed(contacts), flow)).fetchall())


def entered_once(db: Connection, flow: int) -> int:
    """How many contacts have entered that flow by runs that are not kept any more."""
    return number(db, "SELECT COUNT(*) FROM last_entry WHERE flow = ?", (flow,)) or 0
