"""How often a message is tried, how long is waited in between, and what ends it (M2, M3, M4)."""

from __future__ import annotations

from functools import partial
from itertools import permutations
from pathlib import Path

import pytest

from engine.core.retry import ATTEMPTS, backoff, retry_at
from engine.delivery.outbox import Outbox, send_all_due
from engine.delivery.reconcile import reconcile
from engine.intake import inbound
from engine.senders.sender import (
    ACKNOWLEDGED,
    CallbackRequest,
    InboundText,
    LookupQuery,
    Outgoing,
    Receipt,
    SendDeferred,
    StatusReport,
)
from engine.store import reports
from engine.store.sql import Connection
from engine.store.states import MESSAGE_STATES
from tests.world import ADA, DAY, HOUR, MINUTE, World

ONE = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
"""
TERMINAL = ("delivered", "undelivered", "failed")


class OneThing:
    """A sender that does one thing with every message."""

    name = "main"
    inbound_reply = ACKNOWLEDGED

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked = 0

    def send(self, message: Outgoing) -> Receipt:
        self.asked += 1
        raise self._error

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        return []

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        return []

    def close(self) -> None:
        return None


def outbox_of(world: World, sender: OneThing) -> Outbox:
    return Outbox(world.app.database, world.app.deployed, sender, 1000)


def enters(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()


def test_a_terminal_state_stays_whatever_is_said_behind_it(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        for first, then in permutations(TERMINAL, 2):
            enters(world)
            world.send()
            entry = world.simulator.ledger.messages()[-1]
            for status in (first, "sent", then):
                report = StatusReport(entry.id, entry.tag, status, None, None, world.clock.now())
                inbound.receive_statuses(world.app.database, "main", [report], world.clock.now())
                world.tick()
            assert world.told()[-1][1] == first, f"{then} behind it"
        assert [state for _, state, _ in world.told()] == [first for first, _ in permutations(TERMINAL, 2)]


def test_no_word_leads_out_of_a_state_that_is_terminal(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        enters(world)
        world.send()
        contact, run, step = map(int, world.messages()[0].tag.split("-"))
        key = contact, run, step
        world.is_counted = False  # rows are changed by hand
        for standing in ("delivered", "undelivered", "failed", "cancelled", "expired", "skipped"):
            world.app.database.write(partial(set_state, MESSAGE_STATES.index(standing)))
            for said in ("accepted", "sent", *TERMINAL):
                assert not world.app.database.write(partial(apply, key, said)), (standing, said)
                assert world.told()[0][1] == standing, said


def set_state(state: int, db: Connection) -> None:
    db.execute("UPDATE message SET status = ? WHERE media IS NULL", (state,))


def apply(key: tuple[int, int, int], said: str, db: Connection) -> bool:
    return reports.apply_status(db, key, MESSAGE_STATES.index(said), None, None, 1)


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 2_000), (2, 4_000), (3, 8_000), (4, 16_000), (8, 256_000), (9, 512_000), (10, 900_000), (50, 900_000)],
)
def test_the_wait_doubles_and_a_quarter_of_it_is_the_messages_own(attempt: int, longest: int) -> None:
    waits = [backoff(attempt, message) for message in range(2_000)]
    assert longest * 3 // 4 <= min(waits) < longest * 0.76 and longest * 0.99 < max(waits) <= longest


@pytest.mark.only("sqlite", "it opens no database")
def test_the_tenth_attempt_is_the_last() -> None:
    assert ATTEMPTS == 10
    assert retry_at(0, 9, 1, None) == backoff(9, 1) and retry_at(0, 10, 1, None) is None
    assert retry_at(0, 1, 1, 60_000) == 60_000 and retry_at(0, 1, 1, 5) == backoff(1, 1)


def test_a_message_that_is_never_taken_is_given_up_after_ten_requests(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        down = OneThing(SendDeferred("not-accepted", "try again later"))
        out = outbox_of(world, down)
        enters(world)
        for expected in range(1, ATTEMPTS + 1):
            assert [state for _, state, _ in world.told()] == ["queued"]
            send_all_due(out, world.clock.now)
            assert down.asked == expected
            world.clock.move_to(out.next_due(world.clock.now()) or world.clock.now() + HOUR)
        assert world.told() == [("one", "failed", "given up: try again later")]
        world.tick(DAY)
        assert send_all_due(out, world.clock.now) == 0 and down.asked == ATTEMPTS


def test_a_fault_of_our_own_is_unknown_and_never_sent_again(tmp_path: Path) -> None:
    """It may have come after the request: nobody knows."""
    with World(tmp_path, ONE) as world:
        broken = OneThing(ZeroDivisionError("a fault of ours"))
        out = outbox_of(world, broken)
        enters(world)
        for _ in range(3):
            send_all_due(out, world.clock.now)
            world.tick(HOUR)
        assert world.told() == [("one", "unknown", "a bug in Leadoff during the request")] and broken.asked == 1


class Never:
    """A provider that has no such message, and counts when it is asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.asked: list[int] = []

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | None:
        self.asked.append(self._world.clock.now())
        return None


def test_a_provider_is_asked_at_its_instants_and_at_no_other(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("reset")
        enters(world)
        began = world.clock.now()
        world.send()
        never = Never(world)
        looks = [*range(0, 2 * HOUR, MINUTE), *range(2 * HOUR, 9 * DAY, HOUR)]
        for after in looks:
            world.clock.move_to(began + after)
            reconcile(world.app.database, {"main": never}, world.clock.now)
        asked = [at - began for at in never.asked]
        assert asked == [2 * MINUTE, 10 * MINUTE, HOUR, *(day * DAY for day in range(1, 8))]


class Impossible(Never):
    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | None:
        super().lookup(tag, sought)
        raise SendDeferred(self.code, "no")

    code = "lookup-failed"


def test_a_provider_that_fails_is_asked_again_after_its_lists_lag(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("reset")
        enters(world)
        began = world.clock.now()
        world.send()
        failing = Impossible(world)
        for after in range(0, 9 * MINUTE, MINUTE):
            world.clock.move_to(began + after)
            reconcile(world.app.database, {"main": failing}, world.clock.now)
        assert [at - began for at in failing.asked] == [each * MINUTE for each in (2, 4, 6, 8)]
        failing.code, failing.asked = "lookup-impossible", []  # of this message alone: its ordinary instants
        for after in range(10 * MINUTE, 62 * MINUTE, MINUTE):
            world.clock.move_to(began + after)
            reconcile(world.app.database, {"main": failing}, world.clock.now)
        assert [at - began for at in failing.asked] == [10 * MINUTE, HOUR]
