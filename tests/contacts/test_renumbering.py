"""Another number for a contact: who stays the same, and what belongs to the number stays with it (C0, T1, C2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contacts import consent, renumbering
from engine.contacts.people import IncomingContact, upsert
from engine.errors import Conflict, NotFound, Refused
from engine.intake import inbound
from engine.messaging import numbers
from engine.senders.sender import StatusReport
from engine.store import contacts, forgetting
from engine.store.contacts import StoredContact
from engine.store.queries import listings
from engine.store.sql import Row
from engine.views import personal_data
from tests.stories.consent.stage import PROMO, Shop
from tests.world import ADA, BEN, DAY, HOUR, MINUTE

pytestmark = pytest.mark.usefixtures("each_database")

NEW, WEST = "+12025550188", "+12065550188"
LAST = "Acme: last chance"
HOURS = """\
flow: hours
language: 1
trigger: {event: list.joined}
steps:
  - id: morning
    delay: {until: {time: "09:00"}}
  - id: hello
    sms: Hello
"""
MMS = """\
flow: mms
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: Look, image: media/hero.png, otherwise: text}
"""


def renumber(shop: Shop, name: str = ADA, to: str = NEW) -> StoredContact | None:
    now = shop.clock.now()
    return renumbering.renumber(shop.app.database, name, numbers.parse(to), "America/New_York", now)


def row_of(shop: Shop, phone: str) -> Row:
    found = shop.listed(phone)
    assert found is not None
    return found


def status(shop: Shop, status: str, **more: bool) -> None:
    """What the provider says of the first message that it took."""
    entry = shop.simulator.ledger.messages()[0]
    report = StatusReport(entry.id, entry.tag, status, "x", "a reason", shop.clock.now(), **more)
    inbound.receive_statuses(shop.app.database, "local", [report], shop.clock.now())
    shop.goes_on()


def test_a_contact_stays_and_what_waits_for_the_old_number_does_not(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO) as shop:
        shop.event("list.joined", ADA)
        shop.tick()  # written, and not sent
        before = row_of(shop, ADA)
        consent.subscribe(shop.app.database, NEW, "form", shop.clock.now())
        changed = renumber(shop)
        assert changed is not None and (changed.id, changed.key, changed.phone) == (1, NEW, NEW)
        assert shop.listed(ADA) is None and row_of(shop, NEW)["fields"] == before["fields"]
        assert shop.told() == [("hero", "cancelled", "number changed")]
        shop.goes_on(2 * DAY)
        assert shop.arrived() == [(NEW, LAST)], "the run goes on, by the new number's consent"
        assert "number changed: from +1202•••0143 to +1202•••0188 (command line)" in shop.story(NEW)
        assert shop.consent_of(ADA) == shop.consent_of(NEW) == "subscribed", "the old one's stays with it"
        assert renumber(shop, NEW) is None, "it has that number already"
        assert renumber(shop, NEW, ADA) is not None and row_of(shop, ADA)["key"] == ADA, "and back"


def test_nothing_is_known_of_the_new_number(tmp_path: Path) -> None:
    """No consent, another zone, and no word of a provider; one that has opted out, also long ago, gets nothing at all."""
    with Shop(tmp_path, HOURS) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        due = listings_of_runs(shop)[0]["due_at"]
        shop.app.database.write(lambda db: contacts.set_unreachable(db, ADA, "a landline", shop.clock.now()))
        shop.app.database.write(lambda db: contacts.set_no_mms(db, 1, shop.clock.now()))
        consent.unsubscribe(shop.app.database, WEST, "letter", shop.clock.now())
        shop.contact(WEST)
        forgetting.forget(shop.app.database, WEST, shop.clock.now())
        assert renumber(shop, to=WEST) is not None
        with shop.app.database.reading() as db:
            (found,) = db.execute("SELECT zone, region, unreachable, no_mms_since FROM contact WHERE id = 1").fetchall()
        assert found == ("America/Los_Angeles", "US", None, None)
        assert listings_of_runs(shop)[0]["due_at"] == due + 3 * HOUR
        assert shop.consent_of(WEST) == "unsubscribed", "it came back with the number"
        shop.goes_on(2 * DAY)
        assert shop.told() == [("hello", "skipped", "opted out")] and shop.arrived() == []
        assert shop.consent_of(ADA) == "subscribed"


def listings_of_runs(shop: Shop) -> list[Row]:
    with shop.app.database.reading() as db:
        return list(listings.runs(db, listings.ListingFilter(contact=1)))


def test_who_has_the_number_and_what_is_not_handled_come_first(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO) as shop:
        upsert_key = IncomingContact("c-1", ADA, {})
        shop.app.database.write(lambda db: upsert(db, [upsert_key], "America/New_York", shop.clock.now()))
        with pytest.raises(Conflict, match="belongs to another contact"):
            renumber(shop, "c-1", BEN)
        with pytest.raises(NotFound):
            renumber(shop, "c-2")
        shop.hears("STOP")
        with pytest.raises(Refused, match="is not handled yet"):
            renumber(shop, "c-1")
        shop.goes_on()
        assert [to for to, _ in shop.arrived()] == [ADA], "the reply to a STOP goes where it came from"
        changed = renumber(shop, "c-1")
        assert changed is not None and (changed.key, changed.phone) == ("c-1", NEW)
        assert (shop.consent_of(ADA), shop.consent_of(NEW)) == ("unsubscribed", None)


def test_what_comes_late_of_the_old_number_is_its_own(tmp_path: Path) -> None:
    """A text is a stranger's; a report and a click are of the contact, but what a report says of the number is of the old one."""
    with Shop(tmp_path, PROMO.replace("is live.", "is live: {{ link('shop') }}")) as shop:
        shop.event("list.joined", ADA)
        shop.goes_on()
        consent.subscribe(shop.app.database, NEW, "form", shop.clock.now())
        renumber(shop)
        status(shop, "failed", opted_out=True, unreachable=True)
        assert (shop.consent_of(ADA), shop.consent_of(NEW)) == ("unsubscribed", "subscribed")
        assert row_of(shop, NEW)["unreachable"] is None and shop.told()[0][1] == "failed"
        with shop.app.database.reading() as db:
            (code,) = db.execute("SELECT code FROM link").fetchone()
        assert inbound.record_click(shop.app.database, code, shop.clock.now()) is not None
        shop.hears("who is this?", ADA)
        shop.hears("STOP", ADA)
        shop.goes_on()
        stranger = row_of(shop, ADA)
        assert stranger["key"] == ADA and "clicked" in " ".join(shop.story(NEW))
        shop.goes_on(2 * DAY)
        assert shop.arrived()[-1] == (NEW, LAST), "that STOP was not this contact's"


