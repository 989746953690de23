"""Four daemons on one database against a provider that misbehaves, while they are killed, frozen and cut off and their database starts
again: the ledger agrees, the rate holds over all of them, and each minute of a schedule fires once.

`LEADOFF_FLEET_SECONDS=600 python -m pytest tests/many/test_fleet.py` plays the long form, with a fault every ten seconds.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from engine.store import contacts, outbox
from engine.store.queries.outcomes import MessageRow
from tests.many.fleet import FIRST, RATE, Fleet
from tests.many.own_server import OwnServer
from tests.postgres import databases
from tests.server.stage import phone, until

SECONDS = float(os.environ.get("LEADOFF_FLEET_SECONDS", "0"))  # at least each harm once
HARMS = (Fleet.kill, Fleet.stop, Fleet.freeze, Fleet.cut, Fleet.stop, Fleet.restart)
BEAT_SECONDS = 0.6
REQUESTS_SECONDS = 120.0  # several that get no answer, one after another, on a busy machine
BEATS = 16 if SECONDS > 60 else 1  # from one harm to the next
MOST_WAITING = 60  # messages: nobody joins while there are more
PROVIDER_FAULTS = cycle(
    ["drop_answer", "reset", "reset_after", "429;retry_after=1", "500", "duplicate_callbacks", "callback_before_answer"]
)
LEFT = {"delivered", "undelivered", "unknown"}
ENDED = {*LEFT, "cancelled", "skipped", "expired", "failed"}
SECOND_MS = 1_000


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    databases()  # skips where there is none
    with OwnServer() as server:
        yield server


def test_the_ledger_agrees_with_four_daemons(own_server: OwnServer, tmp_path: Path) -> None:
    with Fleet(tmp_path / "shop", own_server, random.Random(7)) as fleet:
        fleet.join_next(FIRST)
        for _ in range(4):
            fleet.add()
        began, beat, harms = time.monotonic(), 0, cycle(HARMS)
        while beat < BEATS * len(HARMS) or time.monotonic() - began < SECONDS:
            if fleet.waiting() < MOST_WAITING:
                fleet.join_next(6)
            if beat % BEATS == 0:
                fleet.simulator.add_fault(next(PROVIDER_FAULTS))
                fleet.thaw()
                next(harms)(fleet)
            beat += 1
            threading.Event().wait(BEAT_SECONDS)
        fleet.thaw()
        until(lambda: bool(fleet.firings()), "the first minute")
        fleet.app.database.write(lambda db: outbox.recover(db, fleet.app.clock.now()))  # as two minutes later
        fleet.app.wake_daemon()
        until(lambda: {run.status for run in fleet.runs()} == {"exited"}, "the end of every run")
        while left := fleet.waiting():
            until(lambda left=left: fleet.waiting() < left, "a message that leaves", REQUESTS_SECONDS)  # type: ignore[misc]
        assert fleet.simulator.settle(30)
        until(lambda: set(fleet.states()) <= ENDED, "nothing under way")
        check_books(fleet)
        check_rate(fleet.messages())
        check_schedule(fleet)


def check_books(fleet: Fleet) -> None:
    messages, tags = fleet.messages(), fleet.tags()
    assert set(tags.values()) <= {1}, "nothing is sent twice"
    assert len(messages) == len({message.tag for message in messages})
    by_tag = {message.tag: message for message in messages}
    assert set(tags) <= set(by_tag), "everything that was sent is known"
    assert {by_tag[tag].status for tag in tags if tag is not None} <= {"delivered", "unknown"}
    assert {message.tag for message in messages if message.status == "delivered"} <= set(tags)
    with fleet.app.database.reading() as db:
        stopped = {who.id: fleet.stopped[who.phone] for who in contacts.find(db, fleet.stopped, [])}
    late = [
        each for each in messages if each.sent_at is not None and each.sent_at > stopped.get(each.contact, each.sent_at)
    ]
    assert late == [], "nothing is claimed after a STOP"
    assert len(messages) > 100


def check_rate(messages: list[MessageRow]) -> None:
    """By the instants of their claims, all of one clock; their requests follow within 250 ms."""
    left = sorted(
        (message.sent_at, message.parts) for message in messages if message.sent_at and message.status in LEFT
    )
    for first, (began, _) in enumerate(left):
        parts = sum(parts for at, parts in left[first : first + RATE + 1] if at < began + SECOND_MS)
        assert parts <= RATE, f"{parts} parts in the second from {began}"


def check_schedule(fleet: Fleet) -> None:
    """Each firing has entered everybody who was there, and nobody twice."""
    everybody = {phone(number) for number in range(FIRST)} - set(fleet.stopped)
    with fleet.app.database.reading() as db:
        first = {who.id for who in contacts.find(db, everybody, [])}
    for at, entered in fleet.firings().items():
        assert max(Counter(entered).values()) == 1, at
        assert first <= set(entered), at
