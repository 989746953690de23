"""LEADOFF_ONLY_TO: nothing leaves to a number that is not in the list, whatever writes the message."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app import App
from engine.delivery.outbox import send_all_due
from engine.errors import Refused, UsageError
from engine.runtime.send_test_message import SampleRequest, write_test_message
from engine.store import holds, outbox
from tests import databases
from tests.delivery.crm import Crm
from tests.world import ADA, BEN, CY, HOUR, PROJECT, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
  - id: pause
    delay: 1h
  - id: two
    sms: Two
"""
STAGING = {"LEADOFF_ONLY_TO": f"{BEN}, {CY}"}


def enter(world: World, *phones: str) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


def heard(world: World, words: str, phone: str = ADA) -> None:
    world.receive_text(phone, words)
    world.tick()


def test_only_the_numbers_of_the_list_are_texted_and_the_others_runs_go_on(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, environ=STAGING) as world:
        enter(world, ADA, BEN, CY)
        assert world.send() == 2
        assert world.told() == [("one", "skipped", "staging"), ("one", "accepted", None), ("one", "accepted", None)]
        world.tick(after=HOUR)
        assert world.send() == 2
        assert sorted(to for to, _ in world.arrived()) == sorted([BEN, CY] * 2)
        assert world.ends() == ["end"] * 3
        assert any("staging" in line for line in world.story(ADA))


def test_a_skipped_message_costs_no_budget_and_no_cap(tmp_path: Path) -> None:
    project = PROJECT + "caps: {marketing: {per_day: 1}}\nbudget: {per_day: 0.015}\n"
    with World(tmp_path, FLOW, project=project, environ=STAGING) as world:
        enter(world, ADA, ADA)
        assert world.send() == 0
        enter(world, BEN)
        assert world.send() == 1, "the budget is for one message"
        world.tick(after=HOUR)
        assert [why for _, _, why in world.told()].count("staging") == 1
        world.send()
        assert [why for _, _, why in world.told()].count("staging") == 2, "the cap did not hold Ada's second one"


@pytest.mark.parametrize("words", ["STOP", "HELP", "START"])
def test_our_answers_to_texts_stay_as_well(tmp_path: Path, words: str) -> None:
    project = PROJECT.replace("+18445550100", "+12125550100").replace(
        "provider: simulator", "provider: simulator, kind: long_code"
    )
    with World(tmp_path, FLOW, project=project, environ=STAGING) as world:
        if words == "START":
            world.consent(ADA, "unsubscribed")
        world.receive_text(ADA, words, "+12125550100")
        world.tick()
        assert [state for _, state, _ in world.told()] == ["queued"]
        assert world.send() == 0
        assert [(state, why) for _, state, why in world.told()] == [("skipped", "staging")]
        assert world.arrived() == []


def test_a_test_message_to_another_number_is_refused_at_once(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, environ=STAGING) as world:
        asked, now = SampleRequest("hello", "one", ADA, {}), world.clock.now()
        with pytest.raises(Refused, match="not in LEADOFF_ONLY_TO") as refused:
            write_test_message(world.app.database, world.app.deployed(), asked, now, world.app.only_to)
        assert ADA not in refused.value.message
        assert world.messages() == []
        write_test_message(world.app.database, world.app.deployed(), asked, now)
        assert world.send() == 0, "and where the command did not know of the list, its message is skipped"
        assert [(state, why) for _, state, why in world.told()] == [("skipped", "staging")]


def test_what_was_written_held_or_tried_before_the_list_was_set_stays(tmp_path: Path) -> None:
    """Queued, of a paused flow, and waiting for its next attempt: whatever way back into the queue it takes."""
    with World(tmp_path, FLOW) as world:
        world.simulator.add_fault("503")
        enter(world, ADA, BEN)
        world.send()
        flow = world.app.deployed().names.flow_ids["hello"]
        world.app.database.write(lambda db: holds.pause(db, flow, world.clock.now()))
        enter(world, CY)
        world.app.database.write(lambda db: outbox.recover(db, world.clock.now(), ["main"]))
        with App(tmp_path, databases.environ() | {"LEADOFF_ONLY_TO": "+14165550199"}, world.clock) as staging:
            (guarded,) = staging.outboxes(world.simulator.url)
            staging.database.write(lambda db: holds.resume(db, flow))
            for _ in range(20):
                world.clock.move_to(guarded.next_due(world.clock.now()) or world.clock.now())
                assert send_all_due(guarded, world.clock.now) == 0
            guarded.close()
        assert {why for _, state, why in world.told() if state == "skipped"} == {"staging"}


def test_web_calls_are_no_texts(tmp_path: Path) -> None:
    with Crm() as crm:
        flow = FLOW.replace("sms: One", f'webhook: {{url: "{crm.url}/points"}}')
        project = PROJECT + "webhooks: {allow_hosts: [127.0.0.1]}\n"
        with World(tmp_path, flow, project=project, environ=STAGING) as world:
            enter(world, ADA)
            assert send_all_due(world.app.webhooks(), world.clock.now) == 1
            assert len(crm.got) == 1


def test_a_wrong_list_lets_nothing_start(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for wrong in ("", "12025550143", f"{ADA} or so"):
            with (
                App(tmp_path, databases.environ() | {"LEADOFF_ONLY_TO": wrong}, world.clock) as app,
                pytest.raises(UsageError),
            ):
                app.outboxes(world.simulator.url)
