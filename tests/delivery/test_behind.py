"""Behind a held message: what hours, caps and the budget keep is not late, and holds back marketing alone (T4, M9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import holds, interned_names
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, PROJECT, START, World

CLOSING = START + 10 * HOUR  # 20:00 in New York
NINE = START + 23 * HOUR
NIGHTS = PROJECT.replace("quiet_hours: off\n", "")
TWO = """\
flow: promo
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
  - id: two
    sms: Two
"""
RECEIPT = """\
flow: receipt
language: 1
category: transactional
trigger: {event: order.placed}
steps:
  - id: thanks
    sms: Thanks
"""
OTHER = """\
flow: other
language: 1
quiet_hours: off
trigger: {event: order.placed}
steps:
  - id: more
    sms: More
"""


def held_at_night(world: World) -> None:
    """Two messages are written a minute before the window closes; the first finds it closed."""
    world.clock.move_to(CLOSING - MINUTE)
    world.event("list.joined", ADA)
    world.tick()
    world.clock.move_to(CLOSING)
    assert world.send() == 0
    assert [state for _, state, _ in world.told()] == ["held", "queued"]


def test_a_second_message_behind_a_night_is_not_late(tmp_path: Path) -> None:
    with World(tmp_path, TWO, project=NIGHTS) as world:
        held_at_night(world)
        world.clock.move_to(NINE)
        assert world.send() == 2
        assert world.arrived() == [(ADA, "One"), (ADA, "Two")]


def test_what_is_written_behind_a_held_one_is_not_late_either(tmp_path: Path) -> None:
    with World(tmp_path, TWO, OTHER, project=NIGHTS) as world:
        held_at_night(world)
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 0, "it is marketing, and waits behind the first"
        world.clock.move_to(NINE)
        world.send()
        assert [text for _, text in world.arrived()] == ["One", "Two", "More"]


def test_time_behind_a_failing_sender_is_late(tmp_path: Path) -> None:
    with World(tmp_path, TWO, project=NIGHTS) as world:
        held_at_night(world)
        world.clock.move_to(NINE + 12 * HOUR)
        world.send()
        assert [state for _, state, _ in world.told()] == ["expired", "expired"]


def test_behind_a_cap_nobody_is_lost(tmp_path: Path) -> None:
    """Four messages and then a cap of two a week: each leaves in its turn, the last one a week after it was written."""
    project = PROJECT + "caps: {marketing: {per_week: 2}}\n"
    steps = "".join(f"  - id: s{number}\n    sms: Text {number}\n" for number in range(4))
    flow = TWO[: TWO.index("  - id: one")] + steps
    with World(tmp_path, flow) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.write(project=project)
        world.apply()
        for _ in range(40):
            world.send()
            world.tick(12 * HOUR)
        assert [text for _, text in world.arrived()] == [f"Text {number}" for number in range(4)]


def test_transactional_goes_past_held_marketing(tmp_path: Path) -> None:
    with World(tmp_path, TWO, RECEIPT, project=NIGHTS) as world:
        held_at_night(world)
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 1 and world.arrived() == [(ADA, "Thanks")]


def test_a_queued_one_holds_back_transactional_too(tmp_path: Path) -> None:
    with World(tmp_path, TWO, RECEIPT) as world:
        world.simulator.add_fault(f"503@{ADA};retry_after=60")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 0
        world.tick(MINUTE)
        world.send()
        assert [text for _, text in world.arrived()] == ["One", "Two", "Thanks"]


@pytest.mark.parametrize(("flow", "arrives"), [(RECEIPT, ["Thanks"]), (OTHER, [])])
def test_a_paused_flows_marketing_holds_back_marketing_only(tmp_path: Path, flow: str, arrives: list[str]) -> None:
    with World(tmp_path, TWO, flow) as world:
        world.event("list.joined", ADA)
        world.tick()
        with world.app.database.reading() as db:
            paused = interned_names.load(db).flow_ids["promo"]
        world.app.database.write(lambda db: holds.pause(db, paused, world.clock.now()))
        world.send()
        world.event("order.placed", ADA)
        world.tick()
        world.send()
        assert [text for _, text in world.arrived()] == arrives
        world.clock.move_to(START + 6 * HOUR)
        world.event("order.placed", ADA)
        world.tick()
        world.clock.move_to(START + 12 * HOUR + 1)
        world.send()
        assert [text for _, text in world.arrived()][-1:] == [arrives[0] if arrives else "More"], "it has expired"


def test_time_behind_a_used_up_budget_is_not_late(tmp_path: Path) -> None:
    """Written at ten in the morning, looked at when the budget has room again at midnight: 14 hours, and twelve are allowed."""
    one = TWO[: TWO.index("  - id: two")]
    with World(tmp_path, one, project=PROJECT + "budget: {per_day: 0.015}\n") as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        assert world.send() == 1
        assert world.send() == 0
        world.clock.move_to(START + 14 * HOUR)
        assert world.send() == 1
        assert [state for _, state, _ in world.told()] == ["accepted", "accepted"]


def test_of_a_used_up_budget_only_the_time_in_which_it_was_does_not_count(tmp_path: Path) -> None:
    """A larger one is applied after two hours: then twelve more make a message late."""
    with World(tmp_path, TWO, project=PROJECT + "budget: {per_day: 0.015}\n") as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.send() == 1
        assert world.send() == 0
        world.clock.move_to(START + 2 * HOUR)
        world.event("list.joined", BEN)
        world.tick()
        world.write(TWO, project=PROJECT + "budget: {per_day: 1.00}\n")
        world.apply()
        world.simulator.pause_listening()  # it has room, and the sender fails
        world.send()
        world.simulator.resume_listening()
        world.clock.move_to(START + 2 * HOUR + 12 * HOUR + MINUTE)
        world.send()
        assert [(step, state) for step, state, _ in world.told()] == [
            ("one", "accepted"), ("two", "expired"), ("one", "expired"), ("two", "expired"),
        ]  # fmt: skip


def test_decided_again_before_its_time_what_was_not_waited_does_not_count(tmp_path: Path) -> None:
    with World(tmp_path, TWO, project=NIGHTS) as world:
        held_at_night(world)
        world.clock.move_to(CLOSING + HOUR)
        world.write(TWO, project=PROJECT)  # no quiet hours any more
        world.apply()
        with world.app.database.reading() as db:
            expires = [at for (at,) in db.execute("SELECT expires_at FROM message WHERE expires_at IS NOT NULL")]
        assert expires == [CLOSING - MINUTE + 12 * HOUR + HOUR] * 2
        assert world.send() == 2
        assert world.clock.now() < START + DAY
