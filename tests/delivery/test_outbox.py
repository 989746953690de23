"""Messages from the outbox to the provider, through the real client and the real simulator (M1-M9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.delivery import results
from engine.deploy.live_edits.by_hand import Wanted, carry_out
from engine.intake import inbound
from engine.senders.sender import SendDeferred, StatusReport
from engine.store import contacts, outbox
from engine.store.queries import listings
from engine.store.queries.timeline import timeline_of
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, PROJECT, START, World

HELLO = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: One
  - id: two
    sms: Two
"""
ONE = HELLO[: HELLO.index("  - id: two")]


def test_accepted_then_delivered_by_its_callback(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.send() == 1 and world.told() == [("one", "accepted", None)]
        world.callbacks()
        world.callbacks()  # twice: counts once
        world.tick()
        assert world.told() == [("one", "delivered", None)]
        assert world.arrived() == [(ADA, "One")]


def test_a_callback_of_somebody_elses_message_with_the_same_tag(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        (entry,) = world.simulator.ledger.messages()
        foreign = StatusReport("sim-other-7", entry.tag, "failed", None, None, world.clock.now())
        inbound.receive_statuses(world.app.database, "main", [foreign], world.clock.now())
        world.tick()
        assert world.told() == [("one", "accepted", None)]


def test_two_messages_of_a_contact_leave_in_their_order(tmp_path: Path) -> None:
    """M9: the first is refused for now, so the second waits behind it; another contact's do not."""
    with World(tmp_path, HELLO) as world:
        world.simulator.add_fault(f"503@{ADA};retry_after=60")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert world.arrived() == []
        world.tick(MINUTE)
        world.send()
        assert world.arrived() == [(ADA, "One"), (ADA, "Two")]


def test_a_lost_answer_is_unknown_and_never_sent_again(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("drop_answer")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert [state for _, state, _ in world.told()] == ["unknown"]
        for _ in range(3):
            world.tick(DAY)
            assert world.send() == 0
        assert len(world.arrived()) == 1
        world.callbacks()
        world.tick()
        assert [state for _, state, _ in world.told()] == ["delivered"], "the callback settles it"


def test_resend_is_a_choice_of_the_sender(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=PROJECT.replace("rate: 1000", "rate: 1000, on_unknown: resend")) as world:
        world.simulator.add_fault("drop_answer")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        world.tick(HOUR)
        world.send()
        assert len(world.arrived()) == 2 and [state for _, state, _ in world.told()] == ["accepted"]


def test_429_pauses_the_whole_sender_for_as_long_as_it_asks(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault("429;retry_after=30")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        world.event("list.joined", BEN)
        world.tick(1000)
        assert world.send() == 0, "the circuit is open"
        world.tick(30_000)
        world.send()
        assert sorted(to for to, _ in world.arrived()) == [ADA, BEN]
        assert max(message.attempts for message in world.messages()) == 2


def test_the_provider_down_for_an_hour_loses_nothing(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.pause_listening()
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert [state for _, state, _ in world.told()] == ["queued"]
        world.simulator.resume_listening()
        world.tick(HOUR)
        world.send()
        assert world.arrived() == [(ADA, "One")]


def test_a_stop_between_writing_and_sending(tmp_path: Path) -> None:
    with World(tmp_path, HELLO) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.consent(ADA, "unsubscribed")
        assert world.send() == 0
        assert world.told() == [("one", "cancelled", "opted out"), ("two", "cancelled", "opted out")]


def test_a_purchase_between_writing_and_sending_even_after_the_run_has_ended(tmp_path: Path) -> None:
    flow = ONE.replace("steps:", "exit_when: [{when: {happened: order.placed}, reason: converted}]\nsteps:")
    with World(tmp_path, flow) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.ends() == ["end"]
        world.event("order.placed", ADA)  # not consumed by any tick yet: it counts (E0)
        assert world.send() == 0
        assert world.told() == [("one", "cancelled", "exit_when: converted")]


def test_what_comes_too_late_is_dropped_and_said_to_be(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.clock.move_to(START + 13 * HOUR)
        world.send()
        assert world.told() == [("one", "expired", "expired")]


def test_the_rate_is_kept_and_survives_a_restart(tmp_path: Path) -> None:
    project = PROJECT.replace("rate: 1000", "rate: 2")
    with World(tmp_path, HELLO, project=project) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        sent_at: list[int] = []
        for _ in range(8):
            sent_at += [world.clock.now()] * world.send()
            world.outbox.sender.close()
            (world.outbox,) = world.app.outboxes(world.simulator.url)  # a new process knows only the database
            world.clock.move_to(world.outbox.next_due(world.clock.now()) or 0)
        assert len(sent_at) == 4
        assert sent_at[-1] - sent_at[0] >= 1_000, "four parts at two a second, a quarter second's burst"


def test_after_a_crash_what_was_sending_is_unknown(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.event("list.joined", ADA)
        world.tick()
        claim = world.outbox.claim(world.clock.now(), 10)
        assert len(claim.outgoing) == 1  # and the process dies here
        assert world.app.database.write(lambda db: outbox.recover(db, world.clock.now())) == 1
        assert world.told() == [("one", "unknown", "the process ended during the request")]
        assert world.send() == 0


REQUEUED: dict[str, tuple[str, SendDeferred | None]] = {  # each way on which a request that was under way is made again
    "busy": (PROJECT, SendDeferred("429", "too many requests")),
    "account": (PROJECT, SendDeferred("4795", "not verified", account=True)),
    "resend": (PROJECT.replace("rate: 1000", "rate: 1000, on_unknown: resend"), None),
}


@pytest.mark.parametrize("answer", REQUEUED)
@pytest.mark.parametrize("ends", ["retired", "by hand", "goes on", "drains"])
def test_what_is_cancelled_while_its_request_is_under_way_does_not_leave_later(
    tmp_path: Path, answer: str, ends: str
) -> None:
    project, error = REQUEUED[answer]
    with World(tmp_path, ONE.replace("sms: One", "sms: One\n  - id: rest\n    delay: 9d"), project=project) as world:
        world.event("list.joined", ADA)
        world.tick()
        claim = world.outbox.claim(world.clock.now(), 10)
        if ends == "by hand":
            wanted = Wanted("exit", 1)
            carry_out(world.app.database, world.app.deployed(), wanted, world.clock.now)
        elif ends != "goes on":
            (tmp_path / "flows/hello.yaml").unlink()
            world.write(project=project + f"retired: {{hello: {'exit' if ends == 'retired' else 'drain'}}}\n")
            world.apply()
        (message,) = claim.outgoing
        made = (
            results.unknown(message, "timeout", "no answer", claim.at, claim.at, resend=True)
            if error is None
            else results.deferred(message, error, claim.at, claim.at)
        )
        world.outbox.settle([made], world.clock.now())
        world.tick(HOUR)
        world.send()
        stays = ends in ("goes on", "drains")
        assert world.arrived() == ([(ADA, "One")] if stays else [])
        told = {"retired": "flow retired", "by hand": "ended by hand"}.get(ends)
        assert world.told() == [("one", "accepted" if stays else "cancelled", told)]


def test_a_claim_that_waited_too_long_goes_back_to_the_gates(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.event("list.joined", ADA)
        world.tick()
        claimed = world.clock.now()
        (outgoing,) = world.outbox.claim(claimed, 10).outgoing
        world.clock.move_to(claimed + 251)
        result = world.outbox.send(outgoing, claimed, world.clock.now)
        world.outbox.settle([result], world.clock.now())
        assert world.arrived() == [] and world.told() == [("one", "queued", None)]
        assert world.messages()[0].attempts == 0
        world.consent(ADA, "unsubscribed")
        world.send()
        assert world.arrived() == []


def test_the_provider_knows_of_a_stop_that_we_missed(tmp_path: Path) -> None:
    with World(tmp_path, ONE) as world:
        world.simulator.text_from(ADA, "+18445550100", "STOP")  # no callback URL: we never hear of it
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        assert [state for _, state, _ in world.told()] == ["failed"]
        world.event("list.joined", ADA)
        world.tick()
        assert world.told()[-1] == ("one", "skipped", "opted out")


def test_a_step_that_names_its_sender(tmp_path: Path) -> None:
    """By the sender it names, and by no other: where that one does not serve, the step is skipped and says so."""
    other = '  other: {provider: simulator, number: "+18445550101", countries: [US]}\n'
    project = PROJECT.replace("senders:\n", "senders:\n" + other)
    flow = ONE.replace("sms: One", "sms: {text: One, sender: other}")
    with World(tmp_path, flow, project=project) as world:
        for phone in (ADA, "+14165550123"):
            world.event("list.joined", phone)
        world.tick()
        world.send()
        assert world.told() == [("one", "accepted", None), ("one", "skipped", "the sender other does not serve CA")]
        assert [entry.from_ for entry in world.simulator.ledger.messages()] == ["+18445550101"]


def test_a_message_that_is_cancelled_before_it_left_was_never_sent(tmp_path: Path) -> None:
    """Its provider has turned a request away, so nothing has left: no listing, timeline or reply may say otherwise."""
    with World(tmp_path, ONE) as world:
        world.simulator.add_fault(f"503@{ADA};retry_after=60")
        world.event("list.joined", ADA)
        world.tick()
        world.send()
        with world.app.database.reading() as db:
            (row,) = listings.messages(db)
        assert (row["status"], row["attempts"], row["sent_at"]) == ("queued", 1, None)
        world.tick(HOUR)
        stopped = world.clock.now()
        world.receive_text(ADA, "STOP")
        world.tick()
        with world.app.database.reading() as db:
            row = next(row for row in listings.messages(db) if row["flow"] == "hello")
            who = contacts.find(db, [ADA], [])[0]
            (moment,) = [each for each in timeline_of(db, who) if each.kind == "message" and each.flow == "hello"]
            (sent_at,) = db.execute("SELECT sent_at FROM message WHERE id = ?", (row["id"],)).fetchone()
        assert (row["status"], row["sent_at"], sent_at) == ("cancelled", None, None)
        assert (moment.what, moment.at) == ("SMS cancelled: opted out", stopped)
