"""Numbers that are not to be texted any more: by a provider's word, by a file (C0, C2)."""

from __future__ import annotations

from pathlib import Path

from engine.contacts import consent
from engine.contacts.csv_import import import_file, suppress_file
from engine.intake import inbound
from engine.intake.events import IncomingEvent, accept
from engine.senders.sender import StatusReport
from tests.stories.consent.stage import FREE, ZED, Shop
from tests.world import ADA, BEN, CY, DAY

LANDLINE = "+12025550197"


def told_of(shop: Shop, phone: str) -> list[tuple[str, str | None]]:
    who = shop.listed(phone)
    assert who is not None
    with shop.app.database.reading() as db:
        (id,) = db.execute("SELECT id FROM contact WHERE phone = ?", (phone,)).fetchone()
    return [(message.status, message.reason) for message in shop.messages() if message.contact == id]


def test_a_provider_knows_of_a_stop_that_we_missed(tmp_path: Path) -> None:
    """The run ends and what waits is cancelled, as if the STOP had come to us."""
    with Shop(tmp_path) as shop:
        shop.event("list.joined", CY)  # Canada: by the toll-free number
        shop.simulator.text_from(CY, FREE, "STOP")
        shop.goes_on()
        shop.goes_on(3 * DAY)
        assert shop.consent_of(CY) == "unsubscribed"
        assert told_of(shop, CY) == [("failed", "the recipient has opted out of this number")]
        assert shop.ends() == ["opted out"]


def test_a_callback_says_so_as_well(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.event("list.joined", BEN)
        shop.goes_on()
        first, second = shop.simulator.ledger.messages()
        now = shop.clock.now()
        reports = [
            StatusReport(first.id, first.tag, "undelivered", "opted-out", None, now, opted_out=True),
            StatusReport(second.id, second.tag, "undelivered", "landline", "a landline", now, unreachable=True),
        ]
        inbound.receive_statuses(shop.app.database, "local", reports * 2, now)
        shop.goes_on(3 * DAY)
        assert shop.ends() == ["opted out", "end"]
        assert told_of(shop, BEN)[1:] == [("skipped", "cannot be texted: a landline")]
        assert shop.consent_of(BEN) == "subscribed", "a landline is no opt-out"


def test_a_landline_is_learned_once_and_a_person_knows_better(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.contact(LANDLINE)
        shop.consent(LANDLINE, "subscribed")
        for _ in range(2):
            shop.event("list.joined", LANDLINE)
            shop.goes_on(3 * DAY)
            shop.goes_on()
        skipped = ("skipped", "cannot be texted: a landline")
        assert told_of(shop, LANDLINE) == [("failed", "a landline"), skipped, skipped, skipped]
        assert len(shop.simulator.ledger.refusals()) == 1
        assert (shop.listed(LANDLINE) or {})["unreachable"] == "a landline"
        assert consent.subscribe(shop.app.database, LANDLINE, "it is a mobile now", shop.clock.now())
        assert (shop.listed(LANDLINE) or {})["unreachable"] is None


def test_what_waits_for_a_landline_is_cancelled_at_the_gate(tmp_path: Path) -> None:
    from engine.store import contacts

    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        shop.app.database.write(lambda db: contacts.set_unreachable(db, ADA, "a landline", shop.clock.now()))
        shop.send_all()
        assert shop.told() == [("hero", "cancelled", "cannot be texted: a landline")]


def test_a_suppression_list_opts_out_whoever_is_on_it(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        path, errors = tmp_path / "stops.csv", tmp_path / "stops.errors.csv"
        path.write_text(f"name,phone,why\nAda,{ADA},asked\n,'{ZED},\nBad,12,,,\n\nAda again,{ADA}\n,,\n")
        done = suppress_file(shop.app.database, path, errors, "old provider", shop.clock.now())
        assert done[:3] == (2, 0, 1)
        assert errors.read_text().splitlines()[1].startswith("4,phone,•••,")
        shop.goes_on(3 * DAY)
        assert shop.told() == [("hero", "cancelled", "opted out")] and shop.ends() == ["opted out"]
        assert shop.listed(ZED) is None and shop.consent_of(ZED) == "unsubscribed"
        again = suppress_file(shop.app.database, path, errors, "old provider", shop.clock.now())
        assert again[:3] == (0, 2, 1)


def test_an_import_that_says_unsubscribed_cancels_what_waits(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.event("list.joined", BEN)
        shop.tick()
        path = tmp_path / "contacts.csv"
        path.write_text(f"phone,consent\n{ADA},unsubscribed\n{BEN},subscribed\n")
        import_file(shop.app.database, shop.app.deployed().project, path, None, shop.clock.now())
        shop.goes_on(DAY)
        assert shop.ends() == ["opted out", "waiting:think"]
        assert {to for to, _ in shop.arrived()} == {BEN}


def test_an_event_that_brings_an_opt_out_does_too(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        item = IncomingEvent("order.placed", {"phone": ADA, "consent": "unsubscribed"}, {"order_id": "A-1"})
        accept(shop.app.database, shop.app.deployed().project, [item], shop.clock.now())
        shop.goes_on()
        assert shop.told() == [("hero", "cancelled", "opted out")] and shop.ends() == ["opted out"]
