"""Who is played: contacts of a file, of a database or made up, in groups that share one world.

Invariants: memory is bounded by a group, whatever the number of contacts. A database is only read, and its contacts bring their whole past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from engine.clock import ManualClock
from engine.contacts import documents, json_contact
from engine.contacts.csv_reader import ContactRow, Reject, read_contacts
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.core.lots import Lots
from engine.deploy.deployed import Deployed
from engine.errors import UsageError
from engine.language.model.project import Project
from engine.language.values.fields import BadValue, convert_named
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import SOURCE, World
from engine.runtime.trace import Trace
from engine.store import audience, contacts, deployments, interned_names
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.database import Database
from engine.store.sqlite.memory import copy_of

SIZE = 1_000
MOST_TOLD = 3


class Group(Protocol):
    """Contacts that are played together."""

    def opened(self, start: int, trace: Trace | None = None) -> tuple[World, list[StoredContact]]:
        """A new world with them at `start`, the flows deployed."""


class Person(NamedTuple):
    """A contact to be made. `values` are of their declared types; `consent` None: never asked."""

    phone: str
    key: str | None
    values: Mapping[str, Any]
    consent: str | None
    consent_ends: int | None = None  # UTC ms


class NewPeople(NamedTuple):
    """Contacts without a past. `joins`: they come when the flows are deployed already, and so into their segments."""

    stage: Stage
    people: Sequence[Person]
    joins: bool = False

    def opened(self, start: int, trace: Trace | None = None) -> tuple[World, list[StoredContact]]:
        world = self.stage.world(start, Lots(held_out=False), trace)
        if self.joins:
            world.open()
        found = self._added(world, start)
        if not self.joins:
            world.open()
        return world, found

    def _added(self, world: World, start: int) -> list[StoredContact]:
        incoming = [IncomingContact(each.key, each.phone, each.values) for each in self.people]
        zone = self.stage.project.timezone
        added = world.database.write(lambda db: upsert(db, incoming, zone, start))
        found = []
        for each in added:
            if isinstance(each, NotTaken):
                raise UsageError(f"a contact is refused: {each.column}: {each.reason}")
            found.append(each)
        changes = [
            ConsentChange(each.phone, each.consent, SOURCE, start, expires=each.consent_ends)
            for each in self.people
            if each.consent
        ]
        world.database.write(lambda db: contacts.set_consents(db, changes, start))
        return found


class StoredPeople(NamedTuple):
    """Contacts of a database at `now`, with their runs, messages and past; the project of the stage is deployed there at `start`."""

    stage: Stage
    database: Database
    ids: Sequence[int]
    now: int

    def opened(self, start: int, trace: Trace | None = None) -> tuple[World, list[StoredContact]]:
        copy = copy_of(self.database, self.ids)
        programs = self.stage.programs
        steps = {name: list(program.places) for name, program in programs.items()}
        copy.write(lambda db: interned_names.intern(db, steps))
        id = copy.write(lambda db: deployments.insert(db, "", None, False, self.now, "{}"))
        names = copy.write(interned_names.load)
        world = World(
            copy, Deployed(id, self.stage.project, programs, names, self.stage.settings), ManualClock(self.now), trace
        )
        world.open()
        if start > self.now:
            world.play(start - 1)
            world.clock.move_to(start)
        with copy.reading() as db:
            found = contacts.with_ids(db, self.ids)
        return world, [found[id] for id in self.ids if id in found]


class LivePeople(NamedTuple):
    """Contacts of a database with their past, under what is deployed there."""

    database: Database
    deployed: Deployed
    ids: Sequence[int]

    def opened(self, start: int, trace: Trace | None = None) -> tuple[World, list[StoredContact]]:
        world = World(copy_of(self.database, self.ids), self.deployed, ManualClock(start), trace)
        with world.database.reading() as db:
            found = contacts.with_ids(db, self.ids)
        return world, [found[id] for id in self.ids if id in found]


class FileOfContacts:
    """A CSV file as `contacts import` takes it. A row that does not fit, and one of a number that came before, is left out and counted."""

    def __init__(self, stage: Stage, path: Path, joins: bool = False) -> None:
        self._stage, self._path, self._joins = stage, path, joins
        self.left_out = 0
        self.reasons: list[str] = []

    def groups(self) -> Iterator[NewPeople]:
        """Raises UsageError for a file that cannot be read."""
        specs = self._stage.project.contact_fields
        seen: set[int] = set()
        try:
            with self._path.open("rb") as stream:
                for batch in read_contacts(stream, specs, lambda field, raw: convert_named(specs, field, raw), SIZE):
                    people = [person for row in batch if (person := self._person(row, seen)) is not None]
                    if people:
                        yield NewPeople(self._stage, people, self._joins)
        except OSError as error:
            raise UsageError(f"cannot open {error.filename or self._path}: {error.strerror}") from error

    def _person(self, row: ContactRow | Reject, seen: set[int]) -> Person | None:
        if isinstance(row, Reject):
            self._leave_out(f"line {row.line}: {row.column + ': ' if row.column else ''}{row.reason}")
            return None
        names = {hash(row.phone), hash(("key", row.key))}
        if seen & names:
            self._leave_out(f"line {row.line}: this contact is in a row before")
            return None
        seen |= names
        return Person(
            row.phone, None if row.key == row.phone else row.key, row.values, row.consent, row.consent_expires
        )

    def _leave_out(self, reason: str) -> None:
        self.left_out += 1
        if len(self.reasons) < MOST_TOLD:
            self.reasons.append(reason)


def written(project: Project, said: Mapping[str, Any]) -> Person:
    """A contact as JSON has it, subscribed unless its `consent` says otherwise. Raises UsageError."""
    try:
        fields = {name: value for name, value in said.items() if name != "consent"}
        who = json_contact.parsed(project, documents.read(documents.Contact, fields), 0).who
    except BadValue as error:
        raise UsageError(f"the contact cannot be played: {error}") from error
    consent, ends = said.get("consent", "subscribed"), None
    if isinstance(consent, Mapping):
        try:
            given = documents.read(documents.Consent, consent)
        except BadValue as error:
            raise UsageError(f"the contact cannot be played: consent.{error}") from error
        consent, ends = given.status, given.expires
    if consent not in ("subscribed", "unsubscribed", None):
        raise UsageError("the contact cannot be played: consent: subscribed, unsubscribed or null")
    if who.phone is None:
        raise UsageError(
            "the contact cannot be played: it has no phone", 'write --contact \'{"phone": "+12025550143"}\''
        )
    return Person(who.phone, who.key, who.values, consent, ends)


def in_groups(stage: Stage, people: Sequence[Person], joins: bool) -> Iterator[NewPeople]:
    for at in range(0, len(people), SIZE):
        yield NewPeople(stage, people[at : at + SIZE], joins)


def of_database(stage: Stage, database: Database, segment: str | None, now: int) -> Iterator[StoredPeople]:
    """All contacts, or the members of a segment of the project, at `now`."""
    after = 0
    while ids := _ids(stage, database, segment, now, after):
        yield StoredPeople(stage, database, ids, now)
        after = ids[-1]


def _ids(stage: Stage, database: Database, segment: str | None, now: int, after: int) -> list[int]:
    with database.reading() as db:
        if segment is None:
            return contacts.ids_after(db, after, SIZE)
        return audience.members(db, stage.project.segments[segment], stage.project, now, after, SIZE)
