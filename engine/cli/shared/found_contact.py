"""The contact that somebody means by a name, an e-mail address or a part of a number."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cli.shared.common import known_contact
from engine.cli.shared.output import remark
from engine.errors import Refused
from engine.messaging.numbers import masked
from engine.store import contacts
from engine.store.contacts import StoredContact
from engine.store.queries import search
from engine.store.sql import Connection

MOST_HITS = 10


def found_contact(db: Connection, words: str) -> StoredContact:
    """By key or number, else the one contact that the words fit. Raises Refused."""
    exact = contacts.one(db, words)
    hits = [] if exact is not None or not words.strip() else search.contacts(db, words, MOST_HITS + 1)
    if len(hits) == 1:
        remark(f"the only contact with {words}: {hits[0].name or hits[0].key}")
        return contacts.with_ids(db, [hits[0].id])[hits[0].id]
    if hits:
        raise Refused(f"{_count(hits)} contacts fit {words}", _named(hits))
    return exact or known_contact(db, words)


def _count(hits: Sequence[search.Hit]) -> str:
    return str(len(hits)) if len(hits) <= MOST_HITS else f"more than {MOST_HITS}"


def _named(hits: Sequence[search.Hit]) -> str:
    """Keys may be asked for; where the key is the number, its end tells which is meant."""
    told = [f"{hit.name or 'no name'} ({masked(hit.phone) if hit.key == hit.phone else hit.key})" for hit in hits]
    return "write more of it: " + ", ".join(told[:MOST_HITS])
