"""Forgetting: everything personal goes, an opt-out outlives it, and numbers stay numbers (C0)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.contacts import consent, csv_export
from engine.contacts.csv_import import import_file
from engine.errors import Refused
from engine.store import contacts, forgetting
from engine.store.queries import statistics
from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.stories.consent.stage import FREE, LONG, PROMO, ZED, Shop
from tests.world import ADA, BEN, DAY, HOUR, START


def forget(shop: Shop, phone: str = ADA) -> bool:
    done = forgetting.forget(shop.app.database, phone, shop.clock.now())
    assert done.log_cleared == isinstance(shop.app.database, SqliteDatabase)  # a server vacuums later
    return done.opt_out_kept


def everything(shop: Shop) -> Iterator[tuple[str, tuple[Any, ...]]]:
    with shop.app.database.reading() as db:
        for table in db.tables():
            for row in db.execute(f"SELECT * FROM {table}"):
                yield table, row


def where(shop: Shop, word: str) -> set[str]:
    return {table for table, row in everything(shop) if any(word in str(value) for value in row)}


def test_nothing_personal_is_left(tmp_path: Path) -> None:
    named = PROMO.replace("Acme: the", "Dear {{ contact.first_name | default('you') }}, the")
    with Shop(tmp_path, named) as shop:
        shop.event("list.joined", ADA, {"list": "Adas list"})
        shop.goes_on()
        shop.hears("please stop, says Ada")
        shop.goes_on()
        assert {"contact", "event", "message", "consent", "consent_log", "notice"} <= where(shop, "Ada") | where(
            shop, ADA
        )
        assert forget(shop)
        assert where(shop, "Ada") == where(shop, ADA) == where(shop, "in-18") == set()
        assert ADA.encode() not in bytes_of(shop), "nor in what the file has freed"
        rows = [(m.contact, m.step, m.status, m.text, m.price, m.provider_id) for m in shop.messages()]
        assert rows == [(-1, "hero", "accepted", "", 15_000, None), (-1, "opt_out", "accepted", "", 15_000, None)]
        assert shop.ends() == ["opted out"]


def bytes_of(shop: Shop) -> bytes:
    """Of the file, where the database is one."""
    if not isinstance(shop.app.database, SqliteDatabase):
        return b""
    path = file_of(shop.app.database)
    files = (path, path.with_name(path.name + "-wal"))
    return b"".join(file.read_bytes() for file in files if file.exists())


@pytest.mark.parametrize("joins", [False, True])
def test_what_somebody_wrote_before_they_were_known_goes_too(tmp_path: Path, joins: bool) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("my name is Zelda, when do you open", ZED)
        shop.hears("please stop, says Zelda", ZED)
        shop.goes_on()
        if joins:
            shop.contact(ZED, first_name="Zelda")
        assert {"event", "notice"} <= where(shop, "Zelda")
        assert forget(shop, ZED)
        assert where(shop, "Zelda") == where(shop, ZED) == set()
        assert b"Zelda" not in bytes_of(shop)


@pytest.mark.only("sqlite", "it looks into the file")
def test_what_was_changed_before_is_in_no_free_room_of_the_file(tmp_path: Path) -> None:
    """An old value lies where its row was, or in a page that nobody uses any more."""
    with Shop(tmp_path) as shop:
        for number in range(40):
            shop.contact(ADA, first_name=f"Adelheid{number}" * (1 if number % 2 else 400))
        shop.contact(ADA, first_name="Ada")
        forget(shop)
        assert b"Adelheid" not in bytes_of(shop)


@pytest.mark.only("sqlite", "its log is a file")
def test_a_log_that_somebody_still_reads_is_told(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.app.database = SqliteDatabase(file_of(shop.app.database), busy_seconds=0.05)
        with closing(sqlite3.connect(file_of(shop.app.database), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM contact").fetchone()
            assert not forgetting.forget(shop.app.database, ADA, shop.clock.now()).log_cleared
            reader.execute("ROLLBACK")
        assert shop.app.database.checkpoint()
        assert ADA.encode() not in bytes_of(shop)


def test_what_waits_is_cancelled_and_the_run_ends(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.consent(BEN, "unsubscribed")
        for phone in (ADA, BEN):
            shop.event("list.joined", phone)
        shop.tick()
        shop.event("list.joined", ADA)  # not looked at yet
        assert not forget(shop), "there was no opt-out to keep"
        assert forget(shop, BEN)
        shop.goes_on(3 * DAY)
        assert shop.told() == [("hero", "cancelled", "forgotten"), ("hero", "skipped", "opted out")]
        assert shop.ends() == ["forgotten"] * 2 and shop.arrived() == []
        with shop.app.database.reading() as db:
            (hero,) = statistics.of_flow(db, shop.app.deployed().names.flow_ids["promo"]).steps
        assert (hero.states, hero.skipped) == ({"cancelled": 1}, {"opted out": 1}), "the figures keep why"


def test_it_is_refused_while_a_message_is_being_sent(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        now = shop.clock.now()
        (outgoing,) = shop.outbox.claim(now, 10).outgoing
        with pytest.raises(Refused, match="is being sent right now"):
            forget(shop)
        shop.outbox.settle([shop.outbox.send(outgoing, now, shop.clock.now)], now)
        forget(shop)
        shop.callbacks()  # the provider's word comes late
        shop.tick()
        assert [(m.status, m.provider_id) for m in shop.messages()] == [("accepted", None)]


def test_a_new_contact_inherits_nothing_of_a_forgotten_one(tmp_path: Path) -> None:
    """The database gives the id of the last row out again."""
    with Shop(tmp_path) as shop:
        shop.contact("+12025550150")
        shop.consent("+12025550150", "subscribed")
        shop.event("list.joined", "+12025550150")
        shop.goes_on()
        forget(shop, "+12025550150")
        shop.contact("+12025550151", first_name="Eve")
        who = shop.listed("+12025550151")
        assert who is not None
        with shop.app.database.reading() as db:
            known = contacts.one(db, "+12025550151")
            assert known is not None
            from engine.store.queries.timeline import timeline_of

            assert timeline_of(db, known) == []


@pytest.mark.parametrize("way", ["import", "event", "text", "hand"])
def test_an_opt_out_outlives_forgetting_whatever_way_the_number_comes_back(tmp_path: Path, way: str) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP")
        shop.goes_on()
        assert forget(shop) and shop.consent_of() is None
        if way == "import":
            path = tmp_path / "contacts.csv"
            path.write_text(f"phone,consent,consent_source\n{ADA},subscribed,form\n")
            import_file(shop.app.database, shop.app.deployed().project, path, None, shop.clock.now())
        elif way == "text":
            shop.hears("HELP", to=FREE)
        elif way == "hand":
            shop.contact(ADA)
        shop.event("list.joined", ADA)
        shop.goes_on(HOUR)
        assert shop.consent_of() == "unsubscribed"
        assert [each for each in shop.told()[1:] if each[0] == "hero"] == [("hero", "skipped", "opted out")]
        with shop.app.database.reading() as db:
            (row,) = db.execute("SELECT status, source, at FROM consent_log WHERE phone = ?", (ADA,)).fetchall()
            assert row == ("unsubscribed", "opted out before it was forgotten", START)
            assert db.execute("SELECT * FROM forgotten").fetchall() == []


@pytest.mark.parametrize("way", ["START", "subscribe"])
def test_only_the_person_or_somebody_by_hand_lifts_it(tmp_path: Path, way: str) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP")
        shop.goes_on()
        forget(shop)
        if way == "START":
            shop.hears("START")
            shop.goes_on(HOUR)
        else:
            assert consent.subscribe(shop.app.database, ADA, "signed again", shop.clock.now())
            shop.contact(ADA)
        assert shop.consent_of() == "subscribed"
        shop.event("list.joined", ADA)
        shop.tick()
        assert shop.told()[-1] == ("hero", "queued", None)


def test_the_hash_is_no_number(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for phone in (ADA, BEN):
            shop.hears("STOP", phone)
            forget(shop, phone)
        with shop.app.database.reading() as db:
            hashes = [hash for hash, _, _ in db.execute("SELECT * FROM forgotten")]
        assert len(set(hashes)) == 2 and all(len(hash) == 64 for hash in hashes)


def test_an_export_reads_back_as_it_was(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.contact(ADA, last_name="=SUM(A1)", tier='a,b "c"', orders=-3, tags=["vip", "x"], timezone="America/Denver")
        shop.contact(BEN, first_name="'+1", birthday="1990-04-03")
        shop.hears("STOP", BEN, to=LONG)
        before = [shop.listed(phone) for phone in (ADA, BEN)]
        text = "".join(csv_export.export(shop.app.database, shop.app.deployed().summary.fields))
        assert f"\r\n'{ADA},'{ADA},Ada,'=SUM(A1)," in text
        for phone in (ADA, BEN):
            forget(shop, phone)
        shop.app.database.write(lambda db: db.execute("DELETE FROM forgotten"))
        path = tmp_path / "contacts.csv"
        path.write_bytes(text.encode())
        project = shop.app.deployed().project
        assert import_file(shop.app.database, project, path, None, shop.clock.now())[:4] == (2, 0, 1, 0)
        after = [shop.listed(phone) for phone in (ADA, BEN)]
        same = [{**row, "created_at": 0, "updated_at": 0} if row else None for row in before]
        assert [{**row, "created_at": 0, "updated_at": 0} if row else None for row in after] == same
        assert shop.consent_of(BEN) == "unsubscribed"
