"""Messages of which it is not known whether they went out: providers are asked, callbacks count, a person has the last word (M3, M7)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.core.retry import ask_at
from engine.delivery.reconcile import CEILING, Pace, Settled, reconcile, rounds
from engine.delivery.resolve import resolve
from engine.errors import Refused
from engine.intake import inbound
from engine.senders.sender import Ambiguous, LookupQuery, Receipt, SendDeferred, StatusReport
from engine.store import contacts, reports, unknown_messages
from engine.store.contacts import NewContact
from engine.store.queries import listings, measures
from engine.store.sql import Connection
from engine.store.states import UNKNOWN
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, START, World

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: hi
    sms: "Hello"
  - id: arrived
    wait_for: {delivered: hi}
    up_to: 30d
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW) as world:
        yield world


def ask(world: World, everything: bool = False) -> list[Settled]:
    found = reconcile(world.app.database, {"main": world.outbox.sender}, world.clock.now, everything)
    world.tick()
    return found


def lost_answer(world: World, fault: str = "drop_answer") -> None:
    """Ada's message, whose answer never came."""
    world.simulator.add_fault(fault)
    world.event("list.joined", ADA)
    world.tick()
    assert world.send() == 1
    world.simulator.settle()
    assert world.told()[0][1] == "unknown"


def statuses(world: World, *reports: StatusReport) -> None:
    inbound.receive_statuses(world.app.database, "main", reports, world.clock.now())


def said(id: str, status: str, key: str | None = None) -> StatusReport:
    return StatusReport(id, key, status, None, None, START)


def test_a_provider_is_asked_after_its_lists_lag_then_less_and_less() -> None:
    instants, now = [], 0
    while (at := ask_at(now, 0)) is not None:
        instants.append(at)
        now = at
    assert instants == [2 * MINUTE, 10 * MINUTE, HOUR, *(day * DAY for day in range(1, 8))]


def test_what_the_provider_has_is_settled_and_never_sent_again(world: World) -> None:
    lost_answer(world)
    assert ask(world) == []  # its list may lag
    world.tick(after=2 * MINUTE)
    (settled,) = ask(world)
    assert settled.outcome == "delivered"
    assert (world.told(), world.ends()) == ([("hi", "delivered", None)], ["end"])
    assert world.messages()[0].provider_id == settled.detail
    assert ask(world, everything=True) == []
    assert len(world.arrived()) == 1
    assert "delivered" in world.story(ADA)


def test_what_it_has_not_stays_unknown_and_is_asked_for_again(world: World) -> None:
    lost_answer(world, "reset")
    asked = []
    for _ in range(2 * 24):
        world.tick(after=HOUR)
        asked += ask(world)
    assert [each.outcome for each in asked] == ["not found"] * 3
    assert world.told()[0][1] == "unknown"
    assert world.arrived() == []
    world.tick(after=10 * DAY)
    assert [each.again_at for each in ask(world)] == [None]
    assert ask(world) == []
    assert len(ask(world, everything=True)) == 1  # a person may ask at any time


def test_several_under_one_tag_are_for_a_person(world: World) -> None:
    lost_answer(world)

    class Twice:
        def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
            assert sought is not None and (sought.to, sought.text, sought.sent_at) == (ADA, "Hello", START)
            return Ambiguous(("sim-1", "sim-2"))

    world.tick(after=DAY)
    (settled,) = reconcile(world.app.database, {"main": Twice()}, world.clock.now)
    assert settled.outcome == "several"
    with world.app.database.reading() as db:
        (notice,) = listings.notices(db)
    assert "sim-1, sim-2" in notice["note"]
    assert ADA not in notice["note"]
    assert world.told()[0][1] == "unknown"
    resolve(world.app.database, 4, "accepted", world.clock.now())
    with world.app.database.reading() as db:
        assert measures.open_notices(db) == 0


