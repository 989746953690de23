"""What is right because one writer runs it stays right with two daemons: each order of statements that would go wrong, played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.contacts import consent
from engine.core.retry import LEASE_MS
from engine.delivery import results
from engine.delivery.reconcile import reconcile
from engine.intake import events, inbound
from engine.intake.events import IncomingEvent
from engine.runtime.engine import Engine
from engine.senders.sender import InboundText, Receipt
from engine.store import contacts, holds, inbox, outbox
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.queries import listings
from engine.upkeep.chores import FORGET, begin
from tests.many.meanwhile import Aside, Meanwhile, to_its_end
from tests.many.pair import Pair
from tests.world import ADA, BEN, CY, DAY, MINUTE, PROJECT, START

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hi, sms: Hi}
  - id: bought
    wait_for: {happened: order.placed}
    up_to: 2d
    then: [{id: thanks, sms: Thanks}]
"""
MORNING = """\
flow: morning
language: 1
category: transactional
trigger: {schedule: {at: "2027-04-01 12:00", timezone: project, audience: {contact: {first_name: {exists: true}}}}}
steps: [{id: morning, sms: Good morning}]
"""


def test_a_stop_while_an_import_is_written_stays(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        phone = "+12125550199"
        given = ConsentChange(phone, "subscribed", "import", START)
        stop = ConsentChange(phone, "unsubscribed", "text stop", START)

        def stopped() -> None:
            to_its_end(lambda: shop.other.database.write(lambda db: contacts.set_consents(db, [stop], START)))

        importing = Meanwhile(shop.database, "INSERT INTO consent ", stopped)
        assert importing.write(lambda db: contacts.set_consents(db, [given], START)) == []
        with shop.database.reading() as db:
            assert contacts.consents(db, [phone]) == {phone: ("unsubscribed", START, None)}


def joined(shop: Pair, *phones: str) -> None:
    for phone in phones:
        shop.world.event("list.joined", phone)
    shop.world.tick()


def test_a_stop_is_answered_behind_the_claim_that_has_not_seen_it(pair: Callable[..., Pair]) -> None:
    """So the 250 ms from its answer to the last request count from the claim's end (M5)."""
    with pair(FLOW) as shop:
        joined(shop, ADA)
        beside: list[Aside] = []

        def stops() -> None:
            beside.append(Aside(lambda: consent.unsubscribe(shop.other.database, ADA, "test", START)))
            beside[0].wait_until_it_waits(shop.url)

        claim = shop.outbox_that("UPDATE sender SET uses", stops).claim(START, 10)
        assert (len(claim.outgoing), beside[0].end()) == (1, True)
        assert shop.outbox.claim(START + 2_000, 10).outgoing == ()


def test_two_claims_of_one_sender_use_its_rate_once(pair: Callable[..., Pair]) -> None:
    with pair(FLOW, project=PROJECT.replace("rate: 1000", "rate: 2")) as shop:
        joined(shop, ADA, BEN, CY)
        beside: list[Aside] = []

        def claims_too() -> None:
            beside.append(Aside(lambda: shop.outbox.claim(START, 10)))
            beside[0].wait_until_it_waits(shop.url)

        first = shop.outbox_that("UPDATE sender SET uses", claims_too).claim(START, 10)
        assert [len(claim.outgoing) for claim in (first, beside[0].end())] == [2, 0]
        assert shop.outbox.claim(START + 1_249, 10).outgoing == (), (
            "the others' requests may start 250 ms behind their claim"
        )
        assert len(shop.outbox.claim(START + 1_250, 10).outgoing) == 1


def test_a_schedule_fires_once(pair: Callable[..., Pair]) -> None:
    with pair(MORNING) as shop:
        shop.world.clock.move_to(START + 2 * 60 * MINUTE)
        shop.engine_that("FROM schedule WHERE due_at <=", lambda: to_its_end(shop.tick_of_the_other)).tick(shop.now)
        assert [message.step for message in shop.world.messages()] == ["morning"] * 3


def test_a_run_is_advanced_by_one_of_them(pair: Callable[..., Pair]) -> None:
    """While one advances it, the other finds nothing that it could do, and looks again soon."""
    with pair(FLOW) as shop:
        joined(shop, ADA)
        shop.world.send()
        shop.world.clock.move_to(START + 2 * DAY)
        told: list[int | None] = []
        busy = shop.engine_that("UPDATE run SET", lambda: told.append(to_its_end(shop.tick_of_the_other)))
        busy.tick(shop.now)
        assert told[0] is not None
        assert shop.now < told[0] <= shop.now + 100
        assert shop.world.ends() == ["end"]


class FailsOnce:
    """A database whose first write transaction fails at its end; what is done behind it, `act` does."""

    def __init__(self, database: Any, act: Callable[[], object]) -> None:
        self._database, self._act, self._failed = database, act, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, function: Callable[[Any], Any]) -> Any:
        if self._failed:
            return self._database.write(function)
        self._failed = True

        def fails(db: Any) -> None:
            function(db)
            raise RuntimeError

        try:
            self._database.write(fails)
        finally:
            self._act()


