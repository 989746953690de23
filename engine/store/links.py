"""Tracked links: what each code leads to, and when one to a value is over.

Invariants: a link to a value (`short(event.cart_url)`) leads nowhere from 90 days after its message left, or was written where it never
did; its address is deleted then. Until its message has left it is not over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.core.effects import LinkUse
from engine.store.sql import AMONG, Connection, first, listed
from engine.store.states import HAS_LEFT, IS_OPEN

LEADS = 90 * DAY
"""How long a link to a value leads there."""
AT_ONCE = 500
_IS_OVER = (
    "(l.url = '' OR (l.ends_at IS NOT NULL AND l.ends_at <= ? AND NOT EXISTS (SELECT 1 FROM message o"
    f" WHERE o.contact = l.contact AND o.run = l.run AND o.step = l.step AND (o.{IS_OPEN} OR o.sent_at > ?))))"
)


class LinkTarget(NamedTuple):
    """Where a link leads."""

    url: str
    sent_at: int | None  # when its message began to leave
    is_over: bool


class Link(NamedTuple):
    """The link of one message, as its click is recorded."""

    contact: int
    run: int
    name: str
    url: str
    step: str
    number: int  # of the step, which it keeps when it is renamed
    flow: str


class MessageLinks(NamedTuple):
    """A message as the links in it are opened."""

    sender: str | None
    status: int
    sent_at: int | None
    reason: str | None  # of its status
    codes: dict[str, str]  # name -> code


def of_message(db: Connection, id: int) -> MessageLinks | None:
    """None where there is no such message."""
    sql = "SELECT contact, run, step, sender, status, sent_at, reason FROM message WHERE id = ?"
    found = db.execute(sql, (id,)).fetchone()
    if found is None:
        return None
    contact, run, step, *about = found
    sql = "SELECT name, code FROM link WHERE contact = ? AND run = ? AND step = ? ORDER BY name"
    sender, status, sent_at, reason = about
    return MessageLinks(sender, status, sent_at, reason, dict(db.execute(sql, (contact, run, step)).fetchall()))


def insert(db: Connection, links: Iterable[tuple[tuple[int, int, int], LinkUse]], now: int) -> None:
    """Each with the (contact, run, step) of its message, which is written now; known ones stay as they are."""
    sql = (
        "INSERT INTO link (code, contact, run, step, name, url, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING"
    )
    rows = [(link.code, *key, link.name, link.url, now + LEADS if link.ends else None) for key, link in links]
    db.many(sql, rows)


def target(db: Connection, code: str, now: int) -> LinkTarget | None:
    """None for a code that was never given out."""
    sql = (
        f"SELECT l.url, m.sent_at, {_IS_OVER} FROM link l LEFT JOIN message m ON m.contact = l.contact AND m.run = l.run"
        " AND m.step = l.step WHERE l.code = ?"
    )
    found = db.execute(sql, (now, now - LEADS, code)).fetchone()
    return None if found is None else LinkTarget(found[0], found[1], bool(found[2]))


def erase_over(db: Connection, now: int) -> bool:
    """Delete the addresses of some links that are over; whether there may be more."""
    sql = f"SELECT l.code FROM link l WHERE l.ends_at <= ? AND {_IS_OVER} LIMIT {AT_ONCE}"
    codes = [code for (code,) in db.execute(sql, (now, now, now - LEADS))]
    db.execute(f"UPDATE link SET url = '', ends_at = NULL WHERE code {AMONG}", (listed(codes),))
    return len(codes) == AT_ONCE


def last_received(db: Connection, contact: int, name: str, step: str | None) -> str | None:
    """The code of that link in the contact's last message that has left with it; with `step`, in that step's."""
    sql = (
        "SELECT l.code FROM link l JOIN message m ON m.contact = l.contact AND m.run = l.run AND m.step = l.step"
        " JOIN step s ON s.flow = m.flow AND s.number = m.step"
        f" WHERE m.contact = ? AND l.name = ? AND s.name = COALESCE(CAST(? AS TEXT), s.name) AND m.{HAS_LEFT}"
        " ORDER BY m.sent_at DESC NULLS LAST, m.id DESC"
    )
    return first(db, str, sql, (contact, name, step))


def find(db: Connection, code: str, now: int) -> Link | None:
    """None where it leads nowhere, also where it is over."""
    sql = (
        "SELECT l.contact, l.run, l.name, l.url, s.name, s.number, f.name FROM link l JOIN run r ON r.id = l.run"
        " JOIN flow f ON f.id = r.flow JOIN step s ON s.flow = r.flow AND s.number = l.step WHERE l.code = ?"
        f" AND NOT {_IS_OVER}"
    )
    return first(db, Link, sql, (code, now, now - LEADS))


def names_of(db: Connection, contact: int) -> dict[str, str]:
    """Code -> name, of all links in messages to it."""
    return dict(db.execute("SELECT code, name FROM link WHERE contact = ? ORDER BY code", (contact,)).fetchall())
