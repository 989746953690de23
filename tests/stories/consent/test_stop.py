"""A STOP finds a message or a run in any state, and nothing leaves after it (C2, M5), told as stories."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.delivery.outbox import Outbox
from engine.store.states import SENDING
from tests.stories.consent.stage import FREE, LONG, PROMO, ZED, Shop
from tests.world import ADA, BEN, DAY, HOUR, MINUTE

ANSWERED = PROMO.replace("delay: 2d", "wait_for: {happened: order.placed}\n    up_to: 2d")
SHORT = PROMO[: PROMO.index("  - id: think")]
MARKETING = "hero", "last"

State = Callable[[Shop], None]
Told = list[tuple[str, str, str | None]]


def entered(shop: Shop) -> None:
    shop.event("list.joined", ADA)
    shop.tick()


def committed(shop: Shop) -> None:
    shop.event("list.joined", ADA)


def sent(shop: Shop) -> None:
    entered(shop)
    shop.send_all()


def parked(shop: Shop) -> None:
    sent(shop)
    shop.app.database.write(lambda db: db.execute("UPDATE run SET status = 1, reason = 'a fault' WHERE status = 0"))


def deferred(shop: Shop) -> None:
    shop.simulator.add_fault("503;retry_after=60")
    sent(shop)


def unknown(shop: Shop) -> None:
    shop.simulator.add_fault("drop_answer")
    sent(shop)


def delivered(shop: Shop) -> None:
    sent(shop)
    shop.callbacks()
    shop.tick()


# what stands when STOP comes, the flow, what became of its message, how the run ended, how many requests left in all
STATES: list[tuple[State, str, Told, list[str | None], int]] = [
    (committed, PROMO, [("hero", "skipped", "opted out")], ["opted out"], 0),
    (entered, PROMO, [("hero", "cancelled", "opted out")], ["opted out"], 0),
    (deferred, PROMO, [("hero", "cancelled", "opted out")], ["opted out"], 0),
    (sent, PROMO, [("hero", "accepted", None)], ["opted out"], 1),
    (delivered, PROMO, [("hero", "delivered", None)], ["opted out"], 1),
    (unknown, PROMO, [("hero", "unknown", "the request was sent and no complete response arrived")], ["opted out"], 1),
    (parked, PROMO, [("hero", "accepted", None)], ["opted out"], 1),
    (sent, ANSWERED, [("hero", "accepted", None)], ["opted out"], 1),
    (entered, SHORT, [("hero", "cancelled", "opted out")], ["end"], 0),
    (sent, SHORT, [("hero", "accepted", None)], ["end"], 1),
]


@pytest.mark.parametrize(("state", "flow", "told", "ends", "requests"), STATES)
def test_a_stop_in_any_state(
    tmp_path: Path, state: State, flow: str, told: Told, ends: list[str | None], requests: int
) -> None:
    """To the toll-free number, and, once she is subscribed again, to the long code."""
    with Shop(tmp_path, flow) as shop:
        for count, to in ((1, FREE), (2, LONG)):
            state(shop)
            shop.hears("STOP", to=to)
            shop.send_all()  # before any tick: the gate knows it already
            for after in (0, MINUTE, HOUR, 3 * DAY):
                shop.goes_on(after)
            assert shop.consent_of() == "unsubscribed"
            shown = [message for message in shop.told() if message[0] in MARKETING]
            assert (shown, shop.ends()) == (told * count, ends * count), to
            assert len([text for _, text in shop.arrived() if "unsubscribed" not in text]) == requests * count, to
            shop.consent(ADA, "subscribed", lifts=True)


def in_flight(shop: Shop) -> tuple[Outbox, int]:
    entered(shop)
    claimed = shop.clock.now()
    return shop.outbox, claimed


@pytest.mark.parametrize(("after", "requests", "state"), [(200, 1, "accepted"), (251, 0, "cancelled")])
def test_a_stop_between_the_claim_and_the_request(tmp_path: Path, after: int, requests: int, state: str) -> None:
    """M5: what was claimed before the STOP may start for a quarter of a second; then it goes back to the gates."""
    with Shop(tmp_path) as shop:
        outbox, claimed = in_flight(shop)
        (outgoing,) = outbox.claim(claimed, 10).outgoing
        shop.hears("STOP", to=FREE)
        shop.tick()
        shop.clock.move_to(claimed + after)
        outbox.settle([outbox.send(outgoing, claimed, shop.clock.now)], shop.clock.now())
        shop.goes_on(DAY)
        assert len(shop.arrived()) == requests
        assert [(m.step, m.status) for m in shop.messages()] == [("hero", state)]
        assert shop.ends() == ["opted out"]


def test_a_stop_while_the_request_is_made_and_the_provider_wants_it_again(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        outbox, claimed = in_flight(shop)
        (outgoing,) = outbox.claim(claimed, 10).outgoing
        shop.simulator.add_fault("503;retry_after=1")
        result = outbox.send(outgoing, claimed, shop.clock.now)
        shop.hears("STOP", to=FREE)
        shop.tick()
        with shop.app.database.reading() as db:
            assert db.execute("SELECT status FROM message WHERE flow <> 0").fetchone() == (SENDING,), (
                "nobody takes it from its request"
            )
        outbox.settle([result], shop.clock.now())
        shop.goes_on(MINUTE)
        assert shop.told() == [("hero", "cancelled", "opted out")] and shop.arrived() == []


def test_two_stops_are_one_opt_out_and_one_answer(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP")
        shop.hears("stop!", id="in-a")
        shop.hears("stop!", id="in-a")
        shop.goes_on()
        shop.hears("STOP")
        shop.goes_on(HOUR)
        assert shop.answers() == [("opt_out", "accepted", None)]
        with shop.app.database.reading() as db:
            (count,) = db.execute("SELECT COUNT(*) FROM consent_log WHERE status = 'unsubscribed'").fetchone()
        assert count == 1


def test_a_stop_of_others_leaves_them_alone(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for phone in (ADA, BEN):
            shop.event("list.joined", phone)
        shop.tick()
        shop.hears("STOP", BEN)
        shop.goes_on(2 * DAY)
        assert sorted(shop.ends(), key=str) == ["end", "opted out"]
        assert {to for to, text in shop.arrived() if "last" in text} == {ADA}


def test_a_stop_from_nobody_we_know_outlives_their_import(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP", ZED, id="in-z")
        shop.goes_on()
        assert shop.listed(ZED) is None and shop.consent_of(ZED) == "unsubscribed"
        assert shop.answers() == [], "there is nobody to answer"
        shop.contact(ZED)
        shop.consent(ZED, "subscribed")
        shop.event("list.joined", ZED)
        shop.goes_on()
        assert shop.told() == [("hero", "skipped", "opted out")]
        shop.hears("START", ZED)
        shop.hears("STOP", ZED, id="in-z")  # the first one comes once more
        assert shop.consent_of(ZED) == "subscribed"


def test_a_start_that_was_sent_before_the_stop_does_not_lift_it(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        before = shop.clock.now() - MINUTE
        shop.hears("STOP")
        shop.hears("START", at=before)
        assert shop.consent_of() == "unsubscribed"
        shop.hears("START")
        assert shop.consent_of() == "subscribed"


def test_a_stop_in_other_words_counts_and_a_person_looks_at_it(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        entered(shop)
        shop.hears("please stop texting me " + "x" * 500)
        shop.goes_on()
        assert shop.consent_of() == "unsubscribed" and shop.ends() == ["opted out"]
        assert shop.answers() == [("opt_out", "accepted", None)]
        (note,) = shop.notes()
        assert note.startswith("+1202•••0143 opted out in other words: “please stop") and len(note) < 260


def test_what_only_may_be_a_stop_opts_nobody_out(tmp_path: Path) -> None:
    with Shop(tmp_path, ANSWERED.replace("happened: order.placed", "replied: true")) as shop:
        entered(shop)
        shop.send_all()
        shop.hears("don’t stop, love it", id="in-1")
        shop.hears("don’t stop, love it", id="in-1")
        shop.goes_on()
        assert shop.consent_of() == "subscribed" and shop.answers() == []
        assert shop.notes() == ["+1202•••0143 may want to opt out; nothing was changed: “don’t stop, love it”"]
        assert shop.ends() == ["end"], "it is an ordinary reply as well"


def test_an_opt_out_that_somebody_recorded_is_no_reply_of_the_contact(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from engine.contacts import consent

    asking = ANSWERED.replace("happened: order.placed", "replied: true").replace(
        "language: 1", "language: 1\ncategory: transactional"
    )
    with caplog.at_level(logging.CRITICAL), Shop(tmp_path, asking) as shop:
        sent(shop)
        consent.unsubscribe(shop.app.database, ADA, "phone call", shop.clock.now())
        shop.goes_on()
        assert shop.ends() == ["waiting:think"]


def test_a_stop_cancels_what_waits_of_transactional_flows_too(tmp_path: Path) -> None:
    """C2, at the tick and not first when somebody tries to send it."""
    receipt = PROMO.replace("flow: promo\nlanguage: 1", "flow: receipt\nlanguage: 1\ncategory: transactional")
    with Shop(tmp_path, receipt) as shop:
        entered(shop)
        assert shop.told() == [("hero", "queued", None)]
        shop.hears("STOP", to=FREE)
        shop.tick()
        assert shop.told() == [("hero", "cancelled", "opted out")]
