"""150 contacts spread over the steps of a flow that is edited in every way, one edit after the other: nobody is lost, nobody gets anything
twice, and nothing that is taken out makes a text earlier."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from engine.deploy.apply import readable
from engine.deploy.live_edits.by_hand import Wanted, carry_out
from engine.deploy.live_edits.live_edits import NOBODY, live_edits
from engine.deploy.live_edits.rollback import rollback_of
from engine.deploy.read_project import read_and_check
from engine.store import holds
from tests.stories.walks.edited import DAY, HOUR, PROJECT, Edited, flow
from tests.world import BEN, START

STEPS = """\
{id: hero, sms: hero}
{id: think, delay: 2d}
id: ab
  split: {a: {weight: 1, steps: [{id: short, sms: short}]}, b: {weight: 1, steps: [{id: long, sms: long}]}}
id: look
  wait_for: {happened: order.placed}
  up_to: 3d
  then: [{exit: bought}]
{id: reminder, sms: reminder}
{id: cool, delay: 2d}
{id: last, sms: last}"""
FIRST = flow(STEPS)
LONGER = flow(STEPS.replace("think, delay: 2d", "think, delay: 4d").replace("sms: last", "sms: farewell"))
RENAMED = flow(
    STEPS.replace("think", "pause").replace("id: ab", "id: half").replace("sms: last", "sms: farewell"),
    "moved: {think: pause, ab: half}\n",
)
ELSEWHERE = flow(  # `short` and `long` stand behind `look` now, and `reminder` in front of it
    """\
{id: hero, sms: hero}
{id: pause, delay: 2d}
{id: reminder, sms: reminder}
id: look
  wait_for: {happened: order.placed}
  up_to: 3d
  then: [{exit: bought}]
