"""No line of a log holds a text or a number, whatever happens: sent, refused, lost, answered, clicked, broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from engine.clock import ManualClock
from engine.delivery.outbox import Outbox, send_all_due
from engine.delivery.reconcile import reconcile
from engine.intake import inbound
from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import Ambiguous, LookupQuery, Outgoing, Receipt, StatusReport
from engine.server import logs
from engine.server.heartbeat import Heartbeat
from tests.server.stage import logging_of_its_own
from tests.server.web.desk import Desk
from tests.world import ADA, BEN, CY, DAY, MINUTE, World

LANDLINE = "+12025550197"
CANARY = "kanarienvogel"  # in every text that goes out or comes in, and in a field
FLOW = f"""\
flow: hello
language: 1
category: transactional
trigger: {{event: list.joined}}
steps:
  - id: hi
    sms: "{CANARY} {{{{ contact.tier | default('x') | upper }}}} {{{{ link('shop') }}}}"
  - id: think
    delay: 2d
"""


class Broken(SimulatorSender):
    """A fault of our own, whose words quote what it was given."""

    def send(self, message: Outgoing) -> Receipt:
        raise ValueError(f"cannot send {message.text!r} to {message.to}")

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
        assert sought is not None
        raise KeyError(f"cannot ask for {sought.text!r} to {sought.to}")


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    with logging_of_its_own():
        yield


def joined(world: World, *phones: str) -> None:
    for phone in phones:
        world.event("list.joined", phone)
    world.tick()


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_whole_story_leaves_no_text_and_no_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    logs.configure({"LEADOFF_LOG": format})
    with World(tmp_path, FLOW) as world:
        for fault in (f"drop_answer@{BEN}", f"odd@{CY};status=500;body={CANARY}"):
            world.simulator.add_fault(fault)
        joined(world, ADA, BEN, CY, LANDLINE)
        world.send()
        _comes_back(world)
        _breaks(world)
        assert {status for _, status, _ in world.told()} >= {"accepted", "unknown", "failed"}
    said = capsys.readouterr().err
    for told in ("sending message", "asking for message", "is parked", "a tick failed", "did not send", "is kept"):
        assert told in said
    for secret in (CANARY, CANARY.upper(), *(phone.removeprefix("+") for phone in (ADA, BEN, CY, LANDLINE))):
        assert secret not in said
    if format == "json":
        assert all(orjson.loads(line)["level"] for line in said.splitlines())


def _comes_back(world: World) -> None:
    """Texts, clicks, callbacks on messages of ours, of nobody's, and forged ones."""
    desk = Desk(world)
    for number, words in enumerate(("STOP", f"{CANARY} unsubscribe me please", CANARY, "HELP")):
        desk.text(words, f"in-{number}", (ADA, CY, BEN, "+12025550111")[number])
    desk.post("/callbacks/main/inbound", CANARY.encode(), token="wrong")
    desk.post("/callbacks/main/inbound", f'["{CANARY} {ADA}"]'.encode())
    desk.get(f"/l/{CANARY}")
    reports = [StatusReport(f"id-{key}", key, "failed", "x", CANARY, 0) for key in ("9-9-9", None)]
    inbound.receive_statuses(world.app.database, "main", reports, world.clock.now())
    world.tick(after=MINUTE)


def _breaks(world: World) -> None:
    """In a sender, in a run, in a tick."""
    sender = Broken(world.app.setup("main")._replace(base_url=world.simulator.url))
    outbox = Outbox(world.app.database, world.app.deployed, sender, 1000)
    joined(world, "+12025550122")
    send_all_due(outbox, world.clock.now)
    world.tick(after=DAY)
    reconcile(world.app.database, {"main": sender}, world.clock.now)
    sender.close()
    world.event("list.joined", "+12025550133")
    world.app.database.write(
        lambda db: db.execute("UPDATE contact SET zone = ? WHERE phone = '+12025550133'", (f"{CANARY} {ADA}",)).rowcount
    )
    world.tick()

    def tick(now: int) -> int:
        raise RuntimeError(f"{CANARY} {ADA}")

    heart = Heartbeat(tick, ManualClock(world.clock.now()), lambda: None)
    heart._beat()
