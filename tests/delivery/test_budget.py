"""The day's budget: sending stops with a clear state and an alert, and goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import spending
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, START, World

ONE = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: One, expires_after: 3d}
"""
MIDNIGHT = START + 14 * HOUR  # in New York


def budget(amount: str) -> str:
    return PROJECT + f"budget: {{per_day: {amount}}}\n"


def enter(world: World, *phones: str) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


def spent(world: World, day: str = "2027-04-01") -> int:
    with world.app.database.reading() as db:
        return spending.spent(db, day)


def notices(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [note for (note,) in db.execute("SELECT note FROM notice")]


def test_what_the_budget_suffices_for_goes_and_the_rest_waits_for_the_next_day(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with World(tmp_path, ONE, project=budget("0.03")) as world:
        enter(world, ADA, BEN, CY)
        assert world.send() == 2 and spent(world) == 30_000
        assert [state for _, state, _ in world.told()] == ["accepted", "accepted", "queued"], "nothing is dropped"
        assert world.send() == 0 and world.outbox.next_due(world.clock.now()) == MIDNIGHT
        (note,) = notices(world)
        assert note.startswith("the budget of 0.03 USD for 2027-04-01 is used up") and note in caplog.text
        world.clock.move_to(MIDNIGHT - 1)
        assert world.send() == 0
        world.clock.move_to(MIDNIGHT)
        assert world.send() == 1 and spent(world, "2027-04-02") == 15_000


def test_nothing_overtakes_what_is_too_dear(tmp_path: Path) -> None:
    dear = ONE.replace("One", "One " * 60)
    with World(tmp_path, dear, project=budget("0.02")) as world:
        enter(world, ADA)
        world.write(ONE, project=budget("0.02"))
        world.apply()
        enter(world, BEN)
        assert world.send() == 0
        assert [state for _, state, _ in world.told()] == ["queued", "queued"]


@pytest.mark.parametrize("fault", ["429;retry_after=60", "503;retry_after=60"])
def test_what_the_provider_did_not_take_is_given_back(tmp_path: Path, fault: str) -> None:
    with World(tmp_path, ONE, project=budget("0.015")) as world:
        world.simulator.add_fault(fault)
        enter(world, ADA)
        world.send()
        assert spent(world) == 0
        world.clock.move_to(START + 2 * 60_000)
        assert world.send() == 1 and spent(world) == 15_000
        assert len(world.arrived()) == 1


def test_a_refused_one_costs_nothing_and_an_unknown_one_may_have(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=budget("1.00")) as world:
        world.simulator.add_fault(f"drop_answer@{BEN}")
        world.simulator.text_from(ADA, "+18445550100", "STOP")  # known to the provider alone
        enter(world, ADA, BEN)
        world.send()
        assert [state for _, state, _ in world.told()] == ["failed", "unknown"]
        assert spent(world) == 15_000


def test_a_larger_budget_goes_on_at_once(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=budget("0.015")) as world:
        enter(world, ADA, BEN)
        assert world.send() == 1
        world.write(ONE, project=budget("0.05"))
        world.apply()
        assert world.send() == 1


def test_a_budget_of_nothing_sends_nothing_and_says_so_each_day_once(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=budget("0")) as world:
        enter(world, ADA)
        for _ in range(3):
            assert world.send() == 0
        world.clock.move_to(START + DAY)
        world.send()
        assert len(notices(world)) == 2