id: half
  split: {a: {weight: 1, steps: [{id: short, sms: short}]}, b: {weight: 1, steps: [{id: long, sms: long}]}}
{id: cool, delay: 2d}
{id: last, sms: farewell}""",
    "moved: {think: pause, ab: half}\n",
)
TAKEN_OUT = flow(
    "{id: hero, sms: hero}\n{id: pause, delay: 2d}\n{id: reminder, sms: reminder}\n{id: chill, delay: 2d}\n{id: last, sms: farewell}",
    "moved: {think: pause, ab: half, cool: chill}\nremoved: {look: chill, half: exit, short: exit, long: exit}\n",
)
PINNED = flow("{id: hero, sms: hero}\n{id: only, delay: 1d}\n{id: other, sms: other}", "on_change: pin\n")
OTHER = flow("{id: bye, sms: bye}", name="other").replace("list.joined", "order.placed")
PEOPLE = [f"+1202555{number:04}" for number in range(100, 250)]


class Books:
    """What each contact may expect, kept beside the engine."""

    def __init__(self, world: Edited) -> None:
        self.world = world
        self.due: dict[int, int] = {}  # run -> not before this instant does it go on
        self.planned = NOBODY
        self.over = 0

    def note(self) -> None:
        with self.world.app.database.reading() as db:
            self.due = dict(db.execute("SELECT id, due_at FROM run WHERE status = 0 AND due_at IS NOT NULL").fetchall())

    def plan(self) -> None:
        """What the plan says that the files do."""
        with self.world.app.database.reading() as db:
            registry = self.world.app.registry
            self.planned = live_edits(db, readable(db, registry), read_and_check(self.world.folder, registry))
        self.over = self.ended()

    def as_planned(self) -> None:
        """That many are at each step, and that many have left."""
        stays: Counter[str | None] = Counter()
        for edit in self.planned.steps:
            if edit.flow == "walk" and edit.then in ("keeps", "moved", "continues"):
                stays[edit.to or edit.step] += edit.waiting.runs
        assert stays == Counter(step for step, _ in self.world.rests())
        left = sum(edit.waiting.runs for edit in self.planned.steps if edit.then == "exits")
        assert self.ended() - self.over == left

    def ended(self) -> int:
        return sum(run.reason == "step removed" for run in self.world.runs())

    def keep_their_time(self) -> None:
        """Of those who still wait, nobody is due earlier than before the edit."""
        with self.world.app.database.reading() as db:
            rows = db.execute("SELECT id, due_at FROM run WHERE status = 0 AND due_at IS NOT NULL").fetchall()
        assert [run for run, due in rows if run in self.due and due < self.due[run]] == []
        assert len(rows) >= len(self.due) * 0.5

    def nothing_twice(self) -> None:
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for message in self.world.messages():
            if message.status != "skipped":  # some of the numbers are the simulator's landlines
                found[message.contact][message.text] += 1
        assert [(who, texts) for who, texts in found.items() if max(texts.values()) > 1] == []
        assert len(self.world.arrived()) == len(set(self.world.arrived()))

    def nobody_lost(self) -> None:
        """Everybody waits at a step that is deployed, or has left with a reason."""
        deployed = self.world.app.deployed()
        with self.world.app.database.reading() as db:
            edits = live_edits(db, deployed, read_and_check(self.world.folder, self.world.app.registry))
        assert not edits.refused
        statuses = Counter(run.status for run in self.world.runs())
        assert statuses.keys() <= {"waiting", "exited"}
        assert sum(statuses.values()) == len({run.contact for run in self.world.runs()})


def test_everybody_through_every_edit(tmp_path: Path) -> None:
    with Edited(tmp_path, FIRST, OTHER) as world:
        books = Books(world)
        for number, who in enumerate(PEOPLE):
            world.contact(who)
            world.consent(who, "subscribed")
            world.texted_before(who)
            world.event("list.joined", who)
            if number % 15 == 14:
                world.tick(18 * HOUR)
                world.send()
        assert len({step for step, _ in world.rests()}) >= 3
        for edit in (LONGER, RENAMED, ELSEWHERE, TAKEN_OUT):
            books.note()
            world.write(edit)
            books.plan()
            world.edit(edit)
            books.as_planned()
            books.keep_their_time()
            books.nobody_lost()
            world.tick(11 * HOUR)
            world.send()
            books.nothing_twice()

        pause(world, "walk")
        books.note()
        again = TAKEN_OUT.replace("{id: chill", "{id: cooled").replace("look: chill", "look: cooled")
        world.edit(again.replace("cool: chill", "cool: chill, chill: cooled"))
        resume(world, "walk")
        books.nobody_lost()

        with world.app.database.reading() as db:
            back = rollback_of(db, world.app.registry, world.app.media_dir, "walk")
        world.app.roll_back(back)
        world.reload()
        world.tick(HOUR)
        world.edit(PINNED)
        waiting = len(world.rests())
        world.event("list.joined", BEN)
        world.tick(HOUR)
        by_hand(world, Wanted("move", None, "walk", "chill", "last"))
        books.nobody_lost()
        world.stops(PEOPLE[-1])
        assert len(world.rests()) <= waiting + 1

        world.gone("walk")
        world.edit(project=PROJECT + "retired: {walk: drain}\n")
        for _ in range(8):
            world.tick(DAY)
            world.send()
        assert world.rests() == []
        books.nothing_twice()
        assert Counter(message.step for message in world.messages())["hero"] == len(PEOPLE) + 1
        reasons = Counter(run.reason for run in world.runs() if run.flow == "walk")
        assert reasons.keys() <= {"end", "step removed", "opted out", "ended by hand"}
        assert sum(reasons.values()) == len(PEOPLE) + 1
        early = [
            message
            for message in world.messages()
            if message.text == "farewell" and message.queued_at < START + 4 * DAY
        ]
        assert early == []


def by_hand(world: Edited, wanted: Wanted) -> None:
    carry_out(world.app.database, world.app.deployed(), wanted, world.clock.now)


def pause(world: Edited, name: str) -> None:
    id = world.app.deployed().names.flow_ids[name]
    world.app.database.write(lambda db: holds.pause(db, id, world.clock.now()))
    world.tick(HOUR)


def resume(world: Edited, name: str) -> None:
    id = world.app.deployed().names.flow_ids[name]
    world.app.database.write(lambda db: holds.resume(db, id))
    world.tick(HOUR)
