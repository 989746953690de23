"""Frequency caps across flows, and the first text of a contact (C3): counted in the database, asked again before the request."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.world import ADA, BEN, DAY, HOUR, PROJECT, World

UNKNOWN = "+13035550123"


def flow(name: str, text: str = "Hi", event: str = "list.joined", more: str = "") -> str:
    return f"flow: {name}\nlanguage: 1\ntrigger: {{event: {event}}}\nsteps:\n  - {{id: one, sms: {{text: {text}{more}}}}}\n"


def capped(said: str) -> str:
    return PROJECT + f"caps: {{marketing: {{{said}}}}}\n"


def test_two_flows_at_one_instant_text_once(tmp_path: Path) -> None:
    """Both runs are asked in one batch, and neither sees the other's message: the gate before the request does."""
    rest = "  - {id: rest, delay: 1h}\n  - {id: one"
    both = [flow(name).replace("  - {id: one", rest) for name in ("first", "second")]
    with World(tmp_path, *both, project=capped("per_day: 1")) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.tick(HOUR)
        assert world.told() == [("one", "queued", None)] * 2
        world.send()
        assert len(world.arrived()) == 1
        assert sorted(state for _, state, _ in world.told()) == ["accepted", "held"]
        assert ("one", "held", "cap of 1 a day") in world.told()
        world.tick(DAY - 1)
        assert world.send() == 0
        world.tick(1)
        assert world.send() == 1


def test_where_the_author_does_not_want_to_wait_it_is_skipped(tmp_path: Path) -> None:
    second = flow("second", more=", on_cap: skip")
    with World(tmp_path, flow("first"), second, project=capped("per_day: 1")) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert ("one", "skipped", "cap of 1 a day") in world.told()


def test_a_later_flow_waits_at_its_step_until_the_window_has_room(tmp_path: Path) -> None:
    later = flow("later", event="order.placed")
    with World(tmp_path, flow("first"), later, project=capped("per_day: 1")) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        world.tick(HOUR)
        world.event("order.placed", ADA)
        due = world.tick()
        assert due == world.clock.now() + 23 * HOUR and "waiting:one" in world.ends()
        world.tick(23 * HOUR)
        assert world.send() == 1


def test_the_picture_and_its_follow_up_are_one_and_a_third_flow_is_held(tmp_path: Path) -> None:
    pair = flow("pair") + "  - {id: rest, delay: 4h}\n  - {id: two, sms: Two}\n"
    other = flow("other", event="order.placed")
    with World(tmp_path, pair, other, project=capped("per_day: 1, except_within_flow: true")) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        world.tick(4 * HOUR)
        assert world.send() == 1, "the second of the pair is not held by the first"
        world.event("order.placed", ADA)
        world.tick(HOUR)
        assert world.send() == 0
        assert world.ends()[-1] == "waiting:one"


@pytest.mark.parametrize("state", ["rejected", "cancelled"])
def test_what_never_left_does_not_count(tmp_path: Path, state: str) -> None:
    with World(tmp_path, flow("first"), flow("later", event="order.placed"), project=capped("per_day: 1")) as world:
        world.event("list.joined", ADA)
        world.tick()
        sent = {"rejected": 7, "cancelled": 8}[state]
        world.is_counted = False  # rows are changed by hand
        world.app.database.write(
            lambda db: db.execute("UPDATE message SET status = ?, sent_at = queued_at WHERE flow <> 0", (sent,))
        )
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 1


def test_an_unknown_outcome_counts_as_sent(tmp_path: Path) -> None:
    with World(tmp_path, flow("first"), flow("later", event="order.placed"), project=capped("per_day: 1")) as world:
        world.simulator.add_fault("drop_answer")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert world.told() == [("one", "unknown", None)] or world.told()[0][1] == "unknown"
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 0 and "waiting:one" in world.ends()


def test_transactional_is_neither_capped_nor_counted(tmp_path: Path) -> None:
    code = flow("code", "Your code").replace("language: 1\n", "language: 1\ncategory: transactional\n")
    with World(tmp_path, code, flow("later", event="order.placed"), project=capped("per_day: 1")) as world:
        for _ in range(3):
            world.event("list.joined", ADA)
            world.tick()
            world.send()
        assert len(world.arrived()) == 3
        world.event("order.placed", ADA)
        world.tick()
        assert world.send() == 1


def test_the_first_marketing_text_is_introduced_once(tmp_path: Path) -> None:
    two = flow("first", "Spring is here") + "  - {id: rest, delay: 1h}\n  - {id: two, sms: And summer}\n"
    with World(tmp_path, two) as world:
        world.contact(UNKNOWN)
        world.consent(UNKNOWN, "subscribed")
        world.event("list.joined", UNKNOWN)
        world.tick()
        world.send()
        world.tick(HOUR)
        world.send()
        assert [text for _, text in world.arrived()] == [
            "Acme: Spring is here\nReply STOP to opt out",
            "And summer",
        ]
        assert [message.parts for message in world.messages()] == [1, 1]


def test_the_first_text_in_the_authors_words(tmp_path: Path) -> None:
    project = PROJECT + 'texts: {first: "Text STOP to end"}\n'
    with World(tmp_path, flow("first", "Spring at Acme"), project=project) as world:
        world.contact(UNKNOWN)
        world.consent(UNKNOWN, "subscribed")
        world.event("list.joined", UNKNOWN)
        world.tick()
        world.send()
        assert world.arrived() == [(UNKNOWN, "Spring at Acme\nText STOP to end")]


def test_a_text_that_failed_was_no_first_one(tmp_path: Path) -> None:
    with World(tmp_path, flow("first"), flow("later", event="order.placed")) as world:
        world.contact(UNKNOWN)
        world.consent(UNKNOWN, "subscribed")
        world.event("list.joined", UNKNOWN)
        world.tick()
        world.is_counted = False  # rows are changed by hand
        world.app.database.write(
            lambda db: db.execute("UPDATE message SET status = 7, sent_at = queued_at WHERE flow <> 0")
        )
        world.event("order.placed", UNKNOWN)
        world.tick()
        world.send()
        assert world.arrived() == [(UNKNOWN, "Acme: Hi\nReply STOP to opt out")]


def test_a_cap_of_a_week_over_days(tmp_path: Path) -> None:
    with World(tmp_path, flow("first"), project=capped("per_week: 2")) as world:
        for _ in range(3):
            world.event("list.joined", BEN)
            world.tick(DAY)
            world.send()
        assert len(world.arrived()) == 2
        due = world.tick()
        assert due is not None
        world.clock.move_to(due)
        world.tick()
        assert world.send() == 1
