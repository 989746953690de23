"""Opt-outs in rejected rows and requests: they take effect whatever else is wrong, and the answer says so (C0).

Invariants: the word of the opt-out and a number in E.164 are enough, however the rest is written. If there is no number, the contact of the
key is opted out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from engine.contacts import consent
from engine.errors import Refused
from engine.language.values.fields import BadValue
from engine.messaging.numbers import E164
from engine.store import contacts
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.sql import Connection

SAID = "its opt-out still counts"
_SEPARATORS = re.compile(r"[\s().-]")


class OptOut(NamedTuple):
    phones: tuple[str, ...]  # E.164
    key: str | None  # whose opt-out it is, if there is no number
    source: str


def named(phones: Iterable[object], key: object, source: object, otherwise: str) -> OptOut:
    """What an item names as its number and its key; `otherwise` is the source of one that gives none."""
    texts = [_SEPARATORS.sub("", each) for each in (*phones, key) if isinstance(each, str)]
    found = tuple(dict.fromkeys(text for text in texts if E164.fullmatch(text)))
    of = key if isinstance(key, str) and key.isprintable() else None
    said = source.strip()[:200] if isinstance(source, str) and source.isprintable() else ""
    return OptOut(found, of, said or otherwise)


def in_json(contact: object, otherwise: str) -> OptOut | None:
    """The opt-out in a contact as JSON, even if other values are invalid."""
    if not isinstance(contact, Mapping):
        return None
    given = contact.get("consent")
    said = given if isinstance(given, Mapping) else {"status": given}
    status = said.get("status")
    if not isinstance(status, str) or status.strip().lower() != "unsubscribed":
        return None
    return named([contact.get("phone")], contact.get("key"), said.get("source"), otherwise)


def record(db: Connection, found: Sequence[OptOut | None], now: int) -> list[bool]:
    """Whether each of them is known to mean a number; that number is opted out."""
    keys = [each.key for each in found if each and each.key and not each.phones]
    phones = {who.key: who.phone for who in contacts.find(db, [], keys)} if keys else {}
    numbers = [each.phones or tuple(filter(None, [phones.get(each.key or "")])) if each else () for each in found]
    changes = [
        ConsentChange(phone, "unsubscribed", each.source, now)
        for each, of in zip(found, numbers, strict=True)
        for phone in of
        if each is not None
    ]
    consent.record(db, changes, now)
    return [bool(of) for of in numbers]


def take(database: Database, found: Sequence[OptOut | None], now: int) -> list[bool]:
    """The same in a transaction of its own, which is made where there is anything to record."""
    if not any(found):
        return [False] * len(found)
    return database.write(lambda db: record(db, found, now))


@contextmanager
def counted(database: Database, found: OptOut | None, now: int, then: Callable[[], None]) -> Iterator[None]:
    """Where the block refuses, the opt-out counts all the same, the error says so, and `then` is called."""
    try:
        yield
    except (BadValue, Refused) as error:
        if not take(database, [found], now)[0]:
            raise
        then()
        if isinstance(error, BadValue):
            raise BadValue(f"{error.reason}; {SAID}", error.path) from error
        raise type(error)(f"{error.message}; {SAID}", error.help) from error
