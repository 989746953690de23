"""Contacts and consent. Consent belongs to the number (C0); its log is append-only (C2).

Invariants: a number whose opt-out was kept as a hash is opted out again as soon as it is stored again, before anything else happens.
The number cannot be read from the hash alone: its key is this database's own. The hash is deleted then, so the two never disagree.
The id of a contact is never another's, also when it is forgotten: a page that is still open names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from engine.core.facts import consent_at
from engine.store import own_events, segment_members
from engine.store.deployments import secret
from engine.store.sql import AMONG, Connection, ListValue, changes, each, is_there, json_object, listed, numbers

FORGOTTEN = "opted out before it was forgotten"


class NewContact(NamedTuple):
    key: str
    phone: str
    region: str
    zone: str
    fields: Mapping[str, Any]


class StoredContact(NamedTuple):
    id: int
    key: str
    phone: str
    region: str
    zone: str
    fields: Mapping[str, Any]


_CONTACT = "SELECT id, key, phone, region, zone, fields FROM contact"


def _stored(id: int, key: str, phone: str, region: str, zone: str, fields: str | None) -> StoredContact:
    return StoredContact(id, key, phone, region, zone, json_object(fields))


class ConsentChange(NamedTuple):
    phone: str
    status: str  # subscribed | unsubscribed
    source: str
    at: int
    proof: str | None = None
    lifts: bool = False  # may lift an opt-out
    expires: int | None = None  # UTC ms: from then on the consent is none; None: it does not end


class Standing(NamedTuple):
    """The consent of a number."""

    status: str
    at: int  # since when
    expires: int | None


def find(db: Connection, phones: Iterable[str], keys: Iterable[str]) -> list[StoredContact]:
    """Contacts with one of these numbers or keys, each once."""
    ids = f"SELECT id FROM contact WHERE phone {AMONG} UNION SELECT id FROM contact WHERE key {AMONG}"
    sql = f"{_CONTACT} WHERE id IN ({ids})"
    numbers, names = listed(phones), listed(keys)
    if not names.values:
        return each(db, _stored, f"{_CONTACT} WHERE phone {AMONG}", (numbers,))
    return each(db, _stored, sql, (numbers, names))


def with_ids(db: Connection, ids: Iterable[int]) -> dict[int, StoredContact]:
    return {found.id: found for found in each(db, _stored, f"{_CONTACT} WHERE id {AMONG}", (listed(ids),))}


def claim(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these contacts with whom nobody else works; nobody else does until the commit."""
    return _held(db.claim(_ROWS, (listed(ids),), of="contact"))


