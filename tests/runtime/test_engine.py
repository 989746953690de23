"""Runs from an event to their end, on a manual clock and a real database (R1-R6, E0-E3, C2)."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from engine.runtime.engine import Engine
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, START, World

PROMO = """\
flow: promo
language: 1
trigger: {event: list.joined, where: {event: {list: vip}}}
exit_when: [{when: {happened: order.placed}, reason: converted}]
steps:
  - id: hero
    sms: {text: 'Hi {{ contact.first_name | default("you") }}: {{ link("shop") }}', image: media/hero.png, otherwise: text}
  - id: think
    delay: 2d
  - if: {clicked: {link: shop, since: hero}}
    then: [{exit: engaged}]
  - id: reminder
    sms: Still thinking, {{ contact.first_name | default("you") }}?
  - id: last_chance
    wait_for: {happened: {event: list.joined, where: {event: {list: last}}}}
    up_to: 3h
    then: [{exit: joined_again}]
    on_timeout: [{exit: no_purchase}]
"""
VIP = {"list": "vip"}


def test_an_event_becomes_a_message_a_wait_and_an_end(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        assert world.event("list.joined", ADA, VIP).status == "accepted"
        assert world.tick() == START + 2 * DAY
        assert world.ends() == ["waiting:think"]
        assert world.tick(2 * DAY) == START + 2 * DAY + 3 * HOUR
        assert [m.step for m in world.messages()] == ["hero", "reminder"]
        assert world.messages()[1].text == "Still thinking, Ada?"
        assert world.tick(3 * HOUR) is None
        assert world.ends() == ["no_purchase"]


def test_whoever_does_not_fit_is_not_entered_and_told_why(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, {"list": "other"})
        world.tick()
        assert world.runs() == [] and world.refusals() == ["the event does not pass the trigger's `where`"]


def test_a_contact_in_the_flow_is_not_entered_again(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        for _ in range(3):  # three at once: one batch, one run
            world.event("list.joined", ADA, VIP)
        world.tick()
        world.event("list.joined", ADA, VIP)
        world.tick(HOUR)
        assert world.ends() == ["waiting:think"]
        assert world.refusals() == ["already in this flow"] * 3


@pytest.mark.parametrize(
    ("entry", "ends"), [("restart", ["restarted", "waiting:think"]), ("parallel", ["waiting:think"] * 2)]
)
def test_while_active(tmp_path: Path, entry: str, ends: list[str]) -> None:
    flow = PROMO.replace("exit_when", f"entry: {{while_active: {entry}}}\nexit_when", 1)
    with World(tmp_path, flow) as world:
        for _ in range(2):
            world.event("list.joined", ADA, VIP)
            world.tick(HOUR)
        assert world.ends() == ends


def test_again_after_counts_from_the_last_entry(tmp_path: Path) -> None:
    flow = PROMO.replace("exit_when", "entry: {again_after: 10d}\nexit_when", 1)
    with World(tmp_path, flow) as world:
        for wait in (0, 3 * DAY, 6 * DAY, DAY):  # entered, in its last wait, too early, late enough
            world.clock.move_to(world.clock.now() + wait)
            world.event("list.joined", ADA, VIP)
            world.tick()
        assert len(world.runs()) == 2
        assert world.refusals() == ["already in this flow", "entered this flow too recently (again_after)"]


def test_never_again_means_never(tmp_path: Path) -> None:
    flow = PROMO.replace("exit_when", "entry: {again_after: never}\nexit_when", 1)
    with World(tmp_path, flow) as world:
        for _ in range(2):
            world.event("list.joined", ADA, VIP)
            world.tick(400 * DAY)
        assert len(world.runs()) == 1


def test_a_purchase_ends_the_run_and_cancels_what_is_unsent(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, VIP)
        world.tick()
        world.event("order.placed", ADA, {"order_id": "o1", "total": 9.5})
        world.tick(MINUTE)
        assert world.ends() == ["converted"]
        assert world.told() == [("hero", "cancelled", "exit_when")]


def test_a_purchase_before_the_first_tick_is_seen(tmp_path: Path) -> None:
    """The daemon was off: the run counts from its event, and the order behind it already converted it."""
    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, VIP)
        world.clock.move_to(START + HOUR)
        world.event("order.placed", ADA)
        world.tick(HOUR)
        assert world.ends() == ["converted"] and world.messages() == []


def test_an_order_before_the_entry_does_not_convert(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        world.event("order.placed", ADA)
        world.clock.move_to(START + MINUTE)
        world.event("list.joined", ADA, VIP)
        world.tick()
        assert world.ends() == ["waiting:think"]


@pytest.mark.parametrize(("late", "end"), [(0, "joined_again"), (1, "no_purchase")])
def test_the_event_that_happened_by_the_due_time_wins(tmp_path: Path, late: int, end: str) -> None:
    """R4: the tick comes an hour late, and finds both the timeout and the event."""
    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, VIP)
        world.tick()
        due = world.tick(2 * DAY)
        assert due is not None
        world.clock.move_to(due + HOUR)
        world.event("list.joined", ADA, {"list": "last"}, occurred_at=due + late)
        world.tick()
        assert world.ends() == [end]


def test_stop_cancels_ends_and_holds_for_transactional_texts(tmp_path: Path) -> None:
    from engine.intake import inbound
    from engine.senders.sender import InboundText

    receipt = "flow: receipt\nlanguage: 1\ncategory: transactional\ntrigger: {event: order.placed}\nsteps: [{id: thanks, sms: Thank you}]\n"
    with World(tmp_path, PROMO, receipt) as world:
        world.event("list.joined", ADA, VIP)
        world.tick()
        stop = InboundText("in-1", ADA, "+18445550100", " stop. ", (), world.clock.now())
        inbound.receive_texts(world.app.database, [stop, stop], world.clock.now())
        assert world.send() == 0, "the gate knows of the STOP before any tick"
        world.event("order.placed", ADA)
        world.tick()
        assert world.ends() == ["opted out", "opted out"] or "opted out" in world.ends()
        assert world.told() == [("hero", "cancelled", "opted out"), ("thanks", "skipped", "opted out")]
        assert world.arrived() == []


def test_a_run_at_a_step_that_is_gone_is_parked_and_holds_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with World(tmp_path, PROMO) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone, VIP)
        world.tick()
        ghost = "INSERT INTO step (flow, number, name) SELECT id, 99, 'ghost' FROM flow WHERE name = 'promo'"
        world.app.database.write(lambda db: db.execute(ghost))
        world.is_counted = False  # rows are changed by hand
        world.app.database.write(lambda db: db.execute("UPDATE run SET step = 99 WHERE id = 1"))
        (world.folder / "flows/promo.yaml").write_text(PROMO + "# touched\n")
        fresh = world.app
        fresh._deployed = None  # the names are read with the deployment
        with caplog.at_level(logging.CRITICAL):
            world.tick(2 * DAY)
        assert world.ends() == ["parked:ghost", "waiting:last_chance"]


def test_a_block_that_raises_parks_its_own_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with World(tmp_path, PROMO) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone, VIP)
        world.tick()
        # A damaged row: a due time that no wait can have been left with.
        world.app.database.write(lambda db: db.execute("UPDATE contact SET zone = 'No/Where' WHERE phone = ?", (ADA,)))
        flow = PROMO.replace("- id: reminder", "- id: more\n    delay: 1d\n  - id: reminder")
        world.write(flow)
        world.apply()
        with caplog.at_level(logging.CRITICAL):
            world.tick(2 * DAY)
        assert sorted(end or "" for end in world.ends()) == ["parked:think", "waiting:more"]


def test_a_changed_zone_moves_the_calendar_wait(tmp_path: Path) -> None:
    """T1: 10:00 two days on stays 10:00 on the contact's clock."""
    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, VIP)
        assert world.tick() == START + 2 * DAY
        world.contact(ADA, timezone="America/Los_Angeles")
        assert world.tick() == START + 2 * DAY + 3 * HOUR


