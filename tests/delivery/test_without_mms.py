"""A phone that takes no pictures gets the step's `otherwise`, once, and is remembered (MM3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.runtime.engine import Engine
from engine.senders.sender import StatusReport
from engine.store import interned_names, spending
from engine.store.queries import statistics
from tests.world import ADA, DAY, MINUTE, PROJECT, World

PLAIN = "+12025550198"  # for fiction: a phone that takes no pictures
OTHER = "+13125550198"
FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: Look, image: media/hero.png, otherwise: text}
"""


def world_of(tmp_path: Path, otherwise: str = "text", strangers: bool = False) -> World:
    return World(tmp_path, FLOW.replace("otherwise: text", f"otherwise: {otherwise}"), strangers=strangers)


def joins(world: World, phone: str, known: bool = False) -> None:
    if not known:
        world.contact(phone)
        world.consent(phone, "subscribed")
        world.texted_before(phone)
    world.event("list.joined", phone)
    world.tick()


def counted(world: World) -> int:
    with world.app.database.reading() as db:
        return statistics.of_flow(db, interned_names.load(db).flow_ids["hello"]).steps[0].no_mms


def refused_later(world: World, phone: str, **more: bool) -> None:
    entry = next(entry for entry in reversed(world.simulator.ledger.messages()) if entry.to == phone)
    now = world.clock.now()
    report = StatusReport(entry.id, entry.tag, "undelivered", "4753", "destination-rejected-handset", now, **more)
    inbound.receive_statuses(world.app.database, "main", [report, report], now)
    world.tick()


def test_refused_at_the_request_its_text_goes_out_once(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, PLAIN)
        world.send()
        assert world.arrived() == []
        world.tick()
        assert world.send() == 1
        assert world.arrived() == [(PLAIN, "Look")]
        (message,) = world.messages()
        assert (message.status, message.media, message.parts, message.price) == ("accepted", None, 1, 15_000)
        world.tick(DAY)
        assert world.send() == 0
        assert any(
            "the phone cannot receive MMS" in line and "its `otherwise` goes out" in line for line in world.story(PLAIN)
        )
        assert counted(world) == 1


def test_refused_by_callback_its_text_goes_out_once(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, ADA, known=True)
        world.send()
        refused_later(world, ADA, no_mms=True)
        assert world.send() == 1
        assert [(entry.to, entry.media_url is None) for entry in world.simulator.ledger.messages()] == [
            (ADA, False),
            (ADA, True),
        ]
        world.callbacks()
        world.tick()
        assert [state for _, state, _ in world.told()] == ["delivered"]
        refused_later(world, ADA, no_mms=True)  # of a text that means nothing, and it has arrived
        assert world.send() == 0 and counted(world) == 1


def test_the_next_picture_is_not_tried(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, PLAIN)
        world.send()
        world.tick()
        world.send()
        world.clock.move_to(world.clock.now() + DAY)
        joins(world, PLAIN, known=True)
        assert world.send() == 1 and world.arrived() == [(PLAIN, "Look")] * 2
        assert all(message.attempts == 1 for message in world.messages())
        assert counted(world) == 2
        assert "the phone cannot receive MMS: `otherwise` goes out" in world.story(PLAIN)


def test_until_a_later_picture_reaches_it(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, ADA, known=True)
        world.send()
        first = world.simulator.ledger.messages()[0]
        refused_later(world, ADA, no_mms=True)
        world.send()
        since = (
            "UPDATE message SET sent_at = sent_at + 1, media = 'x.png' WHERE media IS NULL AND provider_id IS NOT NULL"
        )
        world.tick(MINUTE)
        world.callbacks()  # its text arrives: that says nothing of pictures
        world.tick()
        joins(world, ADA, known=True)
        assert world.messages()[-1].media is None and first.media_url is not None
        world.send()
        world.clock.move_to(world.clock.now() + 1)
        world.app.database.write(lambda db: db.execute(since))  # one that left later was a picture
        world.callbacks()
        world.tick()
        joins(world, ADA, known=True)
        assert world.messages()[-1].media is not None


@pytest.mark.parametrize("otherwise", ["link", "skip"])
def test_the_authors_choice_holds(tmp_path: Path, otherwise: str) -> None:
    with world_of(tmp_path, otherwise) as world:
        joins(world, PLAIN)
        world.send()
        world.tick()
        world.send()
        if otherwise == "skip":
            assert world.told() == [("one", "skipped", "the phone cannot receive MMS")] and world.arrived() == []
        else:
            ((to, text),) = world.arrived()
            assert to == PLAIN and text.startswith("Look http") and "/l/" in text


def test_its_text_passes_the_gates(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, PLAIN)
        world.send()
        world.consent(PLAIN, "unsubscribed")
        world.tick()
        assert world.send() == 0
        assert world.told() == [("one", "cancelled", "opted out")]


def test_a_first_text_still_says_who_writes(tmp_path: Path) -> None:
    with world_of(tmp_path, strangers=True) as world:
        world.contact(PLAIN)
        world.consent(PLAIN, "subscribed")
        joins(world, PLAIN, known=True)
        world.send()
        world.tick()
        world.send()
        ((_, text),) = world.arrived()
        assert text.startswith("Acme: Look") and "STOP" in text


def test_a_budget_pays_for_the_text_alone(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=PROJECT + "budget: {per_day: 0.06}\n") as world:
        joins(world, PLAIN)
        world.send()
        world.tick()
        world.send()
        with world.app.database.reading() as db:
            assert db.execute("SELECT amount FROM spent").fetchall() == [(15_000,)]


def test_other_words_of_a_callback_end_it(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, OTHER.replace("198", "143"))
        world.send()
        refused_later(world, OTHER.replace("198", "143"))
        assert [state for _, state, _ in world.told()] == ["undelivered"]
        assert world.send() == 0 and counted(world) == 0


def test_a_second_word_on_the_refused_request_is_none_on_its_text(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, ADA, known=True)
        world.send()
        (entry,) = world.simulator.ledger.messages()
        now = world.clock.now()
        words = [
            StatusReport(entry.id, entry.tag, status, "4753", "handset", now, no_mms=True)
            for status in ("undelivered", "failed")
        ]
        inbound.receive_statuses(world.app.database, "main", words, now)
        piecemeal = Engine(world.app.database, world.app.deployed, 1)
        assert piecemeal._next_batch(now) == 1  # and before it comes to the second word
        claim = world.outbox.claim(now, 5)
        world.tick()
        world.outbox.settle([world.outbox.send(each, now, world.clock.now) for each in claim.outgoing], now)
        assert [status for _, status, _ in world.told()] == ["accepted"]


def test_what_the_picture_was_to_cost_is_given_back(tmp_path: Path) -> None:
    with world_of(tmp_path) as world:
        joins(world, ADA, known=True)
        world.send()
        refused_later(world, ADA, no_mms=True)
        world.send()
        with world.app.database.reading() as db:
            assert spending.spent(db, "2027-04-01") == 15_000
