"""Who wrote to us and waits for a person: one row a contact, the inbox of the dashboard.

Invariants: written in the transaction that consumes the text. What is done is done up to the newest text that whoever did it has seen: one
that comes meanwhile still waits. An answer is written once for each form, and only where nobody else has answered since that was shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.store import contacts
from engine.store.sql import AMONG, Connection, Row, first, listed, number, numbers, rows
from engine.store.states import INBOUND, IS_UNANSWERED

AWAKE_MS = DAY
"""For so long after a text of a person, an answer to it goes out in quiet hours, too."""
ROWS = 50
MOST_COUNTED = 10_000


class NewText(NamedTuple):
    """A text that waits for a person."""

    contact: int
    event: int
    at: int
    may_be_stop: bool


class Thread(NamedTuple):
    contact: int
    last_event: int
    last_at: int
    done_up_to: int
    may_be_stop: bool
    answer: str | None  # the form that wrote the last answer

    @property
    def waits(self) -> bool:
        return self.last_event > self.done_up_to


def note(db: Connection, texts: Iterable[NewText]) -> None:
    """At most one a contact."""
    db.many(
        "INSERT INTO thread (contact, last_event, last_at, may_be_stop) VALUES (?, ?, ?, ?) ON CONFLICT (contact) DO UPDATE"
        " SET last_event = excluded.last_event, last_at = excluded.last_at, may_be_stop ="
        " CASE WHEN excluded.may_be_stop = 1 THEN 1 ELSE thread.may_be_stop END WHERE excluded.last_event > thread.last_event",
        [(text.contact, text.event, text.at, int(text.may_be_stop)) for text in texts],
    )


def one(db: Connection, contact: int) -> Thread | None:
    sql = "SELECT contact, last_event, last_at, done_up_to, may_be_stop = 1, answer FROM thread WHERE contact = ?"
    return first(db, _thread, sql, (contact,))


def _thread(contact: int, event: int, at: int, done: int, may_be_stop: object, answer: str | None) -> Thread:
    return Thread(contact, event, at, done, bool(may_be_stop), answer)


def lock(db: Connection, contact: int) -> Thread | None:
    """As it is once nobody else works with its contact; nobody else does until the commit."""
    return one(db, contact) if contacts.lock(db, [contact]) else None


def set_done(db: Connection, contact: int, up_to: int) -> None:
    """Up to that event. Where nothing waits behind it, nothing of it may be an opt-out any more."""
    db.execute(
        "UPDATE thread SET done_up_to = ?, may_be_stop = CASE WHEN last_event > ? THEN may_be_stop ELSE 0 END"
        " WHERE contact = ? AND done_up_to < ?",
        (up_to, up_to, contact, up_to),
    )


def set_answer(db: Connection, contact: int, form: str) -> None:
    db.execute("UPDATE thread SET answer = ? WHERE contact = ?", (form, contact))


def waiting(db: Connection) -> int:
    """How many wait; counted up to MOST_COUNTED."""
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM thread WHERE {IS_UNANSWERED} LIMIT {MOST_COUNTED}) w"
    return number(db, sql) or 0


def wrote_since(db: Connection, contacts: Collection[int], since: int) -> set[int]:
    """Those of these whose last text came later than that."""
    sql = f"SELECT contact FROM thread WHERE contact {AMONG} AND last_at > ?"
    return set(numbers(db, sql, (listed(contacts), since)))


class Place(NamedTuple):
    """Where a list ended: what is further down comes behind it."""

    may_be_stop: int
    last_event: int


def listing(db: Connection, done: bool, behind: Place | None = None) -> list[Row]:
    """Those that wait, what may be an opt-out first; with `done` the others. The newest first, at most ROWS + 1.

    `contact, key, first_name, last_name, consent, may_be_stop, last_event, last_at, text`; text is None where it is not kept any more.
    """
    which = f"NOT ({IS_UNANSWERED})" if done else IS_UNANSWERED
    order = ["t.last_event"] if done else ["t.may_be_stop", "t.last_event"]
    after, values = "", tuple(behind or ())[-len(order) :]
    if behind is not None:
        after = f" AND ({', '.join(order)}) < ({', '.join('?' * len(order))})"
    return rows(
        db,
        "SELECT t.contact, c.key, c.fields ->> 'first_name' first_name, c.fields ->> 'last_name' last_name, k.status consent,"
        " t.may_be_stop, t.last_event, t.last_at, e.data ->> 'text' text FROM thread t JOIN contact c ON c.id = t.contact"
        " LEFT JOIN consent k ON k.phone = c.phone LEFT JOIN event e ON e.id = t.last_event"
        f" WHERE {which}{after} ORDER BY {', '.join(f'{each} DESC' for each in order)} LIMIT {ROWS + 1}",
        values,
    )


def last_text(db: Connection, thread: Thread) -> tuple[str, str]:
    """(the text that came last, which of our numbers it was sent to); empty where it is not kept any more."""
    found = db.execute(
        "SELECT COALESCE(data ->> 'text', ''), COALESCE(data ->> 'to', '') FROM event WHERE id = ?",
        (thread.last_event,),
    ).fetchone()
    return (str(found[0]), str(found[1])) if found else ("", "")


def doubtful_text(db: Connection, contact: int) -> str:
    """What the contact wrote last that may be an opt-out; empty where it is not kept any more."""
    found = db.execute(
        "SELECT COALESCE(data ->> 'text', '') FROM event WHERE contact = ?"
        f" AND kind = {INBOUND} AND data ->> 'review' IS NOT NULL ORDER BY id DESC LIMIT 1",
        (contact,),
    ).fetchone()
    return str(found[0]) if found else ""


def said_since(db: Connection, contacts: Iterable[int], since: int) -> list[tuple[int, int, str]]:
    """(contact, event, text) of what these wrote later than that."""
    sql = (
        "SELECT contact, id, COALESCE(data ->> 'text', '') FROM event"
        f" WHERE contact {AMONG} AND kind = {INBOUND} AND occurred_at > ? ORDER BY id"
    )
    return [(contact, id, text) for contact, id, text in db.execute(sql, (listed(contacts), since))]


def drop_of_events(db: Connection, events: Collection[int]) -> None:
    """Housekeeping: their text is not kept any more."""
    db.execute(f"DELETE FROM thread WHERE last_event {AMONG} AND NOT ({IS_UNANSWERED})", (listed(events),))
