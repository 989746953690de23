"""Bodies of webhooks, what each message in them became, and which event a key made.

Invariants: a delivery is taken once and a key makes one event, whoever takes two at the same time: both are unique in the table. What is
remembered of a message stays longer than its body, so the id of a body that is deleted is not given out again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import orjson

from engine.core.calendar import DAY
from engine.messaging.numbers import written_anyhow
from engine.store import meta
from engine.store.contacts import StoredContact
from engine.store.sql import AMONG, Connection, changes, json_object, listed, numbers

BODY_KEPT_MS = 7 * DAY
KEY_KEPT_MS = 90 * DAY  # a refund comes weeks after its order
AT_ONCE = 500
BODY = "source_body"
FORGOTTEN = "forgotten"
"""What a request to forget somebody became."""
MADE_NOTHING = ("nothing", "no number", "not mapped", "not taken", "test")
"""What a message became of which a replay may make something."""


class NewMessage(NamedTuple):
    """What is known of a message before anything is made of it."""

    source: str
    topic: str
    delivery: str
    key: str
    version: int | None


class Made(NamedTuple):
    """What a key made before."""

    message: int
    event: int
    version: int | None
    contact: int | None  # None: nobody is known any more


class Kept(NamedTuple):
    """A body that is kept."""

    id: int
    source: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes
    reason: str | None


def kept(db: Connection, id: int) -> Kept | None:
    """One of them; None where there is none, or none any more."""
    sql = "SELECT id, source, received_at, headers, body, reason FROM source_body WHERE id = ?"
    row = db.execute(sql, (id,)).fetchone()
    return None if row is None else Kept(row[0], row[1], row[2], json_object(row[3]), bytes(row[4]), row[5])


def row_of(db: Connection, body: int, topic: str, delivery: str) -> tuple[int, str] | None:
    """A message of a body: its row and what it became."""
    sql = "SELECT id, became FROM source_message WHERE body = ? AND topic = ? AND delivery = ? ORDER BY id LIMIT 1"
    found = db.execute(sql, (body, topic, delivery)).fetchone()
    return None if found is None else (int(found[0]), str(found[1]))


def is_read(db: Connection, body: int) -> None:
    """It could not be read before."""
    db.execute("UPDATE source_body SET reason = NULL WHERE id = ?", (body,))


def keep(db: Connection, source: str, headers: Mapping[str, str], body: bytes, reason: str | None, now: int) -> int:
    """A body as it came; its id. `reason`: why nothing can be read of it."""
    text = orjson.dumps(dict(headers)).decode() if headers else None
    id = db.ids(BODY, 1)
    sql = "INSERT INTO source_body (id, source, received_at, headers, body, reason) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(sql, (id, source, now, text, body, reason))
    return id


def note(db: Connection, new: NewMessage, what: str, reason: str, now: int) -> None:
    """What a message became of which no body is kept; nothing where its delivery was noted before."""
    body = db.ids(BODY, 1)
    meta.skip_ids(db, BODY)
    row = begin(db, body, new, now)
    if row is not None:
        became(db, row, what, reason, None, None)


def drop(db: Connection, body: int) -> None:
    """A body of which everything was known."""
    db.execute("DELETE FROM source_body WHERE id = ?", (body,))
    meta.skip_ids(db, BODY)


def begin(db: Connection, body: int, new: NewMessage, now: int, holds_key: bool = False) -> int | None:
    """Its row; None where the delivery was taken before. `holds_key`: the row is the one that makes the event of the key; None also where
    there is one. Whoever begins the same at the same time waits for the commit."""
    found = db.execute(
        "INSERT INTO source_message (body, source, received_at, topic, delivery, key, version, became, event)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'nothing', ?) ON CONFLICT DO NOTHING RETURNING id",
        (body, new.source, now, new.topic, new.delivery, new.key, new.version, 0 if holds_key else None),
    ).fetchone()
    return None if found is None else int(found[0])


def drop_message(db: Connection, message: int) -> None:
    """It is looked at again."""
    db.execute("DELETE FROM source_message WHERE id = ?", (message,))


def wait(db: Connection, message: int, about: str) -> None:
    """It is looked at again once something of that has made an event."""
    db.execute("UPDATE source_message SET waits_for = ? WHERE id = ?", (about, message))


def waiting(db: Connection, source: str, about: str) -> list[tuple[int, int, int | None]]:
    """(message, its kept body, the contact of its event) of those that wait for that; they wait no more."""
    found = db.execute(
        "UPDATE source_message SET waits_for = NULL WHERE source = ? AND waits_for = ? RETURNING id, body, contact",
        (source, about),
    ).fetchall()
    return sorted(((id, body, contact) for id, body, contact in found), key=lambda row: row[0])


def contact_of(db: Connection, source: str, keys: Collection[str]) -> int | None:
    """Whom the event is about that the newest of these keys made; None where nobody is known any more."""
    found = db.execute(
        f"SELECT contact FROM source_message WHERE source = ? AND key {AMONG} AND key <> '' AND event IS NOT NULL"
        " AND contact IS NOT NULL ORDER BY id DESC LIMIT 1",
        (source, listed(keys)),
    ).fetchone()
    return None if found is None else int(found[0])


def made_by(db: Connection, source: str, key: str) -> Made | None:
    """What a key made; it is held until the commit."""
    found = db.lock(
        "SELECT m.id, m.event, m.version, m.contact FROM source_message m WHERE m.source = ? AND m.key = ? AND m.key <> ''"
        " AND m.event IS NOT NULL",
        (source, key),
        of="m",
    ).fetchone()
    return None if found is None else Made(*found)


def became(db: Connection, message: int, what: str, reason: str | None, contact: int | None, event: int | None) -> None:
    """What a message became. `event`: the one that it made."""
    sql = "UPDATE source_message SET became = ?, reason = ?, contact = ?, event = ? WHERE id = ?"
    db.execute(sql, (what, reason, contact, event, message))


def renew(db: Connection, made: Made, version: int | None, data: Mapping[str, object]) -> bool:
    """The event that a key made gets newer data; whether it is still there, and that person's."""
    db.execute("UPDATE source_message SET version = ? WHERE id = ?", (version, made.message))
    text = orjson.dumps(data).decode() if data else None
    return changes(db, "UPDATE event SET data = ? WHERE id = ? AND contact = ?", (text, made.event, made.contact))