def test_an_event_is_taken_once(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        assert world.event("list.joined", ADA, VIP, id="e1").status == "accepted"
        assert world.event("list.joined", ADA, VIP, id="e1").status == "duplicate"
        assert world.event("list.joined", ADA, {"list": "other"}, id="e1").status == "conflict"
        assert world.event("list.joined", BEN, VIP, id="e1").status == "accepted"


def test_a_bad_event_is_refused_with_its_reason(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        assert "list.joined" in str(world.event("list.joind", ADA, VIP).reason)
        assert world.event("list.joined", ADA, {"liste": "vip"}).status == "rejected"
        assert world.event("order.placed", ADA, {"total": "much"}).status == "rejected"
        assert world.event("list.joined", "12025550143", VIP).status == "rejected"
        assert world.event("promo", ADA, {"much": 10**30}, start=True).status == "rejected"
        assert world.tick() is None and world.runs() == []


def test_contacts_waiting_at_a_step_keep_it_from_going(tmp_path: Path) -> None:
    from engine.errors import Refused

    with World(tmp_path, PROMO) as world:
        world.event("list.joined", ADA, VIP)
        world.tick()
        world.write(PROMO.replace("id: think", "id: ponder"))
        with pytest.raises(Refused, match="1 contact of promo waits at the step think"):
            world.apply()
        assert world.tick() == START + 2 * DAY


def test_a_tick_of_few_batches_goes_on_in_the_next_one(tmp_path: Path) -> None:
    with World(tmp_path, PROMO) as world:
        engine = Engine(world.app.database, world.app.deployed, batch=1, batches=2)
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone, VIP)
        assert engine.tick(world.clock.now()) == world.clock.now(), "there is more to do at once"
        assert len(world.runs()) == 2
        world.clock.move_to(START + MINUTE)
        assert engine.tick(world.clock.now()) == START + 2 * DAY
        assert len(world.runs()) == 3, "what came later is decided by the clock of then"


def test_who_an_event_has_entered_does_not_come_in_by_a_segment_in_a_later_part_of_the_tick(tmp_path: Path) -> None:
    segment = "segments: {joined: {happened: list.joined}}\n"
    both = PROMO.replace(
        "trigger: {event: list.joined, where: {event: {list: vip}}}",
        "trigger: [{event: list.joined}, {segment: joined}]",
    )
    with World(tmp_path, both, project=PROJECT + segment) as world:
        engine = Engine(world.app.database, world.app.deployed, batches=1)
        while engine.tick(world.clock.now()) == world.clock.now():
            pass
        world.event("list.joined", ADA, VIP)
        ticks = 0
        while engine.tick(world.clock.now()) == world.clock.now():
            ticks += 1
        assert ticks > 1 and len(world.runs()) == 1


@pytest.mark.usefixtures("each_database")
def test_what_comes_while_a_tick_lasts_ends_a_wait_at_once(tmp_path: Path) -> None:
    """The tick has read its clock, the event comes, the tick takes it: it has happened, though behind the tick's instant."""
    flow = "flow: w\nlanguage: 1\ntrigger: {event: list.joined}\nentry: {again_after: never}\nsteps:\n"
    flow += (
        "  - id: rest\n    wait_for: {happened: list.joined}\n    up_to: 1d\n  - id: more\n    sms: Another thing.\n"
    )
    with World(tmp_path, flow) as world:
        world.event("list.joined", ADA)
        world.tick()
        begun = world.clock.now() + 1_000
        world.clock.move_to(begun + 30)
        world.event("list.joined", ADA)
        world.engine.tick(begun)
        assert [message.text for message in world.messages()] == ["Another thing."]
