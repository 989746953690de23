"""Contacts and consent. Consent belongs to the number (C0); its log is append-only (C2)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from engine.store import segments
from engine.store.facts import many


class Known(NamedTuple):
    id: int
    key: str
    phone: str
    region: str
    zone: str
    fields: Mapping[str, Any]


class NewContact(NamedTuple):
    key: str
    phone: str
    region: str
    zone: str
    fields: Mapping[str, Any]


class ConsentChange(NamedTuple):
    phone: str
    status: str  # subscribed | unsubscribed
    source: str
    at: int
    proof: str | None = None
    lifts: bool = False  # may lift an opt-out


def find(db: sqlite3.Connection, phones: Iterable[str], keys: Iterable[str]) -> list[Known]:
    """Contacts with one of these numbers or keys, each once."""
    rows = db.execute(
        "SELECT id, key, phone, region, zone, fields FROM contact WHERE phone IN (SELECT value FROM json_each(?))"
        " UNION SELECT id, key, phone, region, zone, fields FROM contact WHERE key IN (SELECT value FROM json_each(?))",
        (many(phones), many(keys)),
    )
    return [
        Known(id, key, phone, region, zone, orjson.loads(text) if text else {})
        for id, key, phone, region, zone, text in rows
    ]


def with_ids(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, Known]:
    rows = db.execute(
        "SELECT id, key, phone, region, zone, fields FROM contact WHERE id IN (SELECT value FROM json_each(?))",
        (many(ids),),
    )
    return {
        id: Known(id, key, phone, region, zone, orjson.loads(text) if text else {})
        for id, key, phone, region, zone, text in rows
    }


def one(db: sqlite3.Connection, name: str) -> Known | None:
    """By key, else by number."""
    found = find(db, [name], [name])
    by_key = [contact for contact in found if contact.key == name]
    return next(iter(by_key or found), None)


def insert(db: sqlite3.Connection, contacts: Iterable[NewContact], now: int) -> None:
    new = list(contacts)
    db.executemany(
        "INSERT INTO contact (key, phone, region, zone, fields, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(c.key, c.phone, c.region, c.zone, _json(c.fields), now, now) for c in new],
    )
    segments.touch(db, phones=[c.phone for c in new])


def update(db: sqlite3.Connection, changes: Iterable[tuple[int, str, str, Mapping[str, Any]]], now: int) -> None:
    """(contact, key, zone, all of its fields)."""
    changed = list(changes)
    db.executemany(
        "UPDATE contact SET key = ?, zone = ?, fields = ?, updated_at = ? WHERE id = ?",
        [(key, zone, _json(fields), now, id) for id, key, zone, fields in changed],
    )
    segments.touch(db, [id for id, *_ in changed])


def _json(fields: Mapping[str, Any]) -> str | None:
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode() if fields else None


def consents(db: sqlite3.Connection, phones: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Number -> (status, since)."""
    rows = db.execute(
        "SELECT phone, status, at FROM consent WHERE phone IN (SELECT value FROM json_each(?))", (many(phones),)
    )
    return {phone: (status, at) for phone, status, at in rows}


def set_consents(db: sqlite3.Connection, changes: Iterable[ConsentChange], now: int) -> int:
    """Record changes of consent; how many changed something. Without `lifts` an opted-out number stays so."""
    wanted = {change.phone: change for change in changes}  # the last word on a number wins
    standing = consents(db, wanted)
    new = []
    for change in wanted.values():
        before = standing.get(change.phone)
        if before and before[0] == change.status:
            continue
        if before and before[0] == "unsubscribed" and not change.lifts:
            continue
        new.append(change)
    db.executemany(
        "INSERT INTO consent (phone, status, source, at, proof) VALUES (?, ?, ?, ?, ?) ON CONFLICT (phone) DO UPDATE"
        " SET status = excluded.status, source = excluded.source, at = excluded.at, proof = excluded.proof",
        [(c.phone, c.status, c.source, c.at, c.proof) for c in new],
    )
    db.executemany(
        "INSERT INTO consent_log (phone, status, source, at, proof, recorded_at) VALUES (?, ?, ?, ?, ?, ?)",
        [(c.phone, c.status, c.source, c.at, c.proof, now) for c in new],
    )
    return len(new)
