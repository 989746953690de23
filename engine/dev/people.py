"""Whom a phone can be given to: the first of each kind in contacts.csv, or one made-up person for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.contacts.csv_reader import Reject, read_contacts
from engine.deploy.project_files import open_regular
from engine.dev.scene import PhoneOwner
from engine.errors import UsageError
from engine.language.model.project import Project
from engine.language.values.fields import convert_named

MOST = 60
MADE_UP = (
    PhoneOwner({"phone": "+12025550143", "first_name": "Ada"}),
    PhoneOwner({"phone": "+18085550107", "first_name": "Kai"}),
    PhoneOwner({"phone": "+14165550114", "first_name": "Noor", "language": "fr"}),
    PhoneOwner({"phone": "+13055550121", "first_name": "Luz", "language": "es"}),
    PhoneOwner({"phone": "+18765550119", "first_name": "Marcia"}),
    PhoneOwner({"phone": "+12125550128", "first_name": "Ben"}, "unsubscribed"),
    PhoneOwner({"phone": "+13035550135", "first_name": "Ivy"}, None),
)
"""A few zones and languages, a country without MMS, an opt-out, and one never asked. Numbers for fiction."""


def owners_of(root: Path, project: Project) -> list[PhoneOwner]:
    """At most MOST; a row that `contacts import` would reject is left out."""
    return list(_of_file(root, project)) or [
        owner for owner in MADE_UP if set(owner.fields) <= {*project.contact_fields, "phone", "key"}
    ]


def _of_file(root: Path, project: Project) -> Iterator[PhoneOwner]:
    stream = open_regular(root, "contacts.csv")
    if stream is None:
        return
    specs, count = project.contact_fields, 0
    with stream:
        try:
            for batch in read_contacts(stream, specs, lambda field, raw: convert_named(specs, field, raw)):
                for row in batch:
                    if isinstance(row, Reject):
                        continue
                    fields = {name: value for name, value in row.values.items() if value is not None}
                    key = {"key": row.key} if row.key else {}
                    yield PhoneOwner({"phone": row.phone, **key, **fields}, row.consent)
                    count += 1
                    if count == MOST:
                        return
        except UsageError:  # `check` tells it
            return
