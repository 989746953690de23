"""The world that flows are previewed in: the real engine, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from engine.core.interpreter import Sprint
from engine.core.lots import Lots
from engine.core.program import Program, Trigger
from engine.delivery.web_call import CallAnswer, CallRefused
from engine.deploy.read_project import read_and_check
from engine.language.values.fields import BadValue
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import DELIVERED, Report, World
from engine.registry import registry
from engine.store.contacts import StoredContact
from engine.store.queries import outcomes
from engine.store.sqlite.memory import MemoryDatabase, copy_of
from tests.databases import file_of
from tests.world import ADA, BEN, DAY, HOUR, PROJECT, START
from tests.world import World as StoredWorld

DROP = """\
flow: drop
language: 1
trigger: {event: list.joined, where: {event: {list: vip}}}
entry: {require: {contact: {country: US}}}
exit_when:
  - {when: {happened: order.placed}, reason: bought}
steps:
  - {id: hello, sms: "Acme: hello {{ contact.first_name | default('you') }}: {{ link('shop') }} Reply STOP to opt out"}
  - {id: think, delay: 2d}
  - id: looked
    if: {clicked: shop}
    then: [{exit: engaged}]
  - id: halves
    split:
      a: {weight: 1, steps: [{id: again, sms: "Acme: still there?"}]}
      b: {weight: 1, steps: [{id: asks, webhook: {url: "https://crm.example/x"}, on_error: [{exit: unanswered}]}]}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/drop.yaml").write_text(DROP)
    checked = read_and_check(tmp_path, registry())
    assert checked.ok, checked.findings
    return Stage(checked)


@pytest.fixture
def world(stage: Stage) -> Iterator[World]:
    world = stage.world(START, Lots({"halves": "a"}))
    yield world
    world.close()


def ends(world: World) -> list[str | None]:
    with world.database.reading() as db:
        return [run.reason if run.status == "exited" else f"{run.status}:{run.step}" for run in outcomes.runs(db)]


