"""Who is meant (C0a), and a batch of strangers (E5)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.cli.shared.common import known_contact
from engine.contacts import json_contact
from engine.contacts.csv_import import Imported, import_file
from engine.contacts.documents import Contact
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.errors import Conflict, Refused
from engine.intake import events, inbound
from engine.senders.sender import InboundText
from engine.store import contacts, migrations, notices
from engine.store.contacts import StoredContact
from engine.store.queries import listings, measures
from engine.store.sql import rows
from engine.store.sqlite.database import SqliteDatabase
from tests.world import ADA, BEN, CY, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = "flow: hello\nlanguage: 1\ntrigger: {event: list.joined}\nsteps: [{id: one, sms: One}]\n"
NEW, OTHER = "+12025550188", "+12025550187"
READS_AS_ANOTHER = "a key that begins with + must be the contact's own number, and this one is different"


def joined(contact: dict[str, object], id: str | None = None) -> dict[str, object]:
    named = {} if id is None else {"id": id}
    return {"event": "list.joined", "contact": contact, "data": {"list": "vip"}, **named}


def taken(world: World, *items: object) -> list[tuple[str, str | None]]:
    done = events.accept_documents(world.app.database, world.app.deployed().project, items, world.clock.now())
    return [(each.status, each.reason) for each in done]


def text(world: World, words: str, phone: str, id: str = "t-1") -> None:
    item = InboundText(id, phone, "+18445550100", words, (), world.clock.now())
    inbound.receive_texts(world.app.database, [item], world.clock.now(), world.app.deployed)


def with_another_s_key(world: World) -> None:
    """A row as older versions took it: Ada's key is the number of somebody who is no contact."""
    world.app.database.write(lambda db: db.execute("UPDATE contact SET key = ? WHERE phone = ?", (NEW, ADA)))