@pytest.mark.parametrize("due", [False, True], ids=["an event", "a run"])
def test_where_one_fails_and_another_daemon_does_it_the_next_one_is_not_set_aside(
    pair: Callable[..., Pair], due: bool
) -> None:
    with pair(FLOW) as shop:
        for phone in (ADA, BEN):
            shop.world.event("list.joined", phone)
            if due:
                shop.world.tick(MINUTE)
        if due:
            shop.world.clock.move_to(START + 3 * DAY)
        quicker = Engine(shop.other.database, shop.other.deployed, batch=1, batches=1)
        database = FailsOnce(shop.database, lambda: quicker.tick(shop.now))
        Engine(database, shop.world.app.deployed, batch=1).tick(shop.now)  # type: ignore[arg-type]
        assert sorted(run.status for run in shop.world.runs()) == ["exited" if due else "waiting"] * 2
        with shop.database.reading() as db:
            assert listings.notices(db) == []


def test_an_event_of_a_contact_that_is_held_waits(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        joined(shop, ADA)
        shop.world.send()
        shop.world.event("order.placed", ADA, {"order_id": "1", "total": 5})

        def hold(db: Any) -> bool:
            contacts.lock(db, [1, 2, 3])
            to_its_end(shop.tick_of_the_other)
            return inbox.more_than(db, 0)

        assert shop.database.write(hold), "it is not consumed"
        shop.tick_of_the_other()
        assert [message.step for message in shop.world.messages()] == ["hi", "thanks"]


def test_what_a_claim_puts_aside_is_there_for_resume(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        joined(shop, ADA)
        flow = shop.world.app.deployed().names.flow_ids["hello"]
        shop.database.write(lambda db: holds.pause(db, flow, START))
        beside: list[Aside] = []

        def resumes() -> None:
            beside.append(Aside(lambda: shop.other.database.write(lambda db: holds.resume(db, flow))))
            beside[0].wait_until_it_waits(shop.url)

        shop.outbox_that("UPDATE message SET status", resumes).claim(START, 10)
        assert beside[0].end()
        assert [message.status for message in shop.world.messages()] == ["queued"]


def test_a_duplicate_that_comes_at_the_same_time_is_one(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        project = shop.world.app.deployed().project
        item = IncomingEvent("list.joined", {"phone": ADA}, {}, id="A-1")

        def taken(database: Database) -> list[str]:
            return [answer.status for answer in events.accept(database, project, [item], START)]

        said: list[list[str]] = []
        slow = Meanwhile(shop.database, "OR key", lambda: said.append(to_its_end(lambda: taken(shop.other.database))))
        slow.write_apart = lambda *work: Database.write_apart(slow, *work)  # type: ignore[arg-type, attr-defined]
        assert [taken(slow), *said] == [["duplicate"], ["accepted"]]  # type: ignore[arg-type]


def test_a_text_of_a_number_that_nobody_knows_is_stored_once(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        text = InboundText("x-1", "+12125550198", "+18445550100", "hello?", (), START)

        def receive(database: Any) -> None:
            inbound.receive_texts(database, [text], START)

        receive(Meanwhile(shop.database, "INSERT INTO event", lambda: to_its_end(lambda: receive(shop.other.database))))
        with shop.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM event WHERE outside_id = 'in:x-1'").fetchone() == (1,)


def test_a_request_keeps_its_lease_and_a_late_answer_counts(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        joined(shop, ADA)
        (message,) = shop.world.outbox.claim(START, 10).outgoing
        recover = outbox.recover
        assert shop.other.database.write(lambda db: recover(db, START, (), START + LEASE_MS - 1)) == 0
        assert shop.other.database.write(lambda db: recover(db, START, (), START + LEASE_MS)) == 1
        assert [message.status for message in shop.world.messages()] == ["unknown"]
        shop.world.outbox.settle([results.accepted(message, Receipt("P-1"), START, START)], START + LEASE_MS)
        assert [message.status for message in shop.world.messages()] == ["accepted"]


def test_a_chore_is_begun_by_one_of_them(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        assert begin(shop.database, FORGET, START)
        told: list[bool] = []

        def begins_too() -> None:
            told.append(to_its_end(lambda: begin(shop.other.database, FORGET, START + DAY)))

        first = Meanwhile(shop.database, "ON CONFLICT (name) DO UPDATE", begins_too)
        assert begin(first, FORGET, START + DAY)  # type: ignore[arg-type]
        assert told == [False]


def test_one_daemon_asks_for_an_unknown_message(pair: Callable[..., Pair]) -> None:
    with pair(FLOW) as shop:
        joined(shop, ADA)
        shop.world.outbox.claim(START, 10)
        shop.database.write(lambda db: outbox.recover(db, START))
        shop.world.clock.move_to(START + 3 * MINUTE)
        asked: list[int] = []

        class Asked:
            def lookup(self, key: str, sought: object) -> Receipt:
                asked.append(len(to_its_end(lambda: reconcile(shop.other.database, {"main": self}, lambda: shop.now))))
                return Receipt("P-1")

        assert len(reconcile(shop.database, {"main": Asked()}, lambda: shop.now)) == 1
        assert asked == [0]
