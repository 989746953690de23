"""`stop_if`: a flow whose messages fail or are answered with opt-outs too often is paused, and counted anew when it is resumed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.contacts import consent
from engine.core import stop_limits
from engine.delivery import stop_if
from engine.delivery.reconcile import reconcile
from engine.intake import inbound
from engine.senders.sender import LookupQuery, Receipt, StatusReport
from engine.store import holds, recent_messages
from engine.store.queries import listings
from tests.world import ADA, DAY, PROJECT, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
"""
OTHER = FLOW.replace("flow: hello", "flow: other").replace("list.joined", "order.placed")
FEW = {"opted_out": "0.4%", "failed": "0.6%"}  # 2 and 3 of 500
PHONES = [f"+1202555{number:04d}" for number in range(100, 200)]


def project(**limits: str) -> str:
    return PROJECT + f"stop_if: {{{', '.join(f'{key}: {value}' for key, value in limits.items())}}}\n"


def text(world: World, *phones: str, event: str = "list.joined") -> None:
    """They enter, and the provider gets their messages."""
    for phone in phones:
        world.contact(phone)
        world.consent(phone, "subscribed")
        world.texted_before(phone)
        world.event(event, phone, {} if event == "list.joined" else {"order_id": "1"})
    world.tick()
    world.send()


def stop(world: World, *phones: str) -> None:
    for phone in phones:
        world.receive_text(phone, "STOP")
    world.tick()


def fail(world: World, *phones: str, status: str = "undelivered") -> None:
    for phone in phones:
        entry = next(entry for entry in reversed(world.simulator.ledger.messages()) if entry.to == phone)
        report = StatusReport(entry.id, entry.tag, status, "30005", "unknown number", world.clock.now())
        inbound.receive_statuses(world.app.database, "main", [report], world.clock.now())
    world.tick()


def paused(world: World) -> set[str]:
    names = world.app.deployed().names
    with world.app.database.reading() as db:
        return {names.flows[flow] for flow in holds.paused(db)}