def test_a_key_that_reads_as_another_number_is_refused_for_its_item_alone(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        items = (joined({"key": NEW, "phone": OTHER}), joined({"phone": NEW}), joined({"key": OTHER}))
        assert taken(world, *items) == [
            ("rejected", f"key: {READS_AS_ANOTHER}"),
            ("accepted", None),
            ("accepted", None),  # a key that is a number names it
        ]
        assert taken(world, joined({"key": BEN, "phone": BEN})) == [("accepted", None)], (
            "its own number is no key of its own"
        )
        with world.app.database.reading() as db:
            assert [
                row["key"] for row in rows(db, "SELECT key FROM contact WHERE key LIKE '+%' AND key <> phone")
            ] == []


def test_a_put_and_every_other_way_in_refuses_it_too(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        database, project, now = world.app.database, world.app.deployed().project, world.clock.now()
        with pytest.raises(Conflict, match="the number of another contact"):
            json_contact.put(database, project, NEW, Contact(phone=OTHER), now)
        incoming = [IncomingContact(NEW, OTHER, {}), IncomingContact(None, NEW, {})]
        refused, stranger = database.write(lambda db: upsert(db, incoming, "America/New_York", now))
        assert refused == NotTaken("rejected", READS_AS_ANOTHER, "key") and isinstance(stranger, StoredContact)


def test_a_row_whose_key_reads_as_another_number_is_rejected(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
        path.write_text(f"key,phone\n{NEW},{OTHER}\n,{NEW}\n2025550143,{OTHER}\n")
        done = import_file(world.app.database, world.app.deployed().project, path, errors, world.clock.now())
        assert done._replace(reasons=()) == Imported(new=2, changed=0, unchanged=0, rejected=1)
        assert READS_AS_ANOTHER in errors.read_text() and NEW not in errors.read_text()


def test_what_comes_from_a_phone_is_looked_up_by_number_alone(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        with_another_s_key(world)
        text(world, "STOP", NEW)
        with world.app.database.reading() as db:
            consent = contacts.consents(db, [ADA, NEW])
            assert (consent[ADA][0], consent[NEW][0]) == ("subscribed", "unsubscribed")
            assert rows(db, "SELECT contact FROM event WHERE kind = 4") == [{"contact": None}], "Ada texted nothing"
            assert contacts.one(db, NEW) is None
            assert contacts.one(db, ADA[1:]) is None, "digits alone are a key"


def test_one_item_that_cannot_be_stored_fails_alone(tmp_path: Path) -> None:
    """Whatever makes it so: here a row that no version of today writes."""
    with World(tmp_path, FLOW) as world:
        with_another_s_key(world)
        told = taken(
            world, joined({"phone": BEN}), joined({"phone": NEW}), joined({"phone": OTHER}), joined({"phone": CY})
        )
        assert [status for status, _ in told] == ["accepted", "failed", "accepted", "accepted"]
        path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
        path.write_text(f"phone,first_name\n{BEN},Benjamin\n{NEW},Di\n{OTHER},Em\n")
        done = import_file(world.app.database, world.app.deployed().project, path, errors, world.clock.now())
        assert done._replace(reasons=()) == Imported(new=0, changed=2, unchanged=0, rejected=1)
        assert errors.read_text().splitlines()[1].startswith("3,")


def older(folder: Path, sql: str, values: list[tuple[object, ...]]) -> SqliteDatabase:
    """A database of the version before, with Ada, Ben and Cy, brought up to date."""
    db = sqlite3.connect(folder / "older.db")
    db.executescript((Path(__file__).parents[1] / "store/database_0006.sql").read_text())
    db.executemany(sql, values)
    db.commit()
    db.close()
    database = SqliteDatabase(folder / "older.db")
    assert migrations.upgrade(database)
    return database


@pytest.mark.only("sqlite", "that version had no other")
def test_keys_of_an_older_version_become_their_own_numbers_all_at_once(tmp_path: Path) -> None:
    keys = [("x", ADA), (ADA, BEN), (BEN, ADA), ("+nobody", CY)]
    database = older(tmp_path, "UPDATE contact SET key = ? WHERE phone = ?", list(keys))
    with database.reading() as db:
        assert rows(db, "SELECT COUNT(*) n FROM contact WHERE key <> phone") == [{"n": 0}]
        told = {row["contact"]: row["note"] for row in listings.notices(db) if row["kind"] == notices.KEY}
        assert set(told) == {ADA, BEN, CY}
        assert f"its key {BEN} read" in told[ADA] and f"its key {ADA} read" in told[BEN]
        assert measures.open_notices(db, notices.KEY) == 3
    database.close()


def test_an_event_s_id_swallows_no_text(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        assert (
            taken(world, joined({"phone": ADA}, "in:SM1"), joined({"phone": ADA}, "st:SM2:delivered"))[0][0]
            == "accepted"
        )
        text(world, "hello", ADA, "SM1")
        with world.app.database.reading() as db:
            assert rows(db, "SELECT COUNT(*) n FROM event WHERE kind = 4") == [{"n": 1}]


@pytest.mark.only("sqlite", "that version had no other")
def test_ids_of_an_older_version_move_out_of_our_namespace(tmp_path: Path) -> None:
    sql = "INSERT INTO event (contact, kind, name, occurred_at, received_at, outside_id, pending) VALUES (1, ?, 'x', 0, 0, ?, 0)"
    database = older(tmp_path, sql, [(0, "in:SM1"), (1, "A-1"), (0, "ev:in:SM1"), (4, "in:SM2")])
    with database.reading() as db:
        found = rows(
            db, "SELECT outside_id id FROM event WHERE kind IN (0, 1, 4) AND outside_id IS NOT NULL ORDER BY id"
        )
    assert [row["id"] for row in found] == ["ev:A-1", "ev:ev:in:SM1", "ev:in:SM1", "in:SM2"]
    database.close()


def test_a_national_number_for_a_key_is_told_what_it_may_mean(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        ((status, reason),) = taken(world, joined({"key": "202-555-0143"}))
        assert status == "rejected" and reason is not None and reason.endswith("did you mean the number +1…?")
        with world.app.database.reading() as db, pytest.raises(Refused) as refused:
            known_contact(db, "2025550143")
        assert refused.value.help is not None and refused.value.help.startswith(f"did you mean {ADA}?")
