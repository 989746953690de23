"""One contact's past, table by table, oldest first. Rows are plain dicts, their instants UTC milliseconds."""

from __future__ import annotations

import orjson

from engine.store.sql import Connection, Row, rows
from engine.store.states import EVENT_KINDS, FAR, INBOUND, IS_ACTIVE, IS_EXITED, IS_UNANSWERED, IS_UNSENT


def consents(db: Connection, phone: str) -> list[Row]:
    return rows(
        db,
        "SELECT at, status, source, proof, expires_at expires FROM consent_log WHERE phone = ? ORDER BY id",
        (phone,),
    )


def events(db: Connection, contact: int) -> list[Row]:
    """Everything that came in: events, starts, clicks, texts, and what providers said of messages."""
    found = rows(
        db,
        "SELECT id, kind, name, occurred_at at, data, run, pending FROM event WHERE contact = ? ORDER BY occurred_at, id",
        (contact,),
    )
    return [
        row | {"kind": EVENT_KINDS[row["kind"]], "data": orjson.loads(row["data"]) if row["data"] else {}}
        for row in found
    ]


def journal(db: Connection, contact: int) -> list[Row]:
    sql = (
        "SELECT j.at, j.kind, j.run, f.name flow, s.name step, j.note FROM journal j JOIN flow f ON f.id = j.flow"
        " LEFT JOIN step s ON s.flow = j.flow AND s.number = j.step WHERE j.contact = ? ORDER BY j.id"
    )
    return rows(db, sql, (contact,))


def attempts(db: Connection, contact: int) -> list[Row]:
    """Every request that was made for the contact's messages. Of one that was accepted the message itself tells."""
    sql = (
        "SELECT a.message, a.started_at at, a.outcome, a.code, a.detail FROM message m JOIN attempt a ON a.message = m.id"
        " WHERE m.contact = ? UNION ALL SELECT m.id, m.sent_at, 'accepted', NULL, NULL FROM message m WHERE m.contact = ?"
        " AND m.provider_id IS NOT NULL AND m.sent_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.message = m.id AND a.started_at >= m.sent_at) ORDER BY message, at"
    )
    return rows(db, sql, (contact, contact))


def entries(db: Connection, contact: int) -> list[Row]:
    """The contact's runs with what started them and the deployment they entered.

    `cause`: the event's id. `occasion`: what the clock or a segment said, where it was no event of the contact's.
    """
    sql = (
        "SELECT r.id, r.entered_at, r.event cause, e.name event, CASE WHEN e.contact IS NULL THEN e.data END occasion, d.id deployment,"
        ' d."commit" "commit", d.dirty FROM run r'
        " LEFT JOIN event e ON e.id = r.event LEFT JOIN deployment d ON d.id ="
        " (SELECT MAX(n.id) FROM deployment n WHERE n.at <= r.entered_at)"
        f" WHERE r.contact = ? AND (r.{IS_ACTIVE} OR r.{IS_EXITED}) ORDER BY r.id"
    )
    return rows(db, sql, (contact,))


def dues(db: Connection, contact: int) -> dict[int, int]:
    """Message -> when it may go, of those that have not gone."""
    sql = f"SELECT id, due_at FROM message WHERE contact = ? AND {IS_UNSENT} AND due_at < {FAR}"
    return dict(db.execute(sql, (contact,)).fetchall())


def texts_before(db: Connection, phone: str) -> list[Row]:
    """What a number wrote before it was a contact's."""
    sql = "SELECT name, occurred_at at, data FROM event WHERE contact IS NULL AND kind = ? AND data ->> 'from' = ?"
    return rows(db, sql, (INBOUND, phone))


def links(db: Connection, contact: int) -> list[Row]:
    return rows(db, "SELECT code, name, url, run FROM link WHERE contact = ? ORDER BY run, step, name", (contact,))


def web_calls(db: Connection, contact: int) -> list[Row]:
    sql = (
        "SELECT f.name flow, s.name step, w.queued_at, w.attempts, w.request, w.answer FROM webhook w JOIN flow f ON f.id = w.flow"
        " LEFT JOIN step s ON s.flow = w.flow AND s.number = w.step WHERE w.contact = ? ORDER BY w.id"
    )
    return rows(db, sql, (contact,))


def notices(db: Connection, contact: int) -> list[Row]:
    return rows(db, "SELECT kind, at, note, done_at FROM notice WHERE contact = ?", (contact,))


def threads(db: Connection, contact: int) -> list[Row]:
    """Its place in the inbox of the dashboard: none or one."""
    sql = f"SELECT last_at, {IS_UNANSWERED} waits, may_be_stop FROM thread WHERE contact = ?"
    return [each | {name: bool(each[name]) for name in ("waits", "may_be_stop")} for each in rows(db, sql, (contact,))]


def segments(db: Connection, contact: int) -> list[str]:
    """The watched ones that it is known to be in."""
    sql = (
        "SELECT s.name FROM membership m JOIN segment s ON COALESCE(s.members, s.name) = m.segment WHERE m.contact = ?"
        " ORDER BY s.name"
    )
    return [name for (name,) in db.execute(sql, (contact,))]
