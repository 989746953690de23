"""Tracked links: what each code leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.store.sql import Connection, first
from engine.store.states import HAS_LEFT


class LinkTarget(NamedTuple):
    """Where a link leads."""

    url: str
    sent_at: int | None  # when its message began to leave


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


def insert(db: Connection, links: Iterable[tuple[Any, ...]]) -> None:
    """(code, contact, run, step, name, url); known ones stay as they are."""
    db.many(
        "INSERT INTO link (code, contact, run, step, name, url) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", links
    )


def target(db: Connection, code: str) -> LinkTarget | None:
    """None for a code that was never given out."""
    sql = (
        "SELECT l.url, m.sent_at FROM link l LEFT JOIN message m ON m.contact = l.contact AND m.run = l.run AND m.step = l.step"
        " WHERE l.code = ?"
    )
    return first(db, LinkTarget, sql, (code,))


def last_received(db: Connection, contact: int, name: str, step: str | None) -> str | None:
    """The code of that link in the contact's last message that has left with it; with `step`, in that step's."""
    sql = (
        "SELECT l.code FROM link l JOIN message m ON m.contact = l.contact AND m.run = l.run AND m.step = l.step"
        " JOIN step s ON s.flow = m.flow AND s.number = m.step"
        f" WHERE m.contact = ? AND l.name = ? AND s.name = COALESCE(CAST(? AS TEXT), s.name) AND m.{HAS_LEFT}"
        " ORDER BY m.sent_at DESC NULLS LAST, m.id DESC"
    )
    return first(db, str, sql, (contact, name, step))


def find(db: Connection, code: str) -> Link | None:
    sql = (
        "SELECT l.contact, l.run, l.name, l.url, s.name, s.number, f.name FROM link l JOIN run r ON r.id = l.run"
        " JOIN flow f ON f.id = r.flow JOIN step s ON s.flow = r.flow AND s.number = l.step WHERE l.code = ?"
    )
    return first(db, Link, sql, (code,))


def names_of(db: Connection, contact: int) -> dict[str, str]:
    """Code -> name, of all links in messages to it."""
    return dict(db.execute("SELECT code, name FROM link WHERE contact = ? ORDER BY code", (contact,)).fetchall())