def test_a_provider_that_cannot_be_asked_is_asked_in_the_next_round(world: World) -> None:
    lost_answer(world)
    lost = world.clock.now()

    class Down:
        asked = 0

        def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
            self.asked += 1
            raise SendDeferred("http-503", "down")

    world.simulator.add_fault("drop_answer")
    world.event("list.joined", BEN)
    world.tick()
    world.send()
    world.tick(after=2 * MINUTE)
    down = Down()
    found = reconcile(world.app.database, {"main": down}, world.clock.now)
    assert ([each.outcome for each in found], down.asked) == (["not asked"] * 2, 1)
    assert {each.again_at for each in found} == {lost + 4 * MINUTE}
    world.tick(after=2 * MINUTE)
    assert [each.outcome for each in ask(world)] == ["delivered"] * 2


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [("accepted", "accepted", "resolved by hand: accepted"), ("lost", "failed", "resolved by hand: lost")],
)
def test_a_person_has_the_last_word(world: World, answer: str, state: str, reason: str) -> None:
    lost_answer(world, "reset")
    with world.app.database.reading() as db:
        (open_one,) = unknown_messages.due(db, world.clock.now() + DAY, 10)
        assert measures.unknown_messages(db) == (1, START)
    resolve(world.app.database, open_one.id, answer, world.clock.now())
    assert world.told() == [("hi", state, reason)]
    world.tick()
    assert any(reason in line for line in world.story(ADA))
    with pytest.raises(Refused, match="not unknown"):
        resolve(world.app.database, open_one.id, "lost", world.clock.now())


def test_a_callback_that_comes_before_its_answer_counts_by_its_tag(world: World) -> None:
    world.simulator.add_fault("callback_before_answer")
    world.event("list.joined", ADA)
    world.tick()
    now = world.clock.now()
    claim = world.outbox.claim(now, 10)
    (message,) = claim.outgoing
    result = world.outbox.send(message, now, world.clock.now)
    statuses(world, said(str(result.provider_id), "delivered", message.key))
    world.tick()
    assert world.told() == [("hi", "delivered", None)]
    world.outbox.settle([result], now)
    assert world.told() == [("hi", "delivered", None)]
    assert world.messages()[0].provider_id == result.provider_id