def told(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [row["note"] for row in listings.notices(db, False) if row["kind"] == "stopped"]


def resume(world: World) -> None:
    flow = world.app.deployed().names.flow_ids["hello"]
    assert world.app.database.write(lambda db: holds.resume(db, flow))


def test_opt_outs_pause_the_flow_at_the_one_that_is_too_many(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, OTHER, project=project(**FEW)) as world:
        text(world, *PHONES[:5])
        stop(world, PHONES[0], PHONES[0])
        assert paused(world) == set(), "one person counts once"
        stop(world, PHONES[1])
        assert paused(world) == {"hello"}
        assert told(world) == [
            "hello is paused: 2 of 500 successive messages were answered with an opt-out (stop_if: opted_out). Nothing of it is sent"
            " until `leadoff flows resume hello`, which starts a new count"
        ]
        before = len(world.arrived())
        text(world, *PHONES[5:8])
        assert len(world.arrived()) == before, "nothing of it leaves"
        text(world, PHONES[8], event="order.placed")
        assert len(world.arrived()) == before + 1, "and the other flow goes on"


@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_reports_of_failures_pause_it(tmp_path: Path, status: str) -> None:
    with World(tmp_path, FLOW, project=project(**FEW)) as world:
        text(world, *PHONES[:5])
        fail(world, *PHONES[:2], status=status)
        fail(world, *PHONES[:2], status=status)
        assert paused(world) == set()
        fail(world, PHONES[2], status=status)
        assert paused(world) == {"hello"}
        assert "3 of 500 successive messages failed" in told(world)[0]


def test_failures_that_a_provider_tells_when_it_is_asked_count(tmp_path: Path) -> None:
    class Provider:
        def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt:
            return Receipt(f"id-{tag}", "undelivered")

    with World(tmp_path, FLOW, project=project(**FEW)) as world:
        world.simulator.add_fault("drop_answer:3")
        text(world, *PHONES[:3])
        assert Counter(state for _, state, _ in world.told()) == {"unknown": 3}
        reconcile(world.app.database, {"main": Provider()}, world.clock.now, everything=True)
        world.tick()
        assert Counter(state for _, state, _ in world.told()) == {"undelivered": 3}
        assert paused(world) == {"hello"}


def test_refusals_at_the_request_pause_it_and_what_is_queued_stays(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=project(failed="0.6%").replace("rate: 1000", "rate: 3")) as world:
        world.simulator.add_fault("odd:3;status=422;body={}")
        text(world, *PHONES[:10])
        while not paused(world):
            due = world.outbox.next_due(world.clock.now())
            assert due is not None
            world.clock.move_to(due)
            world.send()
        assert world.send() == 0
        world.clock.move_to(world.clock.now() + 60_000)
        assert world.send() == 0
        assert Counter(state for _, state, _ in world.told()) == {"failed": 3, "held": 7}


def test_resuming_starts_a_new_count(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=project(**FEW)) as world:
        text(world, *PHONES[:6])
        stop(world, *PHONES[:2])
        assert paused(world) == {"hello"}
        resume(world)
        fail(world, *PHONES[2:6])
        stop(world, PHONES[2])
        assert paused(world) == set(), "what left before counts no more"
        world.clock.move_to(world.clock.now() + 1)
        text(world, *PHONES[10:14])
        stop(world, PHONES[10])
        assert paused(world) == set()
        stop(world, PHONES[11])
        assert paused(world) == {"hello"}
        assert len(told(world)) == 2


def test_only_what_people_and_providers_say_counts(tmp_path: Path) -> None:
    """Not a list of opt-outs that somebody imports."""
    with World(tmp_path, FLOW, project=project(opted_out="0.2%")) as world:
        text(world, *PHONES[:3])
        consent.unsubscribe(world.app.database, PHONES[0], "a list", world.clock.now())
        world.tick()
        assert paused(world) == set()
        consent.unsubscribe(world.app.database, PHONES[1], "provider main", world.clock.now())
        world.tick()
        assert paused(world) == {"hello"}


def test_an_opt_out_counts_for_the_last_message_before_it(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, OTHER, project=project(opted_out="0.2%")) as world:
        text(world, ADA)
        world.clock.move_to(world.clock.now() + DAY)
        text(world, ADA, event="order.placed")
        stop(world, ADA)
        assert paused(world) == {"other"}


def test_a_flow_has_limits_of_its_own_or_none(tmp_path: Path) -> None:
    own = FLOW.replace("trigger:", "stop_if: off\ntrigger:")
    other = OTHER.replace("trigger:", "stop_if: {opted_out: 0.2%}\ntrigger:")
    with World(tmp_path, own, other, project=project(opted_out="0.4%")) as world:
        text(world, *PHONES[:3])
        stop(world, *PHONES[:3])
        text(world, PHONES[5], event="order.placed")
        stop(world, PHONES[5])
        assert paused(world) == {"other"}


def test_without_it_nothing_is_counted(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        text(world, *PHONES[:3])
        fail(world, *PHONES[:3])
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM recent_message").fetchone() == (0,)


def test_any_five_hundred_successive_messages_are_looked_at(tmp_path: Path) -> None:
    """Reports come late: by then many more have left."""
    limits = stop_limits.StopLimits(failed=3)
    with World(tmp_path, FLOW, project=project(failed="0.6%")) as world:
        database, flow = world.app.database, world.app.deployed().names.flow_ids["hello"]
        assert world.app.deployed().stop_limits == {flow: limits}
        database.write(lambda db: recent_messages.add(db, [(flow, number) for number in range(1, 3_001)], 1))

        def report(*messages: int) -> set[str]:
            database.write(lambda db: stop_if.failed(db, world.app.deployed(), messages, world.clock.now()))
            return paused(world)

        assert report(100, 600, 1_100, 1_600, 2_100, 2_600) == set(), "one in each five hundred"
        assert report(1_101) == set()
        assert report(1_601) == set(), "1100, 1101 and 1600 are 501 apart"
        assert report(1_102) == {"hello"}


def test_old_ones_are_forgotten_a_few_at_a_time(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        database, now = world.app.database, world.clock.now()
        old = now - recent_messages.KEPT_MS - 1
        database.write(lambda db: recent_messages.add(db, [(9, number) for number in range(5_000)], old))
        database.write(lambda db: recent_messages.add(db, [(9, number) for number in range(5_000, 5_010)], now))
        counts = [database.write(lambda db: recent_messages.forget(db, now)) for _ in range(4)]
        assert counts == [2_000, 2_000, 1_000, 0]
