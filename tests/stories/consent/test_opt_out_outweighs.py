"""An opt-out beside a consent, in what is refused, and against instants that lie ahead (C0, E4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contacts.csv_import import import_file
from engine.intake import events
from engine.store import contacts
from engine.store.sql import rows
from tests.stories.consent.stage import Shop
from tests.world import ADA, BEN, MINUTE, START

NEW = "+12025550188"
FAR = 253_370_764_800_000  # the year 9999
SAID = "its opt-out still counts"


def consents(shop: Shop, *said: tuple[str, str]) -> list[str]:
    items = [
        {"event": "list.joined", "contact": {"phone": phone, "consent": status}, "data": {"list": "vip"}}
        for phone, status in said
    ]
    return [each.status for each in taken(shop, *items)]


def taken(shop: Shop, *items: object) -> list[events.IntakeResult]:
    return events.accept_documents(shop.app.database, shop.app.deployed().project, items, shop.clock.now())


def log(shop: Shop, phone: str) -> list[str]:
    with shop.app.database.reading() as db:
        return [
            row["status"] for row in rows(db, "SELECT status FROM consent_log WHERE phone = ? ORDER BY id", (phone,))
        ]


def imported(shop: Shop, text: str) -> str:
    path, errors = shop.folder / "people.csv", shop.folder / "people.errors.csv"
    errors.unlink(missing_ok=True)
    path.write_text(text)
    import_file(shop.app.database, shop.app.deployed().project, path, errors, shop.clock.now())
    return errors.read_text() if errors.exists() else ""


@pytest.mark.parametrize("order", [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")])
def test_in_one_batch_the_opt_out_outweighs_and_each_is_logged(tmp_path: Path, order: tuple[str, str]) -> None:
    with Shop(tmp_path) as shop:
        assert consents(shop, *((NEW, status) for status in order)) == ["accepted", "accepted"]
        assert (shop.consent_of(NEW), log(shop, NEW)) == ("unsubscribed", ["subscribed", "unsubscribed"])
        shop.tick()
        assert not [m for m in shop.messages() if m.status == "queued"], "its run has ended"


@pytest.mark.parametrize("order", [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")])
def test_in_one_file_too(tmp_path: Path, order: tuple[str, str]) -> None:
    with Shop(tmp_path) as shop:
        assert imported(shop, "phone,consent\n" + "".join(f"{NEW},{status}\n" for status in order)) == ""
        assert (shop.consent_of(NEW), log(shop, NEW)) == ("unsubscribed", ["subscribed", "unsubscribed"])


def out(phone: str, **more: object) -> dict[str, object]:
    contact = {"phone": phone, "consent": {"status": "unsubscribed", "source": "desk"}, **more}
    return {"event": "list.joined", "contact": contact, "data": {"list": "vip"}}


REFUSED: list[dict[str, object]] = [
    {**out(ADA), "event": "no.such"},
    {**out(ADA), "data": {"list": 3}},
    {**out(ADA), "unknown": 1},
    {**out(ADA), "occurred_at": "9999-01-01T00:00:00Z"},
    out(ADA, tier={"a": 1}),
    out(ADA, key=NEW),
    out(ADA, consent={"status": "unsubscribed", "at": "9999-01-01T00:00:00Z"}),
    out(ADA, consent={"status": "UNSUBSCRIBED", "by": "phone"}),
    out("+1 (202) 555-0143"),
    out("", key="ada"),
]


def test_an_opt_out_in_a_refused_item_counts_and_the_answer_says_so(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.app.database.write(lambda db: db.execute("UPDATE contact SET key = 'ada' WHERE phone = ?", (ADA,)))
        for number, item in enumerate(REFUSED):
            consents_again(shop)
            for status in ("rejected", "rejected"):
                (told,) = taken(shop, {**item, "id": f"A-{number}"})
                assert (told.status, told.opted_out) == (status, True), item
                assert told.reason is not None and told.reason.endswith(SAID), item
            assert shop.consent_of(ADA) == "unsubscribed", item
            with shop.app.database.reading() as db:
                assert contacts.consents(db, [ADA])[ADA][1] == shop.clock.now(), "from now on"


def consents_again(shop: Shop) -> None:
    """Ada, by a word that lifts an opt-out; a minute goes by before it and after."""
    shop.clock.move_to(shop.clock.now() + MINUTE)
    shop.consent(ADA, "subscribed", lifts=True)
    assert shop.consent_of(ADA) == "subscribed"
    shop.clock.move_to(shop.clock.now() + MINUTE)


def test_a_refused_consent_or_an_item_without_a_number_changes_nothing(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        no = {**out(NEW, consent="subscribed"), "event": "no.such"}
        for item in (no, out("", key="nobody"), {"event": "no.such", "contact": 3}, 7):
            (told,) = taken(shop, item)
            assert (told.status, told.opted_out) == ("rejected", False)
        assert shop.consent_of(NEW) is None


def test_an_id_used_for_another_event_is_refused_and_its_opt_out_counts(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        first = {"id": "A-1", "event": "list.joined", "contact": {"phone": ADA}, "data": {"list": "vip"}}
        assert [each.status for each in taken(shop, first, {**out(ADA), "id": "A-1"})] == ["accepted", "conflict"]
        assert shop.consent_of(ADA) == "unsubscribed"


REJECTED = [
    f"{ADA},,many,unsubscribed,",  # a field that does not fit
    f"{ADA},{NEW},,unsubscribed,",  # a key that reads as another number
    f"{ADA},ben,,unsubscribed,",  # the key of somebody else
    f"{ADA},,,unsubscribed,9999-01-01",
    f"{ADA},,,unsubscribed,tomorrow",
    f"{ADA},,,Unsubscribed",  # a cell is missing
    f'{ADA},,"1"2,unsubscribed,',  # a stray quote
    "no number,ada,,unsubscribed,",
]


def test_an_opt_out_in_a_rejected_row_counts(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        keys = [("ada", ADA), ("ben", BEN)]
        shop.app.database.write(lambda db: db.many("UPDATE contact SET key = ? WHERE phone = ?", keys))
        for row in REJECTED:
            consents_again(shop)
            errors = imported(shop, f"phone,key,orders,consent,consent_at\n{row}\n{BEN},ben,4,,\n").splitlines()
            assert len(errors) == 2 and SAID in errors[1], row
            assert (shop.consent_of(ADA), shop.consent_of(BEN)) == ("unsubscribed", "subscribed"), row


def test_an_instant_ahead_is_refused_and_a_little_ahead_is_now(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        event = {"event": "list.joined", "contact": {"phone": ADA}, "data": {"list": "vip"}}
        told = taken(
            shop,
            {**event, "occurred_at": "2027-04-01T14:05:00Z"},
            {**event, "occurred_at": "2027-04-01T14:05:00.001Z"},
            {**event, "contact": {"phone": NEW, "consent": {"status": "subscribed", "at": "2027-04-01T14:06:00Z"}}},
        )
        ahead = "is more than five minutes in the future"
        assert [(each.status, each.reason) for each in told] == [
            ("accepted", None),
            ("rejected", f"occurred_at: {ahead}"),
            ("rejected", f"consent.at: {ahead}"),
        ]
        errors = imported(shop, f"phone,consent,consent_at\n{NEW},subscribed,9999-01-01\n{BEN},subscribed,\n")
        assert errors.splitlines()[1] == f"2,consent_at,,{ahead}"
        with shop.app.database.reading() as db:
            assert rows(db, "SELECT occurred_at FROM event WHERE kind = 0") == [{"occurred_at": START}]


def test_a_stop_stamped_far_ahead_does_not_beat_a_later_start(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP", at=FAR)
        assert shop.consent_of() == "unsubscribed"
        with shop.app.database.reading() as db:
            assert contacts.consents(db, [ADA])[ADA][1] <= shop.clock.now(), "it is cut to now"
        shop.clock.move_to(shop.clock.now() + MINUTE)
        shop.hears("START")
        assert shop.consent_of() == "subscribed"


def test_a_stored_opt_out_of_the_future_does_not_either(tmp_path: Path) -> None:
    """A clock that was once wrong, or an older version, left it there."""
    with Shop(tmp_path) as shop:
        shop.hears("STOP")
        shop.app.database.write(lambda db: db.execute("UPDATE consent SET at = ?", (FAR,)))
        shop.hears("START", at=shop.clock.now() - MINUTE)
        assert shop.consent_of() == "subscribed"
