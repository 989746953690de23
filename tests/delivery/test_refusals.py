"""What a provider refuses to all messages of an account, and to each one with a picture that is too large (M4, MM7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.senders.sender import StatusReport
from engine.store.queries import history, listings
from tests.world import ADA, BEN, CY, MINUTE, PROJECT, START, World

ONE = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: One, expires_after: 3d}
"""
PICTURE = ONE.replace("{text: One, expires_after: 3d}", "{text: One, image: media/hero.png, otherwise: text}")


def enter(world: World, *phones: str) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


def told(world: World, kind: str, done: bool = False) -> list[str]:
    with world.app.database.reading() as db:
        return [row["note"] for row in listings.notices(db, done) if row["kind"] == kind]


def says(world: World, phone: str, status: str, *, again: bool = False, **more: bool) -> None:
    """The provider's callback on the newest message to that number."""
    entry = next(entry for entry in reversed(world.simulator.ledger.messages()) if entry.to == phone)
    report = StatusReport(entry.id, entry.tag, status, "4795", "tfn-not-verified", world.clock.now(), **more)
    for _ in range(2 if again else 1):
        inbound.receive_statuses(world.app.database, "main", [report], world.clock.now())
    world.tick()


def test_no_credit_holds_all_messages_counts_no_attempt_and_ends_by_itself(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("402:20")
        enter(world, ADA, BEN, CY)
        assert world.send() == 3
        why = "main is refused by its provider: the account has no credit (no-credit)"
        for _ in range(17):
            assert world.told() == [("one", "held", why)] * 3
            world.clock.move_to(world.outbox.next_due(world.clock.now()) or 0)
            assert world.send() == 1, "one goes as a probe"
        (note,) = told(world, "account")
        assert note.startswith(why) and "credit, registration" in note
        world.clock.move_to(world.outbox.next_due(world.clock.now()) or 0)
        assert world.send() == 3, "the twenty-first is taken, and the others follow at once"
        assert sorted(to for to, _ in world.arrived()) == sorted([ADA, BEN, CY])
        assert [(state, reason) for _, state, reason in world.told()] == [("accepted", None)] * 3
        assert [message.attempts for message in world.messages()] == [1, 1, 1]
        assert told(world, "account") == [], "it is over, and says so itself"


def test_a_probe_is_one_message_every_few_minutes(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("402:*")
        enter(world, ADA)
        assert world.send() == 1
        enter(world, BEN, CY)
        assert world.send() == 0
        world.clock.move_to(START + 5 * MINUTE - 1)
        assert world.send() == 0
        world.clock.move_to(START + 5 * MINUTE)
        assert world.send() == 1
        assert {state for _, state, _ in world.told()} == {"held"}


def test_a_number_that_is_not_verified_is_told_by_callback(tmp_path: Path) -> None:
    """It is accepted, and fails: nobody got it, so it stands in the queue again, and a probe tells when all is well."""
    with World(tmp_path, ONE) as world:
        enter(world, ADA, BEN)
        assert world.send() == 2
        says(world, ADA, "failed", again=True, account=True)
        says(world, BEN, "failed", account=True)
        why = "main is refused by its provider: tfn-not-verified"
        assert world.told() == [("one", "held", why)] * 2
        assert world.send() == 0 and len(told(world, "account")) == 1
        world.clock.move_to(START + 5 * MINUTE)
        assert world.send() == 1
        says(world, ADA, "failed", account=True)
        world.clock.move_to(START + 10 * MINUTE)
        assert world.send() == 1, "the one probe is refused as well: only another goes"
        world.clock.move_to(START + 15 * MINUTE)
        assert world.send() == 1, "nothing was heard of the last probe: the rest goes"
        assert [(state, message.attempts) for (_, state, _), message in zip(world.told(), world.messages(), strict=True)] == [
            ("accepted", 1), ("accepted", 1),
        ]  # fmt: skip
        assert told(world, "account") == []


def requests(world: World) -> list[tuple[str, int]]:
    """Outcome and instant of every request that was made for the one contact."""
    with world.app.database.reading() as db:
        return [(row["outcome"], row["at"]) for row in history.attempts(db, 1)]


def test_every_request_is_told_though_an_accepted_one_has_no_row(tmp_path: Path) -> None:
    """M8: its message tells it; where that is sent again, what came before stays known."""
    with World(tmp_path, ONE) as world:
        enter(world, ADA)
        world.send()
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM attempt").fetchone() == (0,)
        assert requests(world) == [("accepted", START)]
        says(world, ADA, "failed", account=True)
        assert requests(world) == [("accepted", START)]
        world.clock.move_to(START + 5 * MINUTE)
        world.send()
        assert requests(world) == [("accepted", START), ("accepted", START + 5 * MINUTE)]


def test_late_word_of_a_request_that_failed_does_not_touch_the_next_one(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        enter(world, ADA)
        world.send()
        (first,) = world.simulator.ledger.messages()
        says(world, ADA, "failed", account=True)
        late = StatusReport(first.id, first.tag, "delivered", None, None, world.clock.now())
        inbound.receive_statuses(world.app.database, "main", [late], world.clock.now())
        world.tick(5 * MINUTE)
        claim = world.outbox.claim(world.clock.now(), 1)
        inbound.receive_statuses(world.app.database, "main", [late._replace(status="sent")], world.clock.now())
        world.tick()
        assert [state for _, state, _ in world.told()] == ["sending"], (
            "it is on its way once more, and that word is not on this request"
        )
        results = [world.outbox.send(each, world.clock.now(), world.clock.now) for each in claim.outgoing]
        world.outbox.settle(results, world.clock.now())
        inbound.receive_statuses(world.app.database, "main", [late], world.clock.now())
        world.tick()
        assert [state for _, state, _ in world.told()] == ["accepted"]
        world.callbacks()
        world.tick()
        assert [state for _, state, _ in world.told()] == ["delivered"]


@pytest.mark.parametrize("by_callback", [False, True])
def test_a_picture_that_is_too_large_is_a_notice_once(tmp_path: Path, by_callback: bool) -> None:
    with World(tmp_path, PICTURE) as world:
        if not by_callback:
            world.simulator.add_fault("odd:2;status=413")
        enter(world, ADA, BEN)
        world.send()
        if by_callback:
            says(world, ADA, "failed", too_large=True)
            says(world, BEN, "failed", too_large=True)
        assert [state for _, state, _ in world.told()] == ["failed", "failed"]
        (note,) = told(world, "too-large")
        assert note.startswith("the picture of hello, one is refused by main as too large")


def test_429_is_no_refusal_of_the_account(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=PROJECT) as world:
        world.simulator.add_fault("429;retry_after=30")
        enter(world, ADA)
        world.send()
        assert [state for _, state, _ in world.told()] == ["queued"] and told(world, "account", done=True) == []
