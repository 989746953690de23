"""Contacts as they come in, and the CSV import (C0)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.shared.terminal import Tell, with_progress
from engine.contacts.csv_import import Imported, import_file
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.intake import events
from engine.intake.events import IncomingEvent
from engine.store import contacts
from engine.store.contacts import StoredContact
from tests.world import ADA, BEN, CY, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = "flow: hello\nlanguage: 1\ntrigger: manual\nsteps: [{id: one, sms: One}]\n"
NEW = "+13035550123"


def put(world: World, *incoming: IncomingContact) -> list[StoredContact | NotTaken]:
    return world.app.database.write(lambda db: upsert(db, incoming, "America/New_York", world.clock.now()))


def consent_of(world: World, phone: str) -> str | None:
    with world.app.database.reading() as db:
        return (contacts.consents(db, [phone]).get(phone) or (None,))[0]


def test_a_key_and_a_number_belong_together(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        (made,) = put(world, IncomingContact("k1", NEW, {"first_name": "Di"}))
        assert isinstance(made, StoredContact) and (made.region, made.zone) == ("US", "America/Denver")
        assert put(world, IncomingContact("k1", ADA, {})) == [
            NotTaken("conflict", "this key belongs to another number", "key")
        ]
        assert put(world, IncomingContact("k2", NEW, {})) == [
            NotTaken("conflict", "this number belongs to another key")
        ]
        assert put(world, IncomingContact("nobody", None, {}))[0] == NotTaken(
            "rejected", "no contact has this key; a new one needs a phone"
        )
        (again,) = put(world, IncomingContact("k1", None, {"first_name": None, "tier": "gold"}))
        assert isinstance(again, StoredContact) and again.fields == {"tier": "gold"}


def test_a_contact_known_by_number_gets_its_key(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        (named,) = put(world, IncomingContact("ada-1", ADA, {}))
        assert isinstance(named, StoredContact) and named.key == "ada-1"
        with world.app.database.reading() as db:
            found = contacts.one(db, "ada-1")
        assert found is not None and found.phone == ADA


def test_the_same_contact_twice_in_a_batch_is_one(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        first, second = put(world, IncomingContact(None, NEW, {"tier": "a"}), IncomingContact(None, NEW, {"tier": "b"}))
        assert isinstance(first, StoredContact) and isinstance(second, StoredContact)
        assert first.id == second.id and second.fields == {"tier": "b"}


def csv(world: World, *lines: str) -> Imported:
    path = world.folder / "people.csv"
    path.write_text("\n".join(lines) + "\n")
    return import_file(
        world.app.database, world.app.deployed().project, path, world.folder / "errors.csv", world.clock.now()
    )


def test_an_import_twice_changes_nothing(tmp_path: Path) -> None:
    rows = ("phone,first_name,orders,consent", f"{NEW},Di,3,subscribed", f"{BEN},Benjamin,,subscribed")
    with World(tmp_path, FLOW) as world:
        assert csv(world, *rows) == Imported(new=1, changed=1, unchanged=0, rejected=0)
        assert csv(world, *rows) == Imported(new=0, changed=0, unchanged=2, rejected=0)
        assert consent_of(world, NEW) == "subscribed"
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM consent_log WHERE phone = ?", (NEW,)).fetchone() == (1,)


def test_an_import_never_lifts_an_opt_out(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        world.consent(ADA, "unsubscribed")
        csv(world, "phone,consent", f"{ADA},subscribed")
        assert consent_of(world, ADA) == "unsubscribed"
        item = IncomingEvent("list.joined", {"phone": ADA, "consent": "subscribed"}, {})
        (taken,) = events.accept(world.app.database, world.app.deployed().project, [item], world.clock.now())
        assert taken.status == "accepted" and consent_of(world, ADA) == "unsubscribed"
        world.consent(ADA, "subscribed", lifts=True)
        assert consent_of(world, ADA) == "subscribed"


def test_bad_rows_go_to_the_errors_file_and_the_others_in(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        done = csv(world, "phone,key,orders", f"{NEW},k1,1", "12,k2,1", f"{NEW},k3,1", "+13035550124,k4,many")
        assert done._replace(reasons=()) == Imported(new=1, changed=0, unchanged=0, rejected=3)
        errors = (world.folder / "errors.csv").read_text().splitlines()
        assert errors[0] == "line,column,value,reason"
        assert [line.split(",")[:2] for line in errors[1:]] == [["3", "phone"], ["4", "phone"], ["5", "orders"]]
        assert "3035550123" not in "".join(errors)


def test_an_opt_out_by_text_is_kept_for_a_number_that_we_do_not_know_yet(tmp_path: Path) -> None:
    from engine.intake import inbound
    from engine.senders.sender import InboundText

    with World(tmp_path, FLOW) as world:
        stop = InboundText("i1", NEW, "+18445550100", "STOP", (), world.clock.now())
        inbound.receive_texts(world.app.database, [stop], world.clock.now())
        csv(world, "phone,consent", f"{NEW},subscribed")
        assert consent_of(world, NEW) == "unsubscribed"
        start = InboundText("i2", NEW, "+18445550100", "Start", (), world.clock.now())
        inbound.receive_texts(world.app.database, [start], world.clock.now())
        assert consent_of(world, NEW) == "subscribed"


def test_rows_that_say_no_of_numbers_subscribed_here_are_counted(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        done = csv(world, "phone,consent", f"{ADA},no", f"{BEN},", f"{NEW},no", f"{CY},yes")
        assert (done.silent, consent_of(world, ADA)) == (2, "subscribed")
        assert csv(world, "phone", ADA).silent == 0, "a file without the column says nothing of consent"


def test_an_import_that_is_stopped_says_how_far_it_came(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(tell: Tell) -> None:
        tell(2_000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_progress(stopped)
    said = capsys.readouterr().err
    assert "stopped after 2,000 rows" in said and "the same command continues" in said
