"""Whom a flow test is about: its `contact`, or each row of its file of contacts.

Invariants: a file is read as `contacts import` reads it, in a stream; a row that would be rejected there makes the test unreadable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from engine.contacts.csv_reader import Reject, read_contacts
from engine.errors import UsageError
from engine.language.diagnostics.findings import Loc
from engine.language.model.flow_test_cases import FlowTestCase
from engine.language.model.project import Project
from engine.language.values.fields import convert_named
from engine.messaging import numbers, zones

OpenFile = Callable[[str], BinaryIO | None]
"""A file of the project by its path; None where there is none."""


class Person(NamedTuple):
    """A contact to be. `fields` as JSON has them, with `phone`; `consent` None: it was never asked; `row` names it among others."""

    fields: Mapping[str, Any]
    consent: str | None
    zone: str
    row: str | None = None
    consent_ends: int | None = None  # UTC ms


class UnreadableTest(Exception):
    """A test that cannot be played: the place in its file, what is wrong, and the way out."""

    def __init__(self, loc: Loc, message: str, help: str) -> None:
        super().__init__(message)
        self.loc, self.message, self.help = loc, message, help


def people_of(case: FlowTestCase, project: Project, open_file: OpenFile) -> Iterator[Person]:
    """Raises UnreadableTest for a file of contacts that cannot be used."""
    if case.contacts is None:
        yield _person({name: placed.value for name, placed in case.contact.items()}, project)
    else:
        yield from _of_file(case.contacts.value, case.contacts.loc, project, open_file)


def _person(said: Mapping[str, Any], project: Project) -> Person:
    fields = {name: value for name, value in said.items() if name != "consent"}
    consent = said.get("consent", "subscribed")
    number = numbers.parse(str(fields["phone"]))
    zone = zones.zone_of(number.e164, number.region, fields.get("timezone"), project.timezone)
    return Person(fields, None if consent == "unknown" else consent, zone)


def _of_file(path: str, loc: Loc, project: Project, open_file: OpenFile) -> Iterator[Person]:
    stream = open_file(path)
    if stream is None:
        raise UnreadableTest(
            loc, f"there is no file {path} in the project", "name a CSV file by its path in the project"
        )
    specs, found = project.contact_fields, False
    with stream:
        try:
            for batch in read_contacts(stream, specs, lambda field, raw: convert_named(specs, field, raw)):
                for row in batch:
                    if isinstance(row, Reject):
                        where = f"{row.column}: " if row.column else ""
                        raise UnreadableTest(loc, f"{path}, line {row.line}: {where}{row.reason}", "correct this row")
                    found = True
                    zone = zones.zone_of(row.phone, row.region, row.values.get("timezone"), project.timezone)
                    fields = {**row.values, "phone": row.phone, "key": row.key}
                    called = f"line {row.line} {numbers.masked(row.phone)}"
                    yield Person(fields, row.consent, zone, called, row.consent_expires)
        except UsageError as error:
            raise UnreadableTest(loc, f"{path}: {error.message}", error.help or "correct the file") from None
    if not found:
        raise UnreadableTest(loc, f"{path} has no rows", "a test needs a contact")
