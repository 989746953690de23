"""`notify`: who is told of notices and of the daemon's readiness, at least once, without people and without holding anything up."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from engine.app import App
from engine.delivery.alarms import ATTEMPTS, Alarms, notify_address
from engine.delivery.outbox import send_all_due
from engine.delivery.web_call import Caller
from engine.errors import Unavailable, UsageError
from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store import alarms, notices
from tests import databases
from tests.delivery.crm import Answer, Crm, hangs_up, says
from tests.world import ADA, DAY, PROJECT, START, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps: [{id: one, sms: One}]
"""
NOTICED = f"test-shop-notice:1:{START}"
ALLOWED = PROJECT + 'webhooks: {allow_hosts: [127.0.0.1]}\nnotify: {webhook: "%s/alarms"}\n'


def note(world: World, kind: str = "budget", subject: str = "b", text: str = "the budget is used up") -> bool:
    return world.app.database.write(lambda db: notices.add(db, kind, subject, None, world.clock.now(), text))


def tell(world: World, channel: Alarms | None = None) -> int:
    return send_all_due(channel or world.app.alarms(), world.clock.now)


def bodies(crm: Crm) -> list[Any]:
    return [json.loads(got.body) for got in crm.got]


def due(world: World) -> int | None:
    return world.app.alarms().next_due(world.clock.now())


def test_each_new_notice_is_told_once_as_a_sentence_and_as_data(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        assert tell(world) == 0
        assert note(world)
        assert not note(world), "the same thing is said once"
        assert tell(world) == 1
        assert tell(world) == 0
        (got,) = crm.got
        assert (got.method, got.target, got.headers["content-type"]) == ("POST", "/alarms", "application/json")
        assert got.headers["idempotency-key"] == NOTICED
        assert bodies(crm) == [
            {
                "text": "Leadoff test-shop: the budget is used up: `leadoff notices`",
                "project": "test-shop", "subject": f"notice:1:{START}",
                "kind": "budget", "at": "2027-04-01T14:00:00.000Z", "notice": 1,
            }
        ]  # fmt: skip


def test_what_is_not_answered_is_told_again_under_the_same_key_also_by_the_next_daemon(tmp_path: Path) -> None:
    with Crm(says(503), hangs_up, says(204)) as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        note(world)
        assert tell(world) == 1
        for _ in range(2):
            later = due(world)
            assert later is not None and later > world.clock.now()
            world.clock.move_to(later)
            with App(tmp_path, databases.environ(), world.clock) as restarted:
                assert tell(world, restarted.alarms()) == 1
        assert due(world) is None
        assert {got.headers["idempotency-key"] for got in crm.got} == {NOTICED}


def test_one_that_was_being_told_when_the_daemon_died_is_told_by_the_next(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        note(world)
        assert len(world.app.alarms().claim(world.clock.now(), 5).outgoing) == 1
        assert world.app.alarms().claim(world.clock.now(), 5).outgoing == (), "another daemon leaves it alone"
        world.clock.move_to(world.clock.now() + alarms.LEASE_MS)
        assert tell(world) == 1


@pytest.mark.parametrize("refusal", [says(404), says(302, Location="/login"), says(301, Location="/alarms/")])
def test_an_address_that_refuses_or_redirects_is_asked_until_somebody_sets_it_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, refusal: Answer
) -> None:
    """A redirect would be followed without the body: a login page answers with 200, and nobody has read the alarm."""
    with Crm(refusal) as wrong, Crm() as right, World(tmp_path, FLOW, project=ALLOWED % wrong.url) as world:
        note(world)
        with caplog.at_level(logging.WARNING, "leadoff.delivery"):
            assert tell(world) == 1
        assert len(wrong.got) == 1
        assert caplog.messages[0].startswith("notify: 127.0.0.1 is tried later: answered ")
        world.write(FLOW, project=ALLOWED % right.url)
        world.apply()
        later = due(world)
        assert later is not None
        world.clock.move_to(later)
        assert tell(world) == 1
        assert [got.method for got in right.got] == ["POST"]
        assert due(world) is None


def test_after_two_days_it_is_given_up(tmp_path: Path) -> None:
    with Crm(says(503)) as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        note(world)
        while (later := due(world)) is not None:
            world.clock.move_to(later)
            tell(world)
        assert len(crm.got) == ATTEMPTS
        assert START + DAY < world.clock.now() < START + 3 * DAY


def test_no_private_address_is_called_that_the_project_does_not_allow(tmp_path: Path) -> None:
    with (
        Crm() as crm,
        World(tmp_path, FLOW, project=(ALLOWED % crm.url).replace("allow_hosts: [127.0.0.1]", "")) as world,
    ):
        note(world)
        assert tell(world) == 1
        assert crm.got == []
        assert due(world) is not None, "until somebody sets it right"


def test_no_text_and_no_number_leaves(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        said = InboundText("in-1", ADA, "+18445550100", "cancel my order 123, Ada", (), world.clock.now())
        inbound.receive_texts(world.app.database, [said], world.clock.now(), world.app.deployed)
        note(world, "account", "a", f"main is refused: {ADA} and 12025550143 owe money")
        note(world, "key", "k", f"a contact had the key {ADA}")
        assert tell(world) == 3
        texts = [body["text"] for body in bodies(crm)]
        assert texts[0] == "Leadoff test-shop: a notice (opt-out?): `leadoff notices`"
        whole = " ".join(got.body for got in crm.got)
        assert not any(word in whole for word in ("2025550143", "order", "Ada"))


def test_without_notify_nothing_is_kept(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        note(world)
        world.app.alarms().tell("ready:x:1", {"kind": "ready", "at": START, "text": "x"}, START)
        assert tell(world) == 0
        assert due(world) is None


def test_what_the_database_cannot_take_is_told_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(work: object) -> object:
        raise Unavailable("the disk is full")

    with Crm(says(503), says(204)) as crm, World(tmp_path, FLOW, project=ALLOWED % crm.url) as world:
        channel = world.app.alarms()
        with monkeypatch.context() as patch:
            patch.setattr(world.app.database, "write", full)
            channel.tell("not_ready:x:1", {"kind": "not_ready", "at": START, "text": "x is not ready"}, START)
            assert tell(world, channel) == 1
            later = channel.next_due(START)
            assert later is not None
            world.clock.move_to(later)
            assert tell(world, channel) == 1
            assert channel.next_due(START) is None
        assert [body["kind"] for body in bodies(crm)] == ["not_ready"] * 2


def test_the_environment_names_another_address_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    with Crm() as crm, World(tmp_path, FLOW, project=ALLOWED % "https://nowhere.example") as world:
        note(world)
        other = Alarms(
            world.app.database,
            world.app.deployed,
            Caller(world.clock.now),
            notify_address({"LEADOFF_NOTIFY_WEBHOOK": crm.url}),
        )
        assert tell(world, other) == 1
        assert len(crm.got) == 1
        for wrong in ("alarms.example", "ftp://x.example", "https://me:secret@x.example/", "https://x.example/#a"):
            with (
                App(tmp_path, {"LEADOFF_NOTIFY_WEBHOOK": wrong}, world.clock) as app,
                pytest.raises(UsageError) as refused,
            ):
                app.alarms()
            assert "LEADOFF_NOTIFY_WEBHOOK" in refused.value.message and "secret" not in refused.value.message