def test_a_request_under_way_is_not_touched_and_not_made_again(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO) as shop:
        consent.subscribe(shop.app.database, NEW, "form", shop.clock.now())
        shop.event("list.joined", ADA)
        shop.tick()
        now = shop.clock.now()
        (outgoing,) = shop.outbox.claim(now, 10).outgoing
        renumber(shop)
        assert shop.told() == [("hero", "sending", None)] and outgoing.to == ADA
        from engine.delivery import results
        from engine.senders.sender import SendDeferred

        shop.outbox.settle([results.deferred(outgoing, SendDeferred("429", "busy"), now, now)], now)
        shop.goes_on(HOUR)
        assert shop.told() == [("hero", "cancelled", "number changed")] and shop.arrived() == []
        shop.goes_on(2 * DAY)
        assert shop.arrived() == [(NEW, LAST)]


def test_a_picture_that_the_old_phone_did_not_take_goes_no_other_way(tmp_path: Path) -> None:
    with Shop(tmp_path, MMS) as shop:
        shop.event("list.joined", ADA)
        shop.goes_on()
        shop.consent(NEW, "subscribed")
        renumber(shop)
        status(shop, "failed", no_mms=True)
        shop.goes_on(MINUTE)
        assert [to for to, _ in shop.arrived()] == [ADA] and shop.told()[0][1] == "failed"
        with shop.app.database.reading() as db:
            assert db.execute("SELECT no_mms_since FROM contact WHERE id = 1").fetchone() == (None,)


def test_forgetting_and_showing_reach_the_numbers_before(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO) as shop:
        consent.unsubscribe(shop.app.database, ADA, "letter", shop.clock.now())
        shop.goes_on()
        renumber(shop)
        shown = personal_data.of_phone(shop.app.database, NEW, None, shop.clock.now())
        (had,) = shown["former_numbers"]
        assert had["phone"] == ADA and [each["status"] for each in had["consent_log"]] == ["subscribed", "unsubscribed"]
        assert forgetting.forget(shop.app.database, NEW, shop.clock.now()).opt_out_kept
        with shop.app.database.reading() as db:
            told = [str(row) for table in db.tables() for row in db.execute(f"SELECT * FROM {table}")]
        assert not any(ADA in row or NEW in row for row in told)
        shop.contact(ADA)
        assert shop.consent_of(ADA) == "unsubscribed"
