"""The contacts of the demo: the project's contacts.csv, or made-up people where it has none."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from engine.app import App
from engine.contacts.csv_import import import_file
from engine.demo.starts import Person
from engine.errors import Refused
from engine.store.queries import listings

CONSENT = ("consent", "consent_at", "consent_source")


def import_people(app: App, folder: Path, made_up: Path | None) -> list[Person]:
    """All contacts as stored, in the order of the file. Raises Refused where there is none."""
    project, file = app.deployed().project, folder / "contacts.csv"
    if not file.exists() and made_up is not None:
        _copy(made_up, file, {*project.contact_fields, *CONSENT})
    if file.exists():
        import_file(app.database, project, file, None, app.clock.now())
    with app.database.reading() as db:
        people = [
            Person(row["phone"], row["fields"] | {"country": row["country"]}, row["consent"] == "subscribed")
            for row in listings.contacts(db)
        ]
    if not people:
        raise Refused("the demo has no contacts", "put some into contacts.csv: phone,first_name,consent")
    return people


def _copy(source: Path, target: Path, columns: set[str]) -> None:
    """Copy the columns that this project has."""
    rows = list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"))))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in rows[0] if name in columns], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
