"""Orders of a goal: each counts once, is worth what was not given back, and belongs to one message or to none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.intake import inbound
from engine.senders.sender import StatusReport
from engine.store import drawn, forgetting, goals, inbox, orders, source_bodies
from engine.store.inbox import STARTS_NOTHING, NewEvent
from engine.store.queries import earnings, statistics
from engine.store.queries.earnings import Credit
from engine.store.sql import Connection
from engine.store.states import EVENT
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")
EVENTS = PROJECT.replace(
    "  order.placed: {order_id: text, total: money}\n",
    "  order.placed: {order_id: text, total: money, currency: text}\n  order.refunded: {order_id: text, total: money, currency: text}\n",
)
WITHIN = "{click: 5d, delivered: 24h}"
GOAL = """\
goals:
  purchase:
    event: order.placed
    id: order_id
    value: total
    currency: currency
    refund: {event: order.refunded, id: order_id, value: total}
    within: WITHIN
"""
FLOW = """\
flow: spring
language: 1
trigger: {event: list.joined}
steps:
  - {id: hello, sms: "Acme: look {{ link('shop') }}"}
  - {id: pause, delay: 2d}
  - {id: last, sms: "Acme: last day {{ link('shop') }}"}
"""


def shop(within: str = WITHIN) -> str:
    return EVENTS + GOAL.replace("WITHIN", within)


def sent(world: World, after: int = 0) -> None:
    """Everything due leaves, and its delivery is reported."""
    world.tick(after)
    world.send()
    world.callbacks()
    world.tick()


def click(world: World, phone: str, step: str = "hello") -> None:
    with world.app.database.reading() as db:
        (code,) = db.execute(
            "SELECT l.code FROM link l JOIN contact c ON c.id = l.contact JOIN run r ON r.id = l.run"
            " JOIN step s ON s.flow = r.flow AND s.number = l.step WHERE c.phone = ? AND s.name = ?",
            (phone, step),
        ).fetchone()
    inbound.record_click(world.app.database, code, world.clock.now())
    world.tick()


def order(world: World, phone: str, id: str, total: Any, name: str = "order.placed", **more: Any) -> None:
    at = more.pop("at", world.clock.now())
    world.event(name, phone, {"order_id": id, "total": total, **more}, occurred_at=at)
    world.tick()


def credits(world: World) -> list[Credit]:
    with world.app.database.reading() as db:
        (goal,) = goals.deployed(db)
        return earnings.of_goal(db, goal, statistics.EVER.hours)


def whole(credit: Credit) -> tuple[Any, ...]:
    return (credit.flow, credit.step, credit.how, credit.currency, credit.orders, credit.revenue / 1_000_000)


def test_an_order_belongs_to_the_last_click_else_the_last_delivery_else_to_nothing(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        sent(world)
        world.tick(HOUR)
        click(world, ADA)
        order(world, CY, "C-1", 5)  # got nothing
        sent(world, 2 * DAY)  # `last` too
        world.tick(HOUR)
        order(world, ADA, "A-1", "19.99")  # clicked `hello` two days ago: more than a younger delivery
        order(world, BEN, "B-1", 7.5, currency="eur")
        order(world, BEN, "B-1", 99)  # comes again, from another webhook
        world.tick(23 * HOUR)
        order(world, BEN, "B-2", 3)  # 24 h after the delivery: just within
        world.tick(1)
        order(world, BEN, "B-3", 4)
        assert [whole(each) for each in credits(world)] == [
            (None, None, "none", "USD", 2, 9.0),
            ("spring", "hello", "click", "USD", 1, 19.99),
            ("spring", "last", "delivered", "EUR", 1, 7.5),
            ("spring", "last", "delivered", "USD", 1, 3.0),
        ]
        # The windows are those of now, for the past as well; nothing is counted again.
        world.write(project=shop("{click: off, delivered: 1h}"))
        world.apply()
        assert [whole(each) for each in credits(world)] == [
            (None, None, "none", "USD", 3, 12.0),
            ("spring", "last", "delivered", "EUR", 1, 7.5),
            ("spring", "last", "delivered", "USD", 1, 19.99),
        ]


def test_refunds_come_off_once_each_in_any_order_and_never_below_nothing(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        order(world, ADA, "A-1", 10, "order.refunded", at=world.clock.now() - HOUR)  # before its order
        order(world, ADA, "A-1", 50)
        order(world, ADA, "A-1", -5.25, "order.refunded")  # some shops write what they give back as less than 0
        order(world, BEN, "B-1", 20)
        for _ in range(2):
            order(world, BEN, "B-1", 15, "order.refunded")
        with world.app.database.reading() as db:
            (event,) = db.execute("SELECT MAX(id) FROM event WHERE name = 'order.placed'").fetchone()
        declared = world.app.deployed().goals

        def renew(db: Connection) -> None:  # a source has a newer body of B-1
            source_bodies.renew(db, source_bodies.Made(0, event, None, 2), 2, {"order_id": "B-1", "total": 32})
            orders.renewed(db, declared, "USD", event)

        world.app.database.write(renew)
        order(world, CY, "", 100)  # without an id: cannot be told from others
        assert [whole(each) for each in credits(world)] == [(None, None, "none", "USD", 2, 36.75)]


def test_what_comes_late_counts_by_its_own_time(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        bought = world.clock.now() + MINUTE
        world.tick(HOUR)
        click(world, ADA)
        order(world, ADA, "A-1", 8, at=bought)  # before the click
        assert [whole(each)[:3] for each in credits(world)] == [(None, None, "none")]
        with world.app.database.reading() as db:
            (contact, run, step, id, sender) = db.execute(
                "SELECT contact, run, step, provider_id, sender FROM message WHERE provider_id IS NOT NULL"
            ).fetchone()
        report = StatusReport(id, f"{contact}-{run}-{step}", "delivered", None, None, bought - 1)
        inbound.receive_statuses(world.app.database, sender, [report], world.clock.now())
        world.tick()
        assert [whole(each)[:3] for each in credits(world)] == [("spring", "hello", "delivered")]


def test_a_goal_that_is_new_or_counts_something_else_counts_the_past(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=EVENTS) as world:
        world.event("list.joined", ADA)
        sent(world)
        order(world, ADA, "A-1", 8)
        order(world, ADA, "A-1", 3, "order.refunded")
        world.write(project=shop())
        world.apply()
        assert [whole(each) for each in credits(world)] == [("spring", "hello", "delivered", "USD", 1, 5.0)]
        order(world, ADA, "A-2", 2)
        world.write(project=shop().replace("    refund: {event: order.refunded, id: order_id, value: total}\n", ""))
        world.apply()
        assert [whole(each) for each in credits(world)] == [("spring", "hello", "delivered", "USD", 2, 10.0)]
        world.write(project=EVENTS)
        world.apply()
        order(world, ADA, "A-3", 1)  # while there is no goal
        world.write(project=shop())
        world.apply()
        assert [whole(each) for each in credits(world)] == [("spring", "hello", "delivered", "USD", 3, 8.0)]
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM goal").fetchone() == (1,), "the version between is gone"


def test_who_is_forgotten_stays_in_the_sums_and_nowhere_else(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        world.event("list.joined", ADA)
        sent(world)
        order(world, ADA, "A-1", 8)
        order(world, ADA, "A-1", 1, "order.refunded")
        with world.app.database.reading() as db:
            (told,) = earnings.of_contact(db, 1)
        assert (told.order_id, told.how, told.flow, told.step) == ("A-1", "delivered", "spring", "hello")
        forgetting.forget(world.app.database, ADA, world.clock.now())
        assert [whole(each) for each in credits(world)] == [("spring", "hello", "delivered", "USD", 1, 7.0)]
        with world.app.database.reading() as db:
            ((order_id, event),) = db.execute("SELECT order_id, event FROM goal_order").fetchall()
            assert (len(order_id), event) == (64, None)
            assert db.execute("SELECT COUNT(*) FROM goal_refund").fetchone() == (0,)
            assert earnings.of_contact(db, 1) == []
        order(world, BEN, "A-1", 8)  # the same order, by a backfill
        assert [whole(each) for each in credits(world)] == [("spring", "hello", "delivered", "USD", 1, 7.0)]


def test_a_refund_in_another_currency_is_not_taken_off_and_explain_says_so(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        order(world, ADA, "A-1", 90, "order.refunded", currency="JPY")
        order(world, ADA, "A-1", 100, currency="EUR")
        order(world, ADA, "A-1", 20, "order.refunded", currency="eur")
        order(world, ADA, "A-1", 5, "order.refunded")
        assert [whole(each) for each in credits(world)] == [(None, None, "none", "EUR", 1, 75.0)]
        with world.app.database.reading() as db:
            (told,) = earnings.of_contact(db, 1)
        assert (told.refunded, told.other_refunds) == (25_000_000, 1)


def test_sums_of_very_large_orders_and_refunds_are_exact(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        for number in range(12):
            order(world, ADA, f"A-{number}", "999999999999.5", "order.placed")
            order(world, ADA, "A-0", "999999999999", "order.refunded")
        assert [(each.orders, each.revenue) for each in credits(world)] == [(12, 11 * 999_999_999_999_500_000)]
        with world.app.database.reading() as db:
            (goal,) = goals.deployed(db)
            assert sum(worth for _, worth in earnings.by_hour(db, goal, 0, "USD")) == 0  # credited to no message


def test_what_is_only_told_to_another_person_is_no_order_and_no_refund(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=shop()) as world:
        order(world, ADA, "A-1", 100)
        world.event("list.joined", BEN)
        world.tick()
        told = [
            NewEvent(2, EVENT, name, world.clock.now(), {"order_id": "A-1", "total": 20}, hops=STARTS_NOTHING)
            for name in ("order.placed", "order.refunded")
        ]
        world.app.database.write(lambda db: inbox.add(db, told, world.clock.now()))
        world.tick()
        assert [whole(each) for each in credits(world)] == [(None, None, "none", "USD", 1, 100.0)]


SPLIT = """\
flow: test
language: 1
trigger: {event: list.joined}
entry: {while_active: parallel}
steps:
  - id: subject
    split:
      short: {weight: 1, steps: [{id: few, sms: "Acme: {{ link('shop') }}"}]}
      long: {weight: 1, steps: [{id: more, sms: "Acme: the coat {{ link('shop') }}"}]}
"""


def test_a_split_counts_people_in_the_branch_that_they_drew_first(tmp_path: Path) -> None:
    with World(tmp_path, SPLIT, project=shop()) as world:
        for phone in (ADA, BEN, CY, ADA):
            world.event("list.joined", phone)
            sent(world)
        with world.app.database.reading() as db:
            drew = dict(db.execute("SELECT c.phone, d.way FROM drawn d JOIN contact c ON c.id = d.contact").fetchall())
            ((flow, step),) = db.execute("SELECT DISTINCT flow, step FROM drawn").fetchall()
        click(world, ADA, {"short": "few", "long": "more"}[drew[ADA]])
        for id in ("A-1", "A-2"):
            order(world, ADA, id, 8)
        world.app.database.write(lambda db: drawn.add(db, [(1, flow, step, "other")], world.clock.now()))
        with world.app.database.reading() as db:
            found = earnings.branches(db, flow, statistics.EVER, goals.deployed(db)[0])
        assert sum(branch.people for branch in found) == 3
        assert {branch.way: (branch.clicked, branch.ordered) for branch in found if branch.clicked} == {
            drew[ADA]: (1, 1)
        }
