"""Consent that ends: from that instant on it is none, whatever was written before; another consent extends it, an opt-out beats all."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.clock import instant
from engine.contacts import consent, csv_export, csv_import, json_contact
from engine.contacts.documents import Contact, read
from engine.language.values.fields import BadValue
from engine.store import contacts
from engine.store.queries import listings
from engine.views import consents, public_rows
from tests.world import ADA, BEN, CY, DAY, HOUR, START, World

NEW, NEWER = "+13125550188", "+13125550189"
FLOW = """\
flow: offer
language: 1
trigger: {event: list.joined}
steps:
  - {id: one, sms: One}
  - {id: day, delay: 1d}
  - {id: two, sms: Two}
"""
WELCOME = """\
flow: welcome
language: 1
category: transactional
trigger: {event: contact.subscribed}
entry: {while_active: parallel}
steps: [{emit: order.placed}]
"""


def give(world: World, phone: str, **said: object) -> None:
    contact = read(Contact, {"phone": phone, "consent": {"status": "subscribed", **said}})
    json_contact.put(world.app.database, world.app.deployed().project, phone, contact, world.clock.now())


def standing(world: World, phone: str) -> tuple[str | None, str | None]:
    with world.app.database.reading() as db:
        (row,) = [row for row in listings.contacts(db) if row["phone"] == phone]
        told = public_rows.contact(row, world.clock.now())
    return told["consent"], told["consent_expires"]


def log(world: World, phone: str) -> list[tuple[str, str | None]]:
    with world.app.database.reading() as db:
        return [(each["status"], each["expires"]) for each in public_rows.consent_log(db, phone)]


def test_no_marketing_leaves_from_the_instant_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        until = {NEW: START + HOUR, NEWER: START + 2 * DAY}
        for phone, at in until.items():
            give(world, phone, expires=instant(at), source="order 17")
            world.event("list.joined", phone)
        world.tick()
        assert [row[1] for row in world.told()] == ["queued", "queued"]
        world.clock.move_to(START + HOUR - 1)  # a request may start some moments later: it is too late already
        world.send()
        assert sorted(world.told()) == [("one", "accepted", None), ("one", "cancelled", "the consent has ended")]
        assert standing(world, NEW) == ("subscribed", instant(START + HOUR))
        world.tick(1)
        assert standing(world, NEW) == (None, instant(START + HOUR))
        world.tick(DAY)
        world.send()
        assert [row for row in world.told() if row[0] == "two"] == [
            ("two", "skipped", "the consent has ended"),
            ("two", "accepted", None),
        ]
        assert f"subscribed until {instant(START + HOUR)} (order 17)" in " ".join(world.story(NEW))
        with world.app.database.reading() as db:
            found = {row["phone"]: consents.words(row, world.clock.now()) for row in listings.contacts(db)}
        assert found[NEW] == f"ended at {instant(START + HOUR)}"
        assert found[NEWER] == f"subscribed until {instant(START + 2 * DAY)}"


def test_another_consent_extends_it_and_shortens_none(tmp_path: Path) -> None:
    with World(tmp_path, WELCOME) as world:
        week, month = START + 7 * DAY, START + 30 * DAY
        give(world, NEW, expires=instant(week))
        give(world, NEW, expires=instant(month), source="order 18")
        give(world, NEW, expires=instant(week))
        assert standing(world, NEW) == ("subscribed", instant(month))
        assert log(world, NEW) == [("subscribed", instant(week)), ("subscribed", instant(month))]
        give(world, ADA, expires=instant(week))
        assert standing(world, ADA) == ("subscribed", None), "one that was given for good stays so"
        world.tick()
        entered = len(world.runs())
        assert entered == 4, "an extension changes no status"
        world.tick(31 * DAY)
        give(world, NEW, expires=instant(START + 60 * DAY))
        world.tick()
        assert len(world.runs()) == entered + 1, "it was none, and is one again"
        world.receive_text(NEW, "START")
        assert standing(world, NEW) == ("subscribed", None), "express consent does not end"
        consent.unsubscribe(world.app.database, NEW, "test", world.clock.now())
        give(world, NEW, expires=instant(START + 90 * DAY))
        assert standing(world, NEW)[0] == "unsubscribed", "an opt-out beats all"
        give(world, NEWER, expires=instant(START))
        assert standing(world, NEWER) == (None, instant(START)), "it had ended before it came: kept as proof"
        with pytest.raises(BadValue, match=r"consent\.expires: an opt-out does not end"):
            give(world, BEN, status="unsubscribed", expires=instant(month))


def test_a_file_brings_it_and_the_export_keeps_it(tmp_path: Path) -> None:
    rows = (
        "phone,consent,consent_expires,consent_source\n"
        f"{NEW},yes,2027-05-01,order\n{NEW},yes,2027-04-20,order\n{CY},yes,2027-05-01,\n"
        f"{NEWER},unsubscribed,2027-05-01,\n+13125550190,yes,soon,\n"
    )
    never = f"phone,consent,consent_at,consent_expires\n{NEW},yes,2026-03-02,2026-03-01\n"
    (tmp_path / "never.csv").write_text(never)
    (tmp_path / "people.csv").write_text(rows)
    with World(tmp_path / "shop", FLOW) as world:
        database, project = world.app.database, world.app.deployed().project
        errors = tmp_path / "errors.csv"
        done = csv_import.import_file(database, project, tmp_path / "people.csv", errors, world.clock.now())
        assert (done.new, done.rejected) == (1, 2)
        assert standing(world, NEW) == ("subscribed", "2027-05-01T00:00:00.000Z")
        assert standing(world, CY) == ("subscribed", None)
        told = errors.read_text()
        assert "an opt-out does not end" in told
        assert "expected a timestamp" in told
        done = csv_import.import_file(database, project, tmp_path / "never.csv", errors, world.clock.now())
        assert (done.rejected, done.reasons) == (
            1,
            ("1 row: it is not after consent_at: this consent would never have held",),
        )
        with database.reading() as db:
            assert contacts.consents(db, [NEWER])[NEWER].status == "unsubscribed", (
                "the refused row opts out all the same"
            )
        header, *people = "".join(csv_export.export(database, project.contact_fields)).splitlines()
        (row,) = [line for line in people if NEW in line]
        assert (
            dict(zip(header.split(","), row.split(","), strict=True))["consent_expires"] == "2027-05-01T00:00:00.000Z"
        )
