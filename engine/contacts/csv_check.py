"""The check of contacts.csv: what `contacts import` would reject, without a database.

Invariants: the number of rows read and of findings shown is limited. No value is shown whole, and no line of this file appears in an
excerpt.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from engine.contacts.csv_reader import ContactRow, Reject, read_contacts
from engine.errors import UsageError
from engine.language.diagnostics.findings import Finding, Severity, Span, counted
from engine.language.model.project import Project
from engine.language.values.fields import convert_named
from engine.messaging.numbers import is_fiction, masked

CONTACTS_FILE = "contacts.csv"
MOST_ROWS = 10_000
MOST_SHOWN = 20


def contact_findings(stream: BinaryIO, project: Project) -> list[Finding]:
    """Findings in the sample contacts of a project."""
    specs = project.contact_fields
    try:
        batches = read_contacts(stream, specs, lambda field, raw: convert_named(specs, field, raw))
        rows = list(islice((row for batch in batches for row in batch), MOST_ROWS))
    except UsageError as error:
        return [_at(1, "LO711", error.message, error.help)]
    rejects = sorted([*(row for row in rows if isinstance(row, Reject)), *_phones_twice(rows)])
    return [*_rejected(rejects), *_placeless(rows), *_real_numbers(rows)]


def _phones_twice(rows: list[ContactRow | Reject]) -> Iterator[Reject]:
    keys: dict[str, ContactRow] = {}
    for row in rows:
        if isinstance(row, ContactRow):
            first = keys.setdefault(row.phone, row)
            if first.key != row.key:
                reason = f"line {first.line} has the same number with another key"
                yield Reject(row.line, "phone", masked(row.phone), reason)


def _rejected(rejects: list[Reject]) -> Iterator[Finding]:
    for reject in rejects[:MOST_SHOWN]:
        value = f' ("{reject.value}")' if "•••" in reject.value else ""
        where = f"{reject.column}{value}: " if reject.column else ""
        yield _at(reject.line, "LO712", where + reject.reason, "fix it: an import skips this row")
    if len(rejects) > MOST_SHOWN:
        more = f"{len(rejects) - MOST_SHOWN} more rows are rejected"
        yield _at(rejects[MOST_SHOWN].line, "LO712", more, "`leadoff contacts import --errors FILE` writes all of them")


def _placeless(rows: list[ContactRow | Reject]) -> Iterator[Finding]:
    found = [row for row in rows if isinstance(row, ContactRow) and row.warning]
    if found:
        rest = f", and in {len(found) - 1} more rows" if len(found) > 1 else ""
        help = 'write a place, like "America/New_York": without one the time zone is taken from the number'
        yield _at(found[0].line, "LO713", f"this time zone is not a place{rest}", help, "warning")


def _real_numbers(rows: list[ContactRow | Reject]) -> Iterator[Finding]:
    real = [row for row in rows if isinstance(row, ContactRow) and not is_fiction(row.phone)]
    if real:
        many = counted(len(real), "number")
        message = f"{many} may be real people's numbers: this is the first ({masked(real[0].phone)})"
        help = "do not commit personal data: use numbers reserved for fiction in samples, such as +12025550143"
        yield _at(real[0].line, "LO702", message, help, "warning")


def _at(line: int, code: str, message: str, help: str | None, severity: Severity = "error") -> Finding:
    return Finding(code, severity, message, help, CONTACTS_FILE, Span(line, 1, line, 2))
