"""A contact from JSON: in an event, or put through the API.

Invariants: values have their declared types or are rejected. `country` is always the number's region. Consent may be given and withdrawn
here, but an opt-out is never lifted (C0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.contacts import consent, documents
from engine.contacts.documents import Consent
from engine.contacts.people import IncomingContact, NotTaken, meant, upsert
from engine.errors import Conflict
from engine.language.model.project import Project, convert_contact
from engine.language.values.fields import BadValue, zone_warning
from engine.store import contacts
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.database import Database
from engine.store.sql import Connection


class ParsedContact(NamedTuple):
    who: IncomingContact
    consent: Consent | None
    warning: str | None  # it is accepted, and one of its values is ignored


class PutResult(NamedTuple):
    contact: StoredContact
    new: bool
    warning: str | None


def parsed(project: Project, said: documents.Contact, now: int) -> ParsedContact:
    """Raises BadValue."""
    if said.phone is None and said.key is None:
        raise BadValue("contact needs a phone or a key")
    fields = said.model_extra or {}
    values = _values(project, fields)
    given = Consent(status=said.consent) if isinstance(said.consent, str) else said.consent
    if given is not None and given.at is not None:
        documents.not_ahead(given.at, now, "consent.at")
    if given is not None and given.expires is not None:
        wrong = consent.wrong_end(given.status, given.at, given.expires, "consent.at")
        if wrong is not None:
            raise BadValue(wrong, "consent.expires")
    return ParsedContact(
        IncomingContact(*meant(said.key, said.phone), values), given, zone_warning(fields.get("timezone"))
    )


def _values(project: Project, fields: Mapping[str, object]) -> dict[str, Any]:
    """None where a field is taken away."""
    if not fields:
        return {}
    named = {name: raw for name, raw in fields.items() if name != "country"}
    gone: dict[str, Any] = dict.fromkeys(name for name, raw in named.items() if raw is None)
    return gone | convert_contact(project, {name: raw for name, raw in named.items() if raw is not None})


def consent_change(given: Consent, phone: str, source: str, at: int, now: int) -> ConsentChange:
    """`source` and `at` are what it is where the consent does not say it."""
    when = at if given.at is None else min(given.at, now)
    return ConsentChange(phone, given.status, given.source or source, when, given.proof, expires=given.expires)


def put(database: Database, project: Project, key: str, said: documents.Contact, now: int) -> PutResult:
    """Store a contact under a key, or under a number where the key is one. Raises BadValue, Conflict."""
    if said.key is not None and said.key != key:
        raise BadValue("is not the key in the URL", "key")
    name = documents.read(documents.Contact, {"phone" if key.startswith("+") else "key": key})
    if name.phone is not None and said.phone not in (None, name.phone):
        raise Conflict("this key is the number of another contact")
    who, given, warning = parsed(
        project, said.model_copy(update={"phone": said.phone or name.phone, "key": name.key}), now
    )

    def write(db: Connection) -> PutResult:
        new = contacts.one(db, key) is None
        (found,) = upsert(db, [who], project.timezone, now)
        if isinstance(found, NotTaken):
            raise Conflict(found.reason) if found.kind == "conflict" else BadValue(found.reason, found.column)
        if given is not None:
            consent.record(db, [consent_change(given, found.phone, "api", now, now)], now)
        return PutResult(found, new and found.key == key, warning)

    return database.write(write)