def named(db: Connection, phone: str | None, email: str | None, key: str | None) -> list[tuple[int, str]]:
    """(id, number) of the contact with that number, else with that key, else of all with that e-mail address (in small letters)."""
    for named_by, value in (("phone", phone), ("key", key), ("LOWER(fields ->> 'email')", email)):
        found = (
            value and db.execute(f"SELECT id, phone FROM contact WHERE {named_by} = ? ORDER BY id", (value,)).fetchall()
        )
        if found:
            return [(id, number) for id, number in found]
    return []


def forget(db: Connection, now: int) -> bool:
    """Housekeeping: bodies after a week, what is remembered of deliveries and keys after 90 days; whether there may be more."""
    bodies = numbers(db, "SELECT id FROM source_body WHERE received_at < ? LIMIT ?", (now - BODY_KEPT_MS, AT_ONCE))
    if bodies:
        meta.skip_ids(db, BODY)
        db.execute(f"DELETE FROM source_body WHERE id {AMONG}", (listed(bodies),))
    old = numbers(db, "SELECT id FROM source_message WHERE received_at < ? LIMIT ?", (now - KEY_KEPT_MS, AT_ONCE))
    db.execute(f"DELETE FROM source_message WHERE id {AMONG}", (listed(old),))
    return len(bodies) == AT_ONCE or len(old) == AT_ONCE


def of_person(db: Connection, who: StoredContact | None, phone: str, before: Iterable[str] = ()) -> set[int]:
    """The bodies that made something of a contact, and those that name it: by number, however it is written, or by e-mail.

    `before`: numbers that it had.
    """
    email = who.fields.get("email") if who else None
    names = [phone, *before, *([email] if isinstance(email, str) and "@" in email else [])]
    theirs = numbers(db, "SELECT body FROM source_message WHERE contact = ?", (who.id,)) if who else []
    return naming(db, names) | set(theirs)


def naming(db: Connection, names: Iterable[str]) -> set[int]:
    """The bodies in which one of these stands: a number however it is written, an e-mail address in any case of its letters, but not as
    the end or the beginning of a longer one. All that are kept are read: a week of them."""
    wanted = [_address(each) if "@" in each else _Name(re.compile(written_anyhow(each))) for each in names]
    found = set()
    for id, body in db.stream("SELECT id, body FROM source_body"):
        text = bytes(body).lower()
        if any(name.stands_in(text) for name in wanted):
            found.add(id)
    return found


class _Name(NamedTuple):
    pattern: re.Pattern[bytes]
    parts: tuple[bytes, ...] = ()
    """What stands in each text that the pattern finds it in: looked for first, for that takes a small part of the time."""

    def stands_in(self, text: bytes) -> bool:
        return all(part in text for part in self.parts) and self.pattern.search(text) is not None


def _address(email: str) -> _Name:
    """JSON's own escapes and those of a URL end what is before it."""
    small = email.strip().lower()
    written = re.escape(small).replace("@", "(?:@|%40)")
    pattern = rf"(?:(?<![\w.+%-])|(?<=\\[nrt])|(?<=%[0-9a-f]{{2}})){written}(?![\w-]|\.\w)".encode()
    return _Name(re.compile(pattern), tuple(small.encode().split(b"@")))


def forget_bodies(db: Connection, ids: Collection[int]) -> bool:
    """Whether there were any. What is remembered of a key stays, without the contact: the next body of that key enters nobody."""
    if not ids:
        return False
    meta.skip_ids(db, BODY)
    db.execute(f"UPDATE source_message SET reason = NULL WHERE body {AMONG}", (listed(ids),))
    return changes(db, f"DELETE FROM source_body WHERE id {AMONG}", (listed(ids),))


def forget_contact(db: Connection, contact: int) -> None:
    """The keys stay, and are nobody's: no event is theirs any more either."""
    held = "event = CASE WHEN event IS NOT NULL THEN 0 END"
    db.execute(f"UPDATE source_message SET contact = NULL, {held} WHERE contact = ?", (contact,))
