"""Lists for pages: the newest first, a page behind the last row of the page before.

Invariants: a page reads at most SCANNED ids, however few rows fit the filter; where it stopped there, `further` is where to go on, and
nobody has read to the end for an empty page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.store.queries.listings import BY_A_PERSON, SENT_AT
from engine.store.sql import Connection, Row, number, rows
from engine.store.states import MESSAGE_STATES, OURS

ROWS = 50
SCANNED = 100_000


class Wanted(NamedTuple):
    """Which messages: flow and contact by id, status by number; None is any. `before`: only those with a smaller id."""

    flow: int | None = None
    status: int | None = None
    contact: int | None = None
    before: int | None = None


class NewestPage(NamedTuple):
    rows: list[Row]
    further: int | None  # `before` of the next page; None where there is none


def messages(db: Connection, wanted: Wanted) -> NewestPage:
    """Columns of the message, `price` in millionths, with `contact_id` beside its key `contact`."""
    top = (number(db, "SELECT MAX(id) FROM message") or 0) + 1
    before = top if wanted.before is None else min(wanted.before, top)
    floor = 0 if wanted.contact is not None else max(0, before - SCANNED)
    asked = {name: value for name, value in wanted._asdict().items() if name != "before" and value is not None}
    where = "".join(f" AND m.{name} = ?" for name in asked)
    found = rows(
        db,
        "SELECT m.id, m.contact contact_id, c.key contact, f.name flow, s.name step, m.deployment, m.status, m.reason,"
        " CASE WHEN m.media IS NULL OR m.media = '' THEN 'sms' ELSE 'mms' END kind, m.parts, m.price, m.sender,"
        f" m.queued_at, {SENT_AT}, m.text, m.media, m.attempts, m.provider_id, m.run,"
        f" {BY_A_PERSON}"
        " FROM message m JOIN contact c ON c.id = m.contact JOIN flow f ON f.id = m.flow"
        " JOIN step s ON s.flow = m.flow AND s.number = m.step"
        f" WHERE m.id < ? AND m.id >= ?{where} ORDER BY m.id DESC LIMIT ?",
        (before, floor, *asked.values(), ROWS + 1),
    )
    return _page([row | {"status": MESSAGE_STATES[row["status"]]} for row in found], floor)


def people(db: Connection, before: int | None) -> NewestPage:
    """`id, key, phone, first_name, last_name, consent, consent_expires, created_at, zone`."""
    top = (number(db, "SELECT MAX(id) FROM contact") or 0) + 1
    found = rows(
        db,
        "SELECT c.id, c.key, c.phone, c.fields ->> 'first_name' first_name, c.fields ->> 'last_name' last_name, k.status consent,"
        " k.expires_at consent_expires, c.created_at, c.zone FROM contact c LEFT JOIN consent k ON k.phone = c.phone"
        " WHERE c.id < ? ORDER BY c.id DESC LIMIT ?",
        (top if before is None else before, ROWS + 1),
    )
    return _page(found, 0)


def deployments(db: Connection, before: int | None) -> NewestPage:
    """`id, hash, commit, dirty, at`."""
    top = (number(db, "SELECT MAX(id) FROM deployment") or 0) + 1
    found = rows(
        db,
        'SELECT id, hash, "commit", dirty, at FROM deployment WHERE id < ? ORDER BY id DESC LIMIT ?',
        (top if before is None else before, ROWS + 1),
    )
    return _page(found, 0)


def _page(found: list[Row], floor: int) -> NewestPage:
    if len(found) > ROWS:
        return NewestPage(found[:ROWS], found[ROWS - 1]["id"])
    return NewestPage(found, floor if floor > 0 else None)


def message(db: Connection, id: int) -> Row | None:
    """One of them, with its requests: `attempts_made` is a list of `started_at, outcome, code, detail`."""
    found = messages(db, Wanted(before=id + 1)).rows
    if not found or found[0]["id"] != id:
        return None
    sql = "SELECT started_at, outcome, code, detail FROM attempt WHERE message = ? ORDER BY id"
    return found[0] | {"attempts_made": rows(db, sql, (id,))}


def flows_of_authors(db: Connection) -> dict[str, int]:
    """Name -> id, of flows that are not our own answers and tests."""
    found: dict[str, Any] = dict(
        db.execute(f"SELECT name, id FROM flow WHERE name NOT IN {OURS} ORDER BY name").fetchall()
    )
    return found
