"""No window of one second holds more parts than the rate (M6), whatever was claimed together; and no instant stops us for ever (E4)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.delivery.outbox import Outbox
from engine.delivery.pacing import Pacer
from engine.delivery.stalled import stalled
from engine.store import rate
from engine.store.queries import measures
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, START, World

ONE = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: one
    sms: TEXT
"""


def rated(rate: str) -> str:
    return PROJECT.replace("rate: 1000", f"rate: {rate}")


def starts(world: World, parts: int, count: int) -> list[tuple[int, int]]:
    """(instant, parts) of every request until so many have been made: asked for every 50 ms, and just before the claim says so."""
    found: list[tuple[int, int]] = []
    asked_at = [world.clock.now()]
    while len(found) < count:
        for instant in asked_at:
            world.clock.move_to(instant)
            found += [(instant, parts)] * world.send()
        claim = world.outbox.claim(instant, 1)
        assert claim.outgoing == ()
        again = claim.again_at or world.outbox.next_due(instant) or instant + 1
        asked_at = sorted({*range(instant + 50, again, 50), max(instant + 1, again - 1), again})
    return found


def most_in_a_second(started: list[tuple[int, int]]) -> int:
    return max(sum(parts for at, parts in started if since <= at < since + 1_000) for since, _ in started)


@pytest.mark.parametrize(
    ("rate", "text", "parts", "most"),
    [
        ("3", "Hi", 1, 3),
        ("3", "two parts " * 17, 2, 2),  # two and two are more than three
        ("0.5", "Hi", 1, 1),  # one in two seconds
        ("2", "five parts " * 62, 5, 5),  # it needs two and a half seconds for itself
    ],
)
def test_no_second_holds_more_than_the_rate(tmp_path: Path, rate: str, text: str, parts: int, most: int) -> None:
    phones = [f"+1202555{number:04d}" for number in range(101, 109)]
    with World(tmp_path, ONE.replace("TEXT", text), project=rated(rate)) as world:
        for phone in phones:
            world.contact(phone)
            world.event("list.joined", phone)
        world.tick()
        found = starts(world, parts, len(phones))
        assert {message.parts for message in world.messages()} == {parts}
        assert most_in_a_second(found) == most
        needed = parts / float(rate) * 1_000
        if parts > float(rate):
            assert all(later - at >= needed for (at, _), (later, _) in pairwise(found))


def test_what_one_claim_holds_counts_by_its_starts(tmp_path: Path) -> None:
    """Claimed together, the second starts late: it is its start that the next ones wait a second for."""
    with World(tmp_path, ONE.replace("TEXT", "Hi"), project=rated("2")) as world:
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick()
        claim = world.outbox.claim(START, 10)
        assert len(claim.outgoing) == 2, "no more than the rate, however many workers are free"
        assert world.outbox.claim(START, 10).outgoing == (), "and what is claimed counts before it starts"
        results = [world.outbox.send(claim.outgoing[0], START, world.clock.now)]
        world.clock.move_to(START + 200)
        results += [world.outbox.send(claim.outgoing[1], START, world.clock.now)]
        world.outbox.settle(results, world.clock.now())
        world.clock.move_to(START + 999)
        assert world.outbox.claim(START + 999, 10).outgoing == ()
        world.clock.move_to(START + 1_000)
        assert len(world.outbox.claim(START + 1_000, 10).outgoing) == 1, "the first has left the window"


def test_a_claim_that_never_starts_gives_its_room_back() -> None:
    pacer = Pacer(2)
    pacer.claim(7, 2, START)
    assert (pacer.room(START), pacer.room_at(START, 1)) == (0, START + 250)
    assert pacer.room(START + 251) == 2
    pacer.claim(8, 2, START)
    pacer.let_go(8)
    assert pacer.room(START) == 2


def enters(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()


@pytest.mark.parametrize("what", ["rate", "circuit"])
def test_a_clock_that_was_once_ahead_silences_no_sender(tmp_path: Path, what: str) -> None:
    """A month ahead on disk: it is cut to now when it is read, and sending goes on."""
    ahead = START + 30 * DAY
    with World(tmp_path, ONE.replace("TEXT", "Hi")) as world:
        world.app.database.write(lambda db: rate.close(db, "main", ahead if what == "circuit" else 0))
        if what == "rate":
            world.app.database.write(lambda db: rate.set_uses(db, "main", [rate.Use("another", ahead, 1.0)]))
        enters(world)
        deployed = world.app.deployed()
        with world.app.database.reading() as db:
            assert list(stalled(db, deployed, START + HOUR)) != [], "/readyz does not take it for a pause"
            assert measures.pauses(db, START) == {}
        assert world.send() == 1
        with world.app.database.reading() as db:
            assert all(use.until < ahead for use in rate.state_of(db, "main", START).uses), "it is not read for a month"


def test_a_clock_that_goes_back_in_a_running_process_silences_no_sender(tmp_path: Path) -> None:
    with World(tmp_path, ONE.replace("TEXT", "Hi"), project=rated("1")) as world:
        enters(world)
        assert world.send() == 1
        pacer = Pacer(1)
        pacer.start(1, START + 30 * DAY)
        assert pacer.room(START) == 1


def test_what_a_real_pause_holds_is_held(tmp_path: Path) -> None:
    with World(tmp_path, ONE.replace("TEXT", "Hi")) as world:
        world.app.database.write(lambda db: rate.close(db, "main", START + HOUR))
        enters(world)
        world.clock.move_to(START + HOUR - MINUTE)
        assert world.send() == 0
        world.clock.move_to(START + HOUR)
        assert world.send() == 1


def test_a_slow_database_holds_up_no_message_for_ever(tmp_path: Path) -> None:
    """Each claim takes 400 ms: the first one's messages go back to the gates, the next one looks that far ahead."""
    with World(tmp_path, ONE.replace("TEXT", "Hi")) as world:
        enters(world)
        times = iter(range(START, START + HOUR, 400))
        slow = Outbox(world.app.database, world.app.deployed, world.outbox.sender, 100, clock=lambda: next(times))
        outcomes = []
        for began in (START, START + 800):
            claim = slow.claim(began, 10)
            (result,) = [slow.send(message, claim.at, ManualClock(began + 600).now) for message in claim.outgoing]
            slow.settle([result], began + 600)
            outcomes.append(result.outcome)
        assert outcomes == ["stale", "accepted"]
