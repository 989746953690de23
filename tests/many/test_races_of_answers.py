"""Two daemons at one contact, one web call, one message: each order of statements that would go wrong, played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.retry import LEASE_MS
from engine.delivery.web_call import CallAnswer
from engine.delivery.webhooks import Webhooks
from engine.intake import inbound
from engine.senders.sender import StatusReport
from engine.store import webhooks
from tests.many.meanwhile import Meanwhile, to_its_end
from tests.many.pair import Pair
from tests.world import ADA, DAY, START

LATER = """\
flow: later
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: night, delay: 1d}
  - {id: soon, sms: It is tomorrow}
"""
THANKS = """\
flow: thanks
language: 1
category: transactional
trigger: {event: order.placed}
steps: [{id: thanks, sms: Thanks}]
"""
CALLS = """\
flow: calls
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: crm
    webhook: {url: "https://crm.example/in"}
  - {id: done, sms: Done}
"""


def test_one_of_them_writes_to_a_contact_at_a_time(pair: Callable[..., Pair]) -> None:
    """The ids of a contact's messages are the order in which they are there for a claim: one is in flight."""
    with pair(LATER, THANKS) as shop:
        shop.world.event("list.joined", ADA)
        shop.world.tick()
        shop.world.clock.move_to(START + DAY)
        shop.world.event("order.placed", ADA, {"order_id": "1", "total": 5})
        seen: list[tuple[int, int]] = []

        def other() -> None:
            to_its_end(shop.tick_of_the_other)
            claimed = to_its_end(lambda: shop.outbox.claim(shop.now, 10)).outgoing
            seen.append((len(shop.world.messages()), len(claimed)))

        writes = shop.engine_that("INSERT INTO message", other)
        writes.tick(shop.now)
        assert seen == [(0, 0)], "while one writes to the contact, the other leaves it alone"
        shop.tick_of_the_other()
        texts = {"soon": "It is tomorrow", "thanks": "Thanks"}
        written = [texts[message.step] for message in shop.world.messages()]
        assert sorted(written) == sorted(texts.values())
        for _ in written:
            (claimed,) = shop.outbox.claim(shop.now, 10).outgoing
            shop.outbox.settle([shop.outbox.send(claimed, shop.now, lambda: shop.now)], shop.now)
        assert [text.removeprefix("Acme: ") for _, text in shop.world.arrived()] == written


def answered(*_: Any) -> CallAnswer:
    return CallAnswer(200, {}, b"{}")


def test_a_web_call_is_made_by_one_of_them(pair: Callable[..., Pair]) -> None:
    with pair(CALLS) as shop:
        shop.world.event("list.joined", ADA)
        shop.world.tick()
        one, other = (Webhooks(app.database, app.deployed, answered) for app in (shop.world.app, shop.other))
        beside: list[int] = []

        def claims_too() -> None:
            beside.append(len(to_its_end(lambda: other.claim(shop.now, 10)).outgoing))

        one._database = Meanwhile(shop.database, "UPDATE webhook", claims_too)  # type: ignore[assignment]
        assert len(one.claim(shop.now, 10).outgoing) == 1
        assert beside == [0]


def test_a_web_call_of_one_that_died_is_made_again_with_its_key(pair: Callable[..., Pair]) -> None:
    with pair(CALLS) as shop:
        shop.world.event("list.joined", ADA)
        shop.world.tick()
        one, other = (Webhooks(app.database, app.deployed, answered) for app in (shop.world.app, shop.other))
        (call,) = one.claim(START, 10).outgoing
        recover = webhooks.recover
        assert shop.database.write(lambda db: recover(db, START + LEASE_MS, START + LEASE_MS - 1)) == 0
        assert other.claim(START + LEASE_MS, 10).outgoing == ()
        assert shop.database.write(lambda db: recover(db, START + LEASE_MS, START + LEASE_MS)) == 1
        (again,) = other.claim(START + LEASE_MS, 10).outgoing
        assert (again.call.key, again.attempts) == (call.call.key, 1)

        one.settle([one.send(call, START, lambda: START)], START + LEASE_MS)
        shop.world.tick()
        assert shop.world.messages() == [], "the late answer is that of an attempt that another has followed"
        other.settle([other.send(again, START, lambda: START)], START + LEASE_MS)
        shop.world.tick()
        assert [message.step for message in shop.world.messages()] == ["done"]


def test_a_callback_that_comes_while_its_message_learns_its_id_counts(pair: Callable[..., Pair]) -> None:
    """It has no tag: it is kept beside, after the other transaction has looked there."""
    with pair(THANKS) as shop:
        shop.world.event("order.placed", ADA, {"order_id": "1", "total": 5})
        shop.world.tick()
        (message,) = shop.world.outbox.claim(START, 10).outgoing
        result = shop.world.outbox.send(message, START, lambda: START)
        (sent,) = shop.world.simulator.ledger.messages()
        delivered = StatusReport(sent.id, None, "delivered", None, None, START)

        def called_back() -> None:
            to_its_end(lambda: inbound.receive_statuses(shop.other.database, "main", [delivered], START))

        shop.outbox_that("FROM sender", called_back).settle([result], START)
        shop.world.tick()
        assert [each.status for each in shop.world.messages()] == ["accepted"]
        shop.other.database.write(lambda db: inbound.replay_known(db, START))  # as every minute
        shop.world.tick()
        assert [each.status for each in shop.world.messages()] == ["delivered"]
