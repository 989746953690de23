"""`texts.away`: what somebody who waits for a person is told by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contacts import consent
from tests.world import ADA, DAY, HOUR, MINUTE, PROJECT, World

AWAY = PROJECT + 'texts: {away: "Acme: We read this tomorrow at 9."}\n'
FLOWS = (
    """\
flow: party
language: 1
category: transactional
trigger: {keyword: PARTY}
steps:
  - id: hi
    sms: Welcome.
""",
    """\
flow: ask
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: asks
    sms: Which size?
  - id: answer
    wait_for: {replied: true}
    up_to: 2d
    then:
      - id: thanks
        sms: Thank you.
""",
)


@pytest.fixture
def world(tmp_path: Path, each_database: str) -> Iterator[World]:
    with World(tmp_path, *FLOWS, project=AWAY) as world:
        yield world


def away(world: World) -> int:
    return sum(message.step == "away" for message in world.messages())


def say(world: World, text: str, after: int = HOUR) -> None:
    world.clock.move_to(world.clock.now() + after)
    world.receive_text(ADA, text)
    world.tick()


def test_a_text_that_waits_for_a_person_is_answered_once_a_day(world: World) -> None:
    say(world, "Hello?")
    assert world.send() == 1
    assert world.arrived() == [(ADA, "Acme: We read this tomorrow at 9.")]
    say(world, "Anybody?")
    assert away(world) == 1
    say(world, "Now?", DAY)
    assert away(world) == 2


@pytest.mark.parametrize("text", ["STOP", "START", "HELP", "Party", "cancel my order"])
def test_what_is_answered_or_may_be_a_stop_gets_none(world: World, text: str) -> None:
    say(world, text)
    assert away(world) == 0


def test_what_a_waiting_run_listens_to_gets_none(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()
    say(world, "Large, please")
    assert away(world) == 0
    assert [message.step for message in world.messages()] == ["asks", "thanks"]


def test_a_robot_that_says_the_same_within_a_minute_gets_none(tmp_path: Path, each_database: str) -> None:
    with World(tmp_path, *FLOWS) as world:
        say(world, "I am out of office.")
        world.write(*FLOWS, project=AWAY)
        world.apply()
        world.clock.move_to(world.clock.now() + MINUTE // 2)
        world.receive_text(ADA, "I am out of office.", "+18445550100")
        world.tick()
        assert away(world) == 0


def test_who_has_opted_out_gets_none(world: World) -> None:
    consent.unsubscribe(world.app.database, ADA, "cli", world.clock.now())
    world.tick()
    say(world, "Hello?")
    assert world.send() == 0


def test_off_by_default(tmp_path: Path, each_database: str) -> None:
    with World(tmp_path, *FLOWS) as world:
        say(world, "Hello?")
        assert world.messages() == []