def lock(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these contacts that there are; it waits for who works with them, and nobody else does until the commit."""
    return _held(db.lock(_ROWS, (listed(ids),), of="contact"))


_ROWS = f"SELECT id FROM contact WHERE id {AMONG} ORDER BY id"


def _held(found: Iterable[tuple[int]]) -> set[int]:
    return {id for (id,) in found}


def there(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these that are contacts."""
    return set(numbers(db, f"SELECT id FROM contact WHERE id {AMONG}", (listed(ids),)))


def lock_named(db: Connection, phones: Iterable[str], keys: Iterable[str]) -> list[StoredContact]:
    """As `find`, locked as by `lock`: as they are once nobody else works with them."""
    sql = f"{_CONTACT} WHERE phone {AMONG} OR key {AMONG} ORDER BY id"
    return [_stored(*row) for row in db.lock(sql, (listed(phones), listed(keys)), of="contact")]


def ids_after(db: Connection, after: int, limit: int) -> list[int]:
    """The next ids in order."""
    return numbers(db, "SELECT id FROM contact WHERE id > ? ORDER BY id LIMIT ?", (after, limit))


def zones(db: Connection) -> list[str]:
    """Every zone that a contact has; each is looked up in the index, whatever the number of contacts."""
    rows = db.execute(
        "WITH RECURSIVE each(zone) AS (SELECT MIN(zone) FROM contact UNION ALL"
        " SELECT (SELECT MIN(zone) FROM contact WHERE zone > each.zone) FROM each WHERE each.zone IS NOT NULL)"
        " SELECT zone FROM each WHERE zone IS NOT NULL"
    )
    return [zone for (zone,) in rows]


def zones_of(db: Connection, ids: ListValue) -> list[str]:
    """Every zone that one of these contacts has."""
    return [zone for (zone,) in db.execute(f"SELECT DISTINCT zone FROM contact WHERE id {AMONG}", (ids,))]


def lock_with_own_zone_in(db: Connection, wanted: Iterable[str]) -> list[StoredContact]:
    """Contacts of these zones that have a field `timezone` of their own, locked."""
    sql = f"{_CONTACT} WHERE zone {AMONG} AND fields ->> 'timezone' IS NOT NULL ORDER BY id"
    return [_stored(*row) for row in db.lock(sql, (listed(wanted),), of="contact")]


def known_at(db: Connection, contacts: Iterable[int], at: int) -> list[int]:
    """Those of these that were contacts by then."""
    sql = f"SELECT id FROM contact WHERE id {AMONG} AND created_at <= ? ORDER BY id"
    return numbers(db, sql, (listed(contacts), at))


def one(db: Connection, name: str) -> StoredContact | None:
    """Whom a person means: a number where it begins with +, else a key (C0a)."""
    return of_phone(db, name) if name.startswith("+") else next(iter(find(db, [], [name])), None)


def of_phone(db: Connection, phone: str) -> StoredContact | None:
    """Whose number this is: what comes from a phone is looked up so, never by key (C0a)."""
    return next(iter(find(db, [phone], [])), None)


def insert(db: Connection, contacts: Iterable[NewContact], now: int) -> None:
    new = list(contacts)
    if not new:
        return
    sql = "INSERT INTO contact (id, key, phone, region, zone, fields, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    first = db.ids("contact", len(new))
    db.many(sql, [(id, c.key, c.phone, c.region, c.zone, _json(c.fields), now, now) for id, c in enumerate(new, first)])
    recall(db, [c.phone for c in new], now)
    segment_members.mark_new(db, [c.phone for c in new], now)


def update(db: Connection, changes: Iterable[tuple[int, str, str, Mapping[str, Any]]], now: int) -> None:
    """(contact, key, zone, all of its fields)."""
    changed = list(changes)
    sql = "UPDATE contact SET key = ?, zone = ?, fields = ?, updated_at = ? WHERE id = ?"
    db.many(sql, [(key, zone, _json(fields), now, id) for id, key, zone, fields in changed])
    segment_members.mark_changed(db, {id: now for id, *_ in changed})


def set_phone(db: Connection, changed: StoredContact, now: int) -> None:
    """Another number. What providers said of the one before, that it takes no texts or no pictures, is not said of this one."""
    db.execute(
        "UPDATE contact SET key = ?, phone = ?, region = ?, zone = ?, unreachable = NULL, no_mms_since = NULL, updated_at = ?"
        " WHERE id = ?",
        (changed.key, changed.phone, changed.region, changed.zone, now, changed.id),
    )
    segment_members.mark_changed(db, {changed.id: now})


def _json(fields: Mapping[str, Any]) -> str | None:
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode() if fields else None


def consents(db: Connection, phones: Iterable[str]) -> dict[str, Standing]:
    rows = db.execute(f"SELECT phone, status, at, expires_at FROM consent WHERE phone {AMONG}", (listed(phones),))
    return {phone: Standing(*known) for phone, *known in rows}


def later(at: int, since: int, now: int) -> bool:
    """Whether a change of `at` is later than the one of `since`. A `since` in the future is a wrong clock's: any change is later (E4)."""
    return at >= since or since > now


def set_consents(db: Connection, changes: Iterable[ConsentChange], now: int) -> list[ConsentChange]:
    """Record changes of consent; those that changed something. Without `lifts` an opted-out number stays so.

    Of a number's consent and opt-out among them the opt-out outweighs, whatever their order, and each is logged (C0). Of consents the
    longest counts: one that ends is extended by another, and never shortened.
    """
    wanted: dict[
        tuple[str, str], ConsentChange
    ] = {}  # of several alike the last one, unless an earlier one lasts longer
    for change in changes:
        before = wanted.get((change.phone, change.status))
        if before is None or not _outlasts(before, change):
            wanted[change.phone, change.status] = change
    phones = {phone for phone, _ in wanted}
    recall(db, phones, now)
    standing = consents(db, phones)
    new, turned = [], []
    for change in sorted(wanted.values(), key=lambda change: change.status == "unsubscribed"):
        found = standing.get(change.phone)
        if found is not None and not _is_new(found, change):
            continue
        was = None if found is None else consent_at(found.status, found.expires, now)
        if was != change.status and consent_at(change.status, change.expires, now) == change.status:
            turned.append(change)
        standing[change.phone] = Standing(change.status, change.at, change.expires)
        new.append(change)
    return _record(db, new, now, turned)


def _outlasts(one: ConsentChange, other: ConsentChange | Standing) -> bool:
    """Whether a consent lasts longer than another one."""
    return other.expires is not None and (one.expires is None or one.expires > other.expires)


def _is_new(found: Standing, change: ConsentChange) -> bool:
    if found.status == change.status:
        return change.status == "subscribed" and _outlasts(change, found)
    return found.status != "unsubscribed" or change.lifts


def recall(db: Connection, phones: Iterable[str], now: int) -> None:
    """Opt-outs that were kept as hashes stand again."""
    found = _recall(db, phones)
    if found:
        changes = [ConsentChange(phone, "unsubscribed", FORGOTTEN, at) for phone, at in found.items()]
        _record(db, changes, now, changes)


def _record(
    db: Connection, new: Sequence[ConsentChange], now: int, turned: Collection[ConsentChange]
) -> list[ConsentChange]:
    """Those that changed something: an opt-out that was committed since the numbers were looked at stays (C0).

    `turned`: those of them that made a status another; a consent that is extended stays what it is.
    """
    last = {c.phone: c for c in new}  # a number's opt-out stands behind its consent
    sql = (
        "INSERT INTO consent (phone, status, source, at, proof, expires_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (phone) DO UPDATE"
        " SET status = excluded.status, source = excluded.source, at = excluded.at, proof = excluded.proof, expires_at ="
        " CASE WHEN consent.status = excluded.status AND (consent.expires_at IS NULL OR consent.expires_at > excluded.expires_at)"
        " THEN consent.expires_at ELSE excluded.expires_at END"
        " WHERE consent.status <> 'unsubscribed' OR excluded.status = 'unsubscribed'"
    )
    made = db.many(sql, [(*_row(c), c.expires) for c in last.values() if not c.lifts])
    lifting = db.many(
        f"{sql} OR excluded.at >= consent.at OR consent.at > ?",
        [(*_row(c), c.expires, now) for c in last.values() if c.lifts],
    )
    if made.rowcount + lifting.rowcount < len(last):
        stands = consents(db, last)
        new = [c for c in new if stands[c.phone][0] == last[c.phone].status]
    sql = "INSERT INTO consent_log (phone, status, source, at, proof, recorded_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.many(sql, [(*_row(c), now, c.expires) for c in new])
    segment_members.mark_known(db, [c.phone for c in new if c.status == "subscribed"], now)
    if new:
        told = set(turned)
        own_events.tell_consents(db, [(c.phone, c.status, c.source) for c in new if c in told], now)
    return list(new)


def _row(change: ConsentChange) -> tuple[str, str, str, int, str | None]:
    return change.phone, change.status, change.source, change.at, change.proof


def set_no_mms(db: Connection, contact: int, now: int) -> None:
    """Its phone takes no pictures, said a provider."""
    db.execute("UPDATE contact SET no_mms_since = ?, updated_at = ? WHERE id = ?", (now, now, contact))


def clear_no_mms(db: Connection, delivered: tuple[int, int, int]) -> None:
    """Where the message (contact, run, step) is a picture that left later than that, it does take them."""
    db.execute(
        "UPDATE contact SET no_mms_since = NULL WHERE id = ? AND no_mms_since < (SELECT sent_at FROM message"
        " WHERE contact = ? AND run = ? AND step = ? AND media IS NOT NULL)",
        (delivered[0], *delivered),
    )


def set_unreachable(db: Connection, phone: str, reason: str | None, now: int) -> bool:
    """Why no text reaches the contact of this number, None where one does. Whether that changed something."""
    sql = "UPDATE contact SET unreachable = ?, updated_at = ? WHERE phone = ? AND unreachable IS DISTINCT FROM ?"
    return changes(db, sql, (reason, now, phone, reason))


def keep_hash(db: Connection, phone: str, source: str, at: int) -> None:
    """Of a number that is forgotten, until it comes again (C0)."""
    db.execute(
        "INSERT INTO forgotten (hash, source, at) VALUES (?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET source = excluded.source, at = excluded.at",
        (_hash(db, phone), source, at),
    )


def _recall(db: Connection, phones: Iterable[str]) -> dict[str, int]:
    """Those of the numbers that had opted out, and when; they are taken out. Free while there are none."""
    if not is_there(db, "SELECT 1 FROM forgotten LIMIT 1"):
        return {}
    hashes = {_hash(db, phone): phone for phone in phones}
    found = db.execute(f"DELETE FROM forgotten WHERE hash {AMONG} RETURNING hash, at", (listed(hashes),)).fetchall()
    return {hashes[hash]: at for hash, at in found}


def _hash(db: Connection, phone: str) -> str:
    return blake2b(phone.encode(), key=secret(db), person=b"forgotten", digest_size=32).hexdigest()
