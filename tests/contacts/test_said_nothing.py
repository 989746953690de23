"""Zones as people write them, in all ways in and in stored rows (T2); words that are no names."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from engine.contacts.csv_check import contact_findings
from engine.contacts.csv_import import Imported, import_file
from engine.contacts.people import IncomingContact, settle_zones, upsert
from engine.intake import events
from engine.store import contacts
from engine.store.contacts import StoredContact
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
quiet_hours: {between: ["20:00", "09:00"]}
steps: [{id: one, sms: One}]
"""
NEW = "+16025550188"  # Phoenix
WARNING = 'timezone is not a place, so the zone is taken from the number; write one like "America/New_York"'


def who(world: World, phone: str) -> StoredContact:
    with world.app.database.reading() as db:
        found = contacts.of_phone(db, phone)
    assert found is not None
    return found


def taken(world: World, **contact: object) -> events.IntakeResult:
    item = {"event": "list.joined", "contact": {"phone": ADA, **contact}, "data": {"list": "vip"}}
    (told,) = events.accept_documents(world.app.database, world.app.deployed().project, [item], world.clock.now())
    return told


def test_a_zone_without_a_place_is_a_warning_and_says_nothing(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        assert taken(world, timezone="Etc/GMT+8") == events.IntakeResult("accepted", warning=WARNING)
        assert (who(world, ADA).zone, who(world, ADA).fields) == ("America/New_York", {"first_name": "Ada"})
        assert taken(world, timezone="PST").warning is None
        assert who(world, ADA).zone == "America/Los_Angeles"
        assert taken(world, timezone="Mars").status == "rejected"


def test_a_file_with_such_a_zone_is_imported_and_counted(tmp_path: Path) -> None:
    text = f"phone,timezone\n{NEW},UTC\n{BEN},EST\n{ADA},-05:00\n"
    with World(tmp_path, FLOW) as world:
        path = tmp_path / "people.csv"
        path.write_text(text)
        project = world.app.deployed().project
        done = import_file(world.app.database, project, path, None, world.clock.now())
        assert done == Imported(new=1, changed=1, unchanged=1, rejected=0, placeless=2)
        assert (who(world, NEW).zone, who(world, BEN).zone) == ("America/Phoenix", "America/New_York")
        found = [(f.code, f.severity, f.span.line) for f in contact_findings(BytesIO(text.encode()), project) if f.span]
        assert found == [("LO713", "warning", 2)]


def test_stored_zones_are_read_by_the_rules_of_today(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        stale = [(zone, f'{{"timezone": "{zone}"}}', phone) for phone, zone in ((ADA, "EST"), (BEN, "Etc/GMT+5"))]
        world.app.database.write(lambda db: db.many("UPDATE contact SET zone = ?, fields = ? WHERE phone = ?", stale))
        world.engine = world.app.engine()
        assert (who(world, ADA).zone, who(world, BEN).zone) == ("America/New_York", "America/Chicago")


def test_a_project_by_UTC_looks_through_its_own_zone_once(tmp_path: Path) -> None:
    utc = PROJECT.replace("timezone: America/New_York", "timezone: UTC")
    with World(tmp_path, FLOW, project=utc) as world:
        world.app.database.write(
            lambda db: db.execute(
                "UPDATE contact SET zone = 'UTC', fields = '{\"timezone\": \"UTC\"}' WHERE phone IN (?, ?)", (ADA, BEN)
            )
        )
        now = world.clock.now()
        assert [settle_zones(world.app.database, "UTC", now) for _ in range(2)] == [2, 0]
        assert (who(world, ADA).zone, who(world, BEN).zone) == ("America/New_York", "America/Chicago")
        nowhere = IncomingContact(None, "+77010000001", {"timezone": "UTC"})  # Kazakhstan has several zones
        world.app.database.write(lambda db: upsert(db, [nowhere], "UTC", now))
        assert who(world, "+77010000001").zone == "UTC"
        assert settle_zones(world.app.database, "UTC", now) == 0


def test_at_twenty_past_eight_in_summer_it_is_night_for_EST(tmp_path: Path) -> None:
    """19:20 by a clock without summer time, on which nobody lives."""
    with World(tmp_path, FLOW) as world:
        world.clock.move_to(world.clock.now() + 10 * HOUR + 20 * MINUTE)  # 20:20 in New York
        taken(world, timezone="EST")
        world.tick()
        assert [m for m in world.messages() if m.status == "queued"] == []
        assert world.tick(after=DAY // 2 + 40 * MINUTE) is None
        assert [m.status for m in world.messages()] == ["queued"]


def test_words_that_other_programs_write_for_no_name_are_none(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for word in ("NULL", "N/A", "-", " null "):
            taken(world, first_name=word, last_name=word)
            assert who(world, ADA).fields == {"first_name": "Ada"}
        taken(world, first_name="Nan", last_name="Null", email="-@acme.example")
        assert who(world, ADA).fields == {"first_name": "Nan", "last_name": "Null", "email": "-@acme.example"}
