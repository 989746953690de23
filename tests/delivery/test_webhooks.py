"""Flows that call somebody on the web, on a manual clock and a loopback server."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.core.retry import ATTEMPTS
from engine.delivery.outbox import send_all_due
from engine.store import contacts, webhooks
from engine.store.queries import timeline
from tests.delivery.crm import Crm, says
from tests.world import ADA, DAY, MINUTE, PROJECT, World

ALLOWED = PROJECT + "webhooks: {allow_hosts: [127.0.0.1]}\n"
FLOW = """\
flow: points
language: 1
trigger: {{event: list.joined}}
exit_when:
  - {{when: {{happened: order.placed}}, reason: converted}}
  - {{when: {{contact: {{tier: platinum}}}}, reason: platinum}}
steps:
  - id: ask
    webhook:
      url: "{url}/points?phone={{{{ contact.phone }}}}"
      body: {{name: "{{{{ contact.first_name | default('') }}}}"}}
      save: {{orders: total, tier: level}}
    on_error: {on_error}
  - id: hero
    sms: "You have {{{{ contact.orders | default('some') }}}} points"
"""


def told(world: World) -> list[str]:
    doing = world.app.deployed().summary.doing
    with world.app.database.reading() as db:
        (who,) = contacts.find(db, [ADA], [])
        moments = timeline.timeline_of(db, who, doing)
    return [moment.what for moment in moments if moment.step == "ask"]


def enter(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()


def call(world: World) -> int:
    """Make the calls that are due, and let the engine hear of it."""
    made = send_all_due(world.app.webhooks(), world.clock.now)
    world.tick()
    return made


def next_due(world: World) -> int:
    due = world.app.webhooks().next_due(world.clock.now())
    assert due is not None
    return due


def test_the_answer_is_saved_and_the_run_goes_on(tmp_path: Path) -> None:
    with (
        Crm(says(200, {"total": 12, "level": "gold"})) as crm,
        World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world,
    ):
        enter(world)
        assert world.ends() == ["waiting:ask"]
        assert call(world) == 1
        assert world.ends() == ["end"]
        assert [message.text for message in world.messages()] == ["You have 12 points"]
        (got,) = crm.got
        assert (got.method, got.target, got.body) == ("POST", "/points?phone=%2B12025550143", '{"name": "Ada"}')
        assert told(world)[0] == f"POST {crm.url}/points answered 200"


def test_what_is_saved_can_end_the_run(tmp_path: Path) -> None:
    with (
        Crm(says(200, {"level": "platinum"})) as crm,
        World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world,
    ):
        enter(world)
        call(world)
        assert world.ends() == ["platinum"]
        assert world.messages() == []


def test_it_is_tried_again_under_the_same_key(tmp_path: Path) -> None:
    answers = says(503, None, Retry_After="600"), says(500), says(200, {"total": 3})
    with Crm(*answers) as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        start = world.clock.now()
        enter(world)
        call(world)
        assert next_due(world) == start + 10 * MINUTE
        assert call(world) == 0, "not before it is due"
        for _ in range(2):
            world.clock.move_to(next_due(world))
            call(world)
        assert world.ends() == ["end"]
        keys = {got.headers["idempotency-key"] for got in crm.got}
        assert len(crm.got) == 3
        assert len(keys) == 1
        assert [what.removeprefix(f"POST {crm.url}/points ") for what in told(world)][:3] == [
            "is tried again: answered 503",
            "is tried again: answered 500",
            "answered 200",
        ]


def test_each_contact_and_each_entry_has_its_own_key(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        for phone in (ADA, "+13125550123", ADA):
            world.event("list.joined", phone)
            world.tick()
            call(world)
        assert len({got.headers["idempotency-key"] for got in crm.got}) == 3


@pytest.mark.parametrize(
    ("on_error", "end", "sent"),
    [("continue", "end", 1), ("exit", "webhook failed", 0), ("[{exit: unknown_there}]", "unknown_there", 0)],
)
def test_what_follows_a_failure(tmp_path: Path, on_error: str, end: str, sent: int) -> None:
    with Crm(says(404)) as crm, World(tmp_path, FLOW.format(url=crm.url, on_error=on_error), project=ALLOWED) as world:
        enter(world)
        call(world)
        assert world.ends() == [end]
        assert len(world.messages()) == sent
        assert told(world)[0] == f"POST {crm.url}/points failed: answered 404"


def test_it_is_given_up_at_last(tmp_path: Path) -> None:
    with Crm(says(500)) as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        enter(world)
        for _ in range(ATTEMPTS):
            world.clock.move_to(next_due(world))
            call(world)
        assert world.ends() == ["webhook failed"]
        assert len(crm.got) == ATTEMPTS
        assert any("given up" in what for what in told(world))


def test_a_private_address_is_not_called_without_leave(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit")) as world:
        enter(world)
        call(world)
        assert crm.got == []
        assert world.ends() == ["webhook failed"]
        assert "127.0.0.1 is 127.0.0.1, which is not a public address" in told(world)[0]


def test_after_a_crash_it_is_called_again_under_the_same_key(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        enter(world)
        ways, now = world.app.webhooks(), world.clock.now()
        (due,) = ways.claim(now, 10).outgoing
        ways.send(due, now, world.clock.now)  # and the process dies before the answer is stored
        assert call(world) == 0, "it is being called"
        assert world.app.database.write(lambda db: webhooks.recover(db, now)) == 1
        assert call(world) == 1
        assert len({got.headers["idempotency-key"] for got in crm.got}) == 1
        assert len(crm.got) == 2
        assert world.ends() == ["end"]


def test_a_run_that_has_ended_calls_nobody(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        enter(world)
        world.event("order.placed", ADA)
        world.tick()
        assert world.ends() == ["converted"]
        assert call(world) == 0
        assert crm.got == []
        assert world.app.webhooks().next_due(world.clock.now()) is None


def test_a_run_rests_for_as_long_as_nobody_calls(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        enter(world)
        for _ in range(3):
            world.tick(DAY)
        assert world.ends() == ["waiting:ask"]
        assert call(world) == 1
        assert world.ends() == ["end"]


def test_a_missing_value_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    fields = "fields: {tier: text, orders: integer, city: {type: text, required: true}}"
    project = ALLOWED.replace("fields: {tier: text, orders: integer}", fields)
    flow = FLOW.format(url="http://127.0.0.1:9", on_error="exit").replace("contact.phone", "contact.city")
    with World(tmp_path, flow, project=project) as world:
        enter(world)
        assert world.ends() == ["webhook failed"]
        assert told(world)[0] == "not called: contact.city is missing and has no default"
        assert call(world) == 0


def test_an_answer_without_json_saves_nothing_and_says_so(tmp_path: Path) -> None:
    with (
        Crm(says(200, b"<html>")) as crm,
        World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world,
    ):
        enter(world)
        call(world)
        assert world.ends() == ["end"]
        assert "did not save orders: the response has no total" in told(world)


def test_for_show_nothing_leaves_the_machine(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW.format(url=crm.url, on_error="exit"), project=ALLOWED) as world:
        enter(world)
        assert send_all_due(world.app.webhooks(for_show=True), world.clock.now) == 1
        world.tick()
        assert world.ends() == ["end"]
        assert crm.got == []