def test_one_without_a_tag_is_kept_until_the_answer_brings_its_id(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()
    now = world.clock.now()
    (message,) = world.outbox.claim(now, 10).outgoing
    result = world.outbox.send(message, now, world.clock.now)
    id = str(result.provider_id)
    for _ in range(2):  # twice, as providers do
        statuses(world, said(id, "delivered"), said(id, "sent"), said("somebody-elses", "delivered"))
    world.tick()
    assert world.told() == [("hi", "sending", None)]
    world.outbox.settle([result], now)
    world.tick()
    assert world.told() == [("hi", "delivered", None)]
    assert kept(world) == 1


def test_one_without_a_tag_is_kept_until_the_provider_is_asked(world: World) -> None:
    lost_answer(world)
    (entry,) = world.simulator.ledger.messages()
    statuses(world, said(entry.id, "undelivered"))

    class Behind:
        def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
            return Receipt(entry.id)

    world.tick(after=2 * MINUTE)
    reconcile(world.app.database, {"main": Behind()}, world.clock.now)
    assert world.told()[0][1] == "accepted"
    world.tick()
    assert world.told()[0][1] == "undelivered"


def test_what_nobody_comes_for_is_forgotten_after_three_days(world: World) -> None:
    statuses(world, said("nobodys", "delivered"))
    for days, left in ((2, 1), (4, 0)):
        world.app.database.write(partial(reports.forget, now=START + days * DAY))
        assert kept(world) == left


def test_a_look_up_does_not_lead_back_from_where_a_callback_led(world: World) -> None:
    lost_answer(world)
    (entry,) = world.simulator.ledger.messages()

    class Slow:
        def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
            statuses(world, said(entry.id, "undelivered", entry.tag))
            world.tick()
            return Receipt(entry.id, "sent")

    world.tick(after=2 * MINUTE)
    reconcile(world.app.database, {"main": Slow()}, world.clock.now)
    world.tick()
    assert world.told()[0][1] == "undelivered"


def test_a_sender_that_cannot_be_asked_leaves_it_to_callbacks(world: World) -> None:
    lost_answer(world)
    world.tick(after=DAY)
    assert [each.outcome for each in reconcile(world.app.database, {}, world.clock.now)] == ["not asked"]
    statuses(world, *(said(entry.id, "delivered", entry.tag) for entry in world.simulator.ledger.messages()))
    world.tick()
    assert world.told()[0][1] == "delivered"


def kept(world: World) -> int:
    with world.app.database.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM aside").fetchone()[0])


class Provider:
    """Knows nothing of any message; cannot be asked for the ones whose number in the row of questions is in `down`."""

    def __init__(self, *down: int) -> None:
        self._down, self._guard = down, threading.Lock()
        self.asked: list[str] = []

    def lookup(self, tag: str, sought: LookupQuery | None = None) -> Receipt | Ambiguous | None:
        with self._guard:
            self.asked.append(tag)
            if len(self.asked) in self._down:
                raise SendDeferred("http-429", "too many")
        return None


def many_unknown(world: World, count: int) -> None:
    """As after a restore: all are due at once."""
    world.is_counted = False  # rows are changed by hand
    people = [NewContact(f"c{number}", f"+130355{number:05d}", "US", "America/New_York", {}) for number in range(count)]
    key = (UNKNOWN, "main", "transactional", "Hello", 1, 0, START, START, START, "lost", 0, 1)

    def write(db: Connection) -> None:
        contacts.insert(db, people, START)
        ids = [id for (id,) in db.execute("SELECT id FROM contact WHERE phone LIKE '+130355%' ORDER BY id")]
        db.many(
            "INSERT INTO message (contact, run, step, flow, deployment, status, sender, category, text, parts, price, queued_at, due_at,"
            " sent_at, reason, skips, attempts) VALUES (?, ?, 1, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(id, id, *key) for id in ids],
        )

    world.app.database.write(write)
    world.clock.move_to(START + 2 * MINUTE)


def ask_all(world: World, provider: object, pace: Pace, everything: bool = False) -> list[int]:
    """How many questions each round had."""
    waited: list[float] = []
    senders = {"main": provider}
    found = rounds(world.app.database, senders, world.clock.now, pace, everything, wait=waited.append)
    sizes = [len(settled) for settled in found]
    assert len(waited) >= len(sizes) - 1, "each round has a second"
    return sizes


@pytest.mark.parametrize("everything", [False, True])
def test_very_many_are_asked_for_at_the_rate_of_the_senders(world: World, everything: bool) -> None:
    many_unknown(world, 250)
    provider = Provider()
    assert ask_all(world, provider, Pace(rate=90), everything) == [90, 90, 70]
    assert len(set(provider.asked)) == len(provider.asked) == 250
    assert ask_all(world, provider, Pace(rate=90)) == [], "until they are due again"


def test_the_pace_has_a_ceiling(world: World) -> None:
    assert Pace(rate=5_000).questions == CEILING
    assert Pace(rate=0.2).questions == 1


def test_a_provider_that_says_too_many_is_asked_half_as_fast_and_then_faster_again(world: World) -> None:
    pace = Pace(rate=40)
    pace.heard([Settled(1, ADA, "not asked", silent=True)])
    assert pace.questions == 20
    heard = []
    for _ in range(9):
        pace.heard([Settled(1, ADA, "not found")])
        heard.append(pace.questions)
    assert heard == sorted(heard) and heard[-1] == 40


def test_a_pass_ends_where_no_provider_can_be_asked(world: World) -> None:
    many_unknown(world, 100)
    provider = Provider(1, 2, 3)
    assert ask_all(world, provider, Pace(rate=40)) == [40]
    assert len(provider.asked) == 1
    assert ask_all(world, Provider(), Pace(rate=40)) == [40, 20], (
        "the others; what was asked for is put off by two minutes"
    )