def sent(world: World) -> list[tuple[str, str, int]]:
    """(step, state, hours after the start)"""
    with world.database.reading() as db:
        return [(m.step, m.status, ((m.sent_at or 0) - START) // HOUR) for m in outcomes.messages(db)]


def joins(world: World, who: StoredContact) -> None:
    assert world.event(who, "list.joined", {"list": "vip"}).status == "accepted"


def joined(world: World, phone: str = ADA) -> None:
    who = world.add({"phone": phone, "first_name": "Ada"})
    world.open()
    world.at(START, lambda: joins(world, who))


def test_it_plays_days_at_once(world: World) -> None:
    joined(world)
    jumped: list[int] = []
    world.play(START + 14 * DAY, jumped.append)
    assert sent(world) == [("hello", "delivered", 0), ("again", "delivered", 48)]
    assert ends(world) == ["end"]
    assert jumped[-1] == START + 2 * DAY


def test_it_stops_at_until_and_carries_on(world: World) -> None:
    joined(world)
    world.play(START + DAY)
    assert ends(world) == ["waiting:think"]
    world.play(START + 3 * DAY)
    assert ends(world) == ["end"]


def test_a_click_counts_only_after_the_message_has_left(world: World) -> None:
    who = world.add({"phone": ADA})
    world.open()
    assert not world.click(who, "shop")
    world.at(START, lambda: joins(world, who))
    clicked: list[bool] = []
    world.at(START + HOUR, lambda: clicked.append(world.click(who, "shop", "hello")))
    world.play(START + 14 * DAY)
    assert clicked == [True]
    assert ends(world) == ["engaged"]
    assert world.left[who.id, "drop", "hello"] == START


def test_an_event_and_a_stop_end_the_run(world: World) -> None:
    ada, ben = world.add({"phone": ADA}), world.add({"phone": BEN})
    world.open()
    for who in (ada, ben):
        world.at(START, partial(joins, world, who))
    world.at(START + HOUR, lambda: world.event(ada, "order.placed", {"order_id": "1", "total": 5}) and None)
    world.at(START + HOUR, lambda: world.reply(ben, "please stop"))
    world.play(START + 14 * DAY)
    assert sorted(map(str, ends(world)))[0] == "bought"
    assert "opted out" in ends(world)


def test_the_provider_says_what_it_is_told_to(stage: Stage) -> None:
    world = stage.world(START, Lots({"halves": "b"}))
    world.reports = lambda flow, step: (
        Report("failed", HOUR, "landline") if (flow, step) == ("drop", "hello") else DELIVERED
    )

    def refused(flow: str, step: str) -> CallAnswer:
        raise CallRefused(f"{flow} {step} answered 404")

    world.answers = refused
    joined(world)
    world.play(START + 14 * DAY)
    assert sent(world) == [("hello", "failed", 0)]
    assert ends(world) == ["unanswered"]
    world.close()


class Seen:
    def __init__(self) -> None:
        self.paths: list[list[tuple[str | None, str | None]]] = []
        self.entries: list[tuple[str | None, str | None]] = []

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        self.paths.append([(program.nodes[index].step, way) for index, way in sprint.path])

    def entry(self, program: Program, contact: int, trigger: Trigger, refused: str | None, now: int) -> None:
        self.entries.append((trigger.event, refused))


def test_a_trace_sees_each_node_and_how_it_was_left(stage: Stage) -> None:
    seen = Seen()
    world = stage.world(START, Lots({"halves": "a"}), seen)
    joined(world)
    world.play(START + 14 * DAY)
    assert seen.paths == [
        [("hello", "next"), ("think", None)],
        [("think", "next"), ("looked", "else"), ("halves", "a"), ("again", "next")],
    ]
    assert seen.entries == [("list.joined", None)]
    program = stage.programs["drop"]
    assert [node.path for node in program.nodes][2:4] == [("steps", 2), ("steps", 2, "then", 0)]
    world.close()


def test_a_trace_sees_who_does_not_enter(stage: Stage) -> None:
    seen = Seen()
    world = stage.world(START, trace=seen)
    ada, cy = world.add({"phone": ADA}), world.add({"phone": "+14165550123"})
    world.open()
    world.event(ada, "list.joined", {"list": "other"})
    world.event(cy, "list.joined", {"list": "vip"})
    world.play(START + DAY)
    assert sorted(seen.entries, key=lambda entry: entry[1] or "") == [
        ("list.joined", "the contact does not pass entry.require"),
        ("list.joined", "the event does not pass the trigger's `where`"),
    ]
    world.close()


def test_a_contact_that_does_not_fit_is_refused(world: World) -> None:
    with pytest.raises(BadValue):
        world.add({"phone": ADA, "orders": "many"})
    with pytest.raises(BadValue):
        world.add({"phone": "+1999"})


def test_the_same_acts_give_the_same_bytes(stage: Stage) -> None:
    def image() -> bytes:
        world = stage.world(START)
        joined(world)
        world.play(START + 14 * DAY)
        return world.database.image()

    assert image() == image()


def rows(world: World) -> list[str]:
    with world.database.reading() as db:
        return list(db.iterdump())  # type: ignore[attr-defined]


def test_a_world_has_nothing_of_the_one_before_it(stage: Stage) -> None:
    empty = rows(stage.world(START))
    first = stage.world(START)
    joined(first)
    first.play(START + 9 * DAY)
    assert sent(first)
    first.close()
    first.close()  # once more changes nothing
    second, third = stage.world(START), stage.world(START)
    assert second.database is first.database and third.database is not first.database
    assert rows(second) == empty
    joined(second)
    second.play(START + 9 * DAY)
    assert sent(second) and not sent(third)


def test_a_copy_of_a_live_database_holds_what_belongs_to_its_contacts(tmp_path: Path) -> None:
    with StoredWorld(tmp_path, DROP) as live:
        for phone in (ADA, BEN):
            live.event("list.joined", phone, {"list": "vip"})
        live.tick()
        live.send()
        before = file_of(live.app.database).read_bytes()
        whole = copy_of(live.app.database)
        assert len(outcomes.runs(whole.connect())) == len(live.runs()) == 2
        ada = next(run.contact for run in live.runs())
        copy = copy_of(live.app.database, [ada])
        assert {run.contact for run in outcomes.runs(copy.connect())} == {ada}
        assert len(outcomes.messages(copy.connect())) == 1
        assert copy.connect().execute("SELECT count(*) FROM contact").fetchone() == (1,)
        world = World(copy, live.app.deployed(), live.clock)
        world.play(START + 14 * DAY)
        assert ends(world)[0] in ("end", "waiting:asks")
        assert len(live.runs()) == 2
        assert file_of(live.app.database).read_bytes() == before


def test_a_write_that_fails_is_undone() -> None:
    database = MemoryDatabase()

    def fails(db: object) -> None:
        database.connect().execute("INSERT INTO meta VALUES ('a', 'b')")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(fails)
    assert database.connect().execute("SELECT count(*) FROM meta").fetchone() == (0,)


LAPSED = """\
segments:
  lapsed: [{happened: order.placed}, {not: {happened: {event: order.placed, within: 90d}}}]
"""
WIN_BACK = """\
flow: win-back
language: 1
trigger: {segment: lapsed}
steps:
  - {id: back, sms: "Acme: come back: {{ link('shop') }} Reply STOP to opt out"}
"""


def test_a_contact_enters_a_segment_at_the_hour_and_hours_in_which_nobody_does_are_no_jumps(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT + LAPSED)
    (tmp_path / "flows/win-back.yaml").write_text(WIN_BACK)
    world = Stage(read_and_check(tmp_path, registry())).world(START)
    ada = world.add({"phone": ADA})
    world.open()
    buys = partial(world.event, ada, "order.placed", {"order_id": "A", "total": 5})
    world.at(START + HOUR // 2, lambda: buys() and None)
    world.at(START + 120 * DAY + HOUR // 2, lambda: buys() and None)
    jumps: list[int] = []
    world.play(START + 300 * DAY, jumps.append)
    assert sent(world) == [("back", "delivered", 90 * 24 + 1), ("back", "delivered", 210 * 24 + 1)]
    assert len(jumps) < 20, "of 7,200 hours"
    world.close()


@pytest.mark.parametrize(
    ("start", "when", "entered"),
    [
        # 90 days of the calendar end an hour earlier after the clocks have changed: seen at the next full hour.
        ("2027-01-04 17:30", "[{happened: order.placed}, {not: {happened: {event: order.placed, within: 90d}}}]", "2027-04-04 17:00"),
        ("2027-01-04 17:30", "{not: {happened: {event: order.placed, within: 36h}}}", "2027-01-06 06:00"),
        ("2027-01-04 17:30", "[{happened: order.placed}, {time: {between: [\"08:00\", \"09:00\"]}}]", "2027-01-05 13:00"),
    ],
)  # fmt: skip
def test_a_segment_that_time_changes_is_entered_at_the_hour(
    tmp_path: Path, start: str, when: str, entered: str
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT + f"segments: {{lapsed: {when}}}\n")
    (tmp_path / "flows/win-back.yaml").write_text(WIN_BACK)
    at = utc(start)
    world = Stage(read_and_check(tmp_path, registry())).world(at - 1)
    ada = world.add({"phone": ADA})
    world.event(ada, "order.placed", {"order_id": "A", "total": 5})
    world.open()
    world.play(at + 120 * DAY)
    with world.database.reading() as db:
        first = min(m.sent_at or 0 for m in outcomes.messages(db))
    assert first == utc(entered)
    world.close()


def utc(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


def test_stop_if_pauses_nothing_in_a_preview(tmp_path: Path) -> None:
    """What a preview is asked is what each contact would get, whoever else says STOP."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT + "stop_if: {opted_out: 0.2%, failed: 0.2%}\n")
    (tmp_path / "flows/drop.yaml").write_text(DROP)
    checked = read_and_check(tmp_path, registry())
    assert checked.ok, checked.findings
    world = Stage(checked).world(START, Lots({"halves": "a"}))
    people = [world.add({"phone": phone}) for phone in (ADA, BEN)]
    world.reports = lambda flow, step: Report("failed")
    world.open()
    for person in people:
        world.event(person, "list.joined", {"list": "vip"})
    world.at(START + HOUR, lambda: world.reply(people[0], "STOP"))
    world.play(START + 14 * DAY)
    with world.database.reading() as db:
        assert [(row.step, row.status) for row in outcomes.messages(db)].count(("again", "failed")) == 1
        assert db.execute("SELECT COUNT(*) FROM flow WHERE paused_at IS NOT NULL").fetchone() == (0,)
    world.close()
