"""`contacts export`: writes CSV that `contacts import` reads, with consent, row by row.

Invariants: a cell that a spreadsheet would run as a formula gets a leading apostrophe, which the import removes. Columns that follow from
others (the country) are not written. Memory does not grow with the number of contacts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any

from engine.clock import instant
from engine.contacts.csv_cells import OWN_COLUMNS
from engine.contacts.csv_dialect import quoted
from engine.store.database import Database
from engine.store.queries import listings
from engine.store.sql import Row

PAGE = 1_000


def export(database: Database, contact_fields: Iterable[str]) -> Iterator[str]:
    """The header, then one piece of CSV for each page of contacts; all of the same instant."""
    fields = [name for name in contact_fields if name not in OWN_COLUMNS]
    columns = ["phone", "key", *fields, "consent", "consent_at", "consent_expires", "consent_source"]
    yield _csv([columns])
    with database.reading() as db:
        found = listings.each_contact(db)
        while page := list(islice(found, PAGE)):
            yield _csv([[quoted(cell) for cell in _cells(fields, *row)] for row in page])


def _cells(
    fields: list[str],
    phone: str,
    key: str,
    consent: str | None,
    source: str | None,
    at: int | None,
    expires: int | None,
    known: Row,
) -> list[str]:
    values = [_cell(known.get(name)) for name in fields]
    return [phone, key, *values, consent or "", instant(at) or "", instant(expires) or "", source or ""]


def _cell(value: Any) -> str:
    """As the import reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "|".join(value) if isinstance(value, list) else str(value)


def _csv(rows: list[list[str]]) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
