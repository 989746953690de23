"""What became of every message and run, for the demo's summary and its comparison with the provider's ledger."""

from __future__ import annotations

from typing import NamedTuple

from engine.store.sql import Connection, each, is_there
from engine.store.states import HAS_LEFT, IS_WAITING, MESSAGE_STATES, NO_MMS, OURS, RUN_STATES


class MessageRow(NamedTuple):
    tag: str  # contact-run-step, as the provider knows it
    contact: int
    flow: str
    step: str
    status: str
    reason: str | None
    text: str
    media: str | None
    parts: int
    price: int
    queued_at: int
    sent_at: int | None
    attempts: int
    provider_id: str | None  # the provider took it (and charges it)
    lost: int  # attempts whose answer never came
    no_mms: int = 0  # not 0: written as its `otherwise` because the phone cannot receive MMS


class RunRow(NamedTuple):
    contact: int
    flow: str
    status: str
    step: str | None
    reason: str | None


class RestRow(NamedTuple):
    run: int
    phone: str
    flow: str
    step: str
    due_at: int


class ContactRow(NamedTuple):
    id: int
    phone: str
    region: str
    zone: str
    name: str
    consent: str | None


def messages(db: Connection) -> list[MessageRow]:
    rows = db.execute(
        "SELECT m.contact, m.run, m.step, f.name, s.name, m.status, m.reason, m.text, m.media, m.parts, m.price, m.queued_at, m.sent_at,"
        " m.attempts, m.provider_id, (SELECT COUNT(*) FROM attempt a WHERE a.message = m.id AND a.outcome = 'unknown'),"
        f" m.skips & {NO_MMS}"
        " FROM message m JOIN flow f ON f.id = m.flow JOIN step s ON s.flow = m.flow AND s.number = m.step ORDER BY m.id"
    )
    return [
        MessageRow(f"{contact}-{run}-{number}", contact, flow, step, MESSAGE_STATES[status], *rest)
        for contact, run, number, flow, step, status, *rest in rows
    ]


class AcceptedRow(NamedTuple):
    provider_id: str
    tag: str  # contact-run-step
    sender: str


def accepted(db: Connection, contact: int, flow: str, step: str) -> AcceptedRow | None:
    """The last message of that step that a provider has taken."""
    row = db.execute(
        "SELECT m.provider_id, m.run, m.step, m.sender FROM message m JOIN flow f ON f.id = m.flow"
        " JOIN step s ON s.flow = m.flow AND s.number = m.step WHERE m.contact = ? AND f.name = ? AND s.name = ?"
        " AND m.provider_id IS NOT NULL ORDER BY m.id DESC LIMIT 1",
        (contact, flow, step),
    ).fetchone()
    return None if row is None else AcceptedRow(row[0], f"{contact}-{row[1]}-{row[2]}", row[3])


def last_sender(db: Connection, contact: int) -> str | None:
    """The sender of the last message that left, or began to."""
    sql = "SELECT sender FROM message WHERE contact = ? AND sent_at IS NOT NULL AND sender IS NOT NULL ORDER BY sent_at DESC LIMIT 1"
    found = db.execute(sql, (contact,)).fetchone()
    return None if found is None else str(found[0])


def has_received(db: Connection, contact: int, step: str) -> bool:
    """Whether a message of a step of that name has left for the contact."""
    sql = (
        "SELECT 1 FROM message m JOIN step s ON s.flow = m.flow AND s.number = m.step"
        f" WHERE m.contact = ? AND s.name = ? AND m.{HAS_LEFT} LIMIT 1"
    )
    return is_there(db, sql, (contact, step))


def runs(db: Connection) -> list[RunRow]:
    """Those of flows; an answer of ours is a message alone."""
    rows = db.execute(
        "SELECT r.contact, f.name, r.status, s.name, r.reason FROM run r JOIN flow f ON f.id = r.flow"
        f" LEFT JOIN step s ON s.flow = r.flow AND s.number = r.step WHERE f.name NOT IN {OURS} ORDER BY r.id"
    )
    return [RunRow(contact, flow, RUN_STATES[status], step, reason) for contact, flow, status, step, reason in rows]


def resting(db: Connection) -> list[RestRow]:
    """Every run that waits at a step."""
    sql = (
        "SELECT r.id, c.phone, f.name, s.name, r.due_at FROM run r JOIN contact c ON c.id = r.contact JOIN flow f ON f.id = r.flow"
        f" JOIN step s ON s.flow = r.flow AND s.number = r.step WHERE r.{IS_WAITING} AND r.due_at IS NOT NULL ORDER BY r.id"
    )
    return each(db, RestRow, sql)


def contacts(db: Connection) -> list[ContactRow]:
    sql = (
        "SELECT c.id, c.phone, c.region, c.zone, COALESCE(c.fields ->> 'first_name', ''), k.status"
        " FROM contact c LEFT JOIN consent k ON k.phone = c.phone ORDER BY c.id"
    )
    return each(db, ContactRow, sql)


def holds(db: Connection) -> dict[tuple[int, str, str], str]:
    """(contact, flow, step) -> what held its message at the step, of those that were held."""
    rows = db.execute(
        "SELECT j.contact, f.name, s.name, j.note FROM journal j JOIN flow f ON f.id = j.flow"
        " JOIN step s ON s.flow = j.flow AND s.number = j.step WHERE j.kind = 'noted'"
        " AND SUBSTR(j.note, 1, 11) = 'held until ' ORDER BY j.id"
    )
    return {(contact, flow, step): note.partition(": ")[2] for contact, flow, step, note in rows}


def refusals(db: Connection) -> list[tuple[int, str, str]]:
    """(contact, flow, why) of everybody who was not entered."""
    rows = db.execute(
        "SELECT j.contact, f.name, j.note FROM journal j JOIN flow f ON f.id = j.flow WHERE j.kind = 'refused' ORDER BY j.id"
    )
    return rows.fetchall()
