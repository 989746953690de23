"""A project that lives through edits drawn at random, with contacts everywhere in it. After each thing that happens:

nobody is lost      whoever is in a flow waits at a step that their version of it has, for a time or put aside by a pause
nothing twice       no step's message twice in one run, whatever the step is called and wherever it stands by then
nothing early       who waits for a time alone gets nothing before it, unless a person moves them
STOP                no text after it
as planned          the plan refuses what `apply` refuses, and counts whom it ends and whom it lets finish in an older version
nothing half        what is refused has changed nothing at all; another layout of the same file changes nothing
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.clock import ManualClock
from engine.deploy.apply import Applied, Switch, load, readable
from engine.deploy.git import Revision
from engine.deploy.live_edits import by_hand
from engine.deploy.live_edits.carrying_over import finish
from engine.deploy.live_edits.live_edits import live_edits
from engine.deploy.live_edits.rollback import remember, rollback_of
from engine.deploy.plan.planning import plan_here
from engine.deploy.read_project import content_of
from engine.errors import Refused
from engine.language.check import Checked, ProjectFiles, check
from engine.preview.worlds.world import World
from engine.registry import registry
from engine.store import holds, runs
from engine.store.contacts import StoredContact
from engine.store.sqlite.memory import MemoryDatabase
from tests.world import DAY, HOUR, MINUTE, PROJECT, START

pytestmark = pytest.mark.only("sqlite", "it plays in memory, as previews do")

REGISTRY = registry()
ACTIVE = "status < 2"
KINDS = (
    "rename", "rename", "remove", "remove", "swap", "wrap", "verb", "size", "add", "pin", "flow", "quiet",
    "format", "drop lines", "shift",
)  # fmt: skip
Step = dict[str, Any]


def lists(steps: list[Step]) -> list[list[Step]]:
    """That list of steps, and all within."""
    found = [steps]
    for step in steps:
        for inner in step.get("in", {}).values():
            found += lists(inner)
    return found


def every(steps: list[Step]) -> list[Step]:
    return [step for inner in lists(steps) for step in inner]


def written(step: Step) -> dict[str, Any]:
    inner = {name: [written(each) for each in steps] for name, steps in step.get("in", {}).items()}
    verb, head = step["verb"], {"id": step["id"]} if step["id"] else {}
    if verb == "sms":
        return {**head, "sms": f"m{step['uid']} v{step['size']}"}
    if verb == "delay":
        return {**head, "delay": f"{step['size']}h"}
    if verb == "wait_for":
        said = {"wait_for": {"happened": "order.placed"}, "up_to": f"{step['size']}h"}
        return {**head, **said, **{name: steps for name, steps in inner.items() if steps}}
    if verb == "if":
        return {"if": {"contact": {"tier": "gold"}}, **{name: steps for name, steps in inner.items() if steps}}
    assert verb == "split"
    return {**head, "split": {name: {"weight": 1, "steps": steps} for name, steps in inner.items()}}


class Author:
    """Writes the files, and edits them. A step's `uid` is what the author means by it, whatever it is called."""

    def __init__(self, draw: random.Random, kinds: Sequence[str]) -> None:
        self.draw = draw
        self.kinds = kinds
        self.uids = 0
        self.names = 0
        self.free: list[str] = []
        self.steps: list[Step] = [
            self.step(verb) for verb in ("sms", "delay", "sms", "wait_for", "sms", "delay", "sms")
        ]
        self.moved: dict[str, str] = {}
        self.removed: dict[str, str] = {}
        self.pin = False
        self.there = True
        self.retired: str | None = None
        self.quiet = False
        self.parallel = draw.random() < 0.3
        self.comment = ""

    def name(self) -> str:
        if self.free and self.draw.random() < 0.4:  # a name that another step had
            return self.free.pop(self.draw.randrange(len(self.free)))
        self.names += 1
        return f"s{self.names}"

    def step(self, verb: str | None = None, depth: int = 0) -> Step:
        verb = verb or self.draw.choice(["sms", "sms", "delay", "delay", "wait_for", "split"][: 6 if depth < 1 else 4])
        self.uids += 1
        found: Step = {"uid": self.uids, "id": self.name(), "verb": verb, "size": self.draw.randint(2, 30)}
        if verb == "wait_for":
            found["in"] = {"then": [], "on_timeout": [self.step("sms", 1)] if self.draw.random() < 0.5 else []}
            found["in"]["then"] = [self.step("sms", 1)]
        if verb == "split":
            found["in"] = {"a": [self.step(None, 1)], "b": [self.step(None, 1)]}
        return found

    def files(self) -> dict[str, bytes]:
        project = PROJECT
        if self.quiet:
            project = project.replace(
                "quiet_hours: off", 'quiet_hours: {between: ["09:00", "21:00"], state_rules: false}'
            )
        if self.retired and not self.there:
            project += f"retired: {{walk: {self.retired}}}\n"
        other = "flow: other\nlanguage: 1\ntrigger: {event: order.placed}\nsteps: [{id: rest, delay: 1h}]\n"
        found = {"leadoff.yaml": project.encode(), "flows/other.yaml": other.encode()}
        if self.there:
            lines = ["flow: walk", "language: 1", "trigger: {event: list.joined}"]
            lines += ["entry: {while_active: parallel}"] if self.parallel else []
            lines += ["on_change: pin"] if self.pin else []
            lines += [f"moved: {json.dumps(self.moved)}"] if self.moved else []
            lines += [f"removed: {json.dumps(self.removed)}"] if self.removed else []
            lines += [f"steps: {json.dumps([written(step) for step in self.steps])}", self.comment]
            found["flows/walk.yaml"] = "\n".join(lines).encode()
        return found

    def checked(self) -> Checked:
        return check(ProjectFiles(self.files(), lambda name: None), REGISTRY)

    def forget_lines(self) -> None:
        ids = {step["id"] for step in every(self.steps)}
        self.moved = {old: new for old, new in self.moved.items() if old not in ids}
        while True:
            keep = {old: new for old, new in self.moved.items() if new in ids or new in self.moved}
            if keep == self.moved:
                break
            self.moved = keep
        self.removed = {
            old: new for old, new in self.removed.items() if old not in ids and (new == "exit" or new in ids)
        }

    def edit(self) -> str:
        draw, all_lists = self.draw, lists(self.steps)
        kind = draw.choice(self.kinds)
        named = [step for step in every(self.steps) if step["id"]]
        if kind == "rename" and named:
            step = draw.choice(named)
            old, step["id"] = step["id"], self.name()
            self.moved[old] = step["id"]
            self.free.append(old)
        elif kind == "remove":
            inner = draw.choice(all_lists)
            if len(inner) > 1:
                step = inner.pop(draw.randrange(len(inner)))
                left = [each["id"] for each in every(self.steps) if each["id"]]
                for gone in every([step]):
                    if gone["id"]:
                        self.removed[gone["id"]] = draw.choice(["exit", *left, *left])
                        self.free.append(gone["id"])
        elif kind == "swap":
            inner = draw.choice(all_lists)
            if len(inner) > 1:
                one, two = draw.sample(range(len(inner)), 2)
                inner[one], inner[two] = inner[two], inner[one]
        elif kind == "wrap":
            inner = draw.choice(all_lists)
            if inner:
                start = draw.randrange(len(inner))
                some = inner[start : start + 2]
                ways: dict[str, list[Step]] = {draw.choice(["then", "else"]): some}
                if "then" not in ways:
                    ways["then"] = [self.step("sms", 1)]
                inner[start : start + 2] = [{"uid": 0, "id": None, "verb": "if", "size": 1, "in": ways}]
        elif kind == "verb" and named:
            step = draw.choice(named)
            fresh = self.step()
            self.moved[step["id"]] = fresh["id"]
            for gone in every([step])[1:]:
                if gone["id"]:
                    self.removed[gone["id"]] = "exit"
            step.pop("in", None)
            step.update(fresh)
        elif kind == "size" and named:
            draw.choice(named)["size"] = draw.randint(1, 40)
        elif kind == "add":
            inner = draw.choice(all_lists)
            inner.insert(draw.randint(0, len(inner)), self.step())
        elif kind == "pin":
            self.pin = not self.pin
        elif kind == "flow":
            self.there, self.retired = not self.there, draw.choice(["drain", "drain", "exit", None])
        elif kind == "quiet":
            self.quiet = not self.quiet
        elif kind == "format":
            self.comment = f"# {draw.random()}"
        elif kind == "drop lines":
            self.moved, self.removed = {}, {}
        elif kind == "shift" and len(named) > 1:  # one name goes to another step
            step = draw.sample(named, 2)[1]
            old, step["id"] = step["id"], self.name()
            self.moved[old] = step["id"]
        self.forget_lines()
        return kind


class Life:
    acts = ["edit"] * 6 + ["join"] * 3 + ["play"] * 5 + ["order", "stop", "pause", "hand", "park", "rollback", "tier"]
    kinds: Sequence[str] = KINDS

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.author = Author(self.draw, self.kinds)
        self.database = MemoryDatabase()
        self.clock = ManualClock(START)
        self.log: list[str] = []
        checked = self.author.checked()
        assert checked.ok, checked.findings
        self.switch(checked)
        self.world = World(self.database, self.loaded(), self.clock)
        self.people: list[StoredContact] = []
        for number in range(10):
            fields = {"phone": f"+1202555{number + 100:04}", "tier": self.draw.choice(["gold", "tin"])}
            self.people.append(self.world.add(fields))
        self.promised: dict[int, int] = {}
        self.stopped: dict[int, int] = {}
        self.parked: set[int] = set()
        self.past = [copy.deepcopy(self.author)]
        self.seen: set[int] = set()
        self.rolled = False
        self.counts: Counter[str] = Counter()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.reading() as db:
            return db.execute(sql, values).fetchall()

    def loaded(self) -> Any:
        with self.database.reading() as db:
            return load(db, REGISTRY)

    def switch(self, checked: Checked, take_back: bool = True) -> Applied:
        made = Switch(
            checked, content_of(checked), Revision(None, False), self.clock.now(), REGISTRY, take_back=take_back
        )
        done = self.database.write(made.make)
        self.carry_over()
        return done

    def carry_over(self) -> None:
        finish(self.database, self.clock.now)

    def dump(self) -> list[str]:
        return list(self.database._connection.iterdump())

    # what happens

    def live(self) -> None:
        what = self.draw.choice(self.acts)
        getattr(self, what)()
        self.holds(what)

    def join(self) -> None:
        for who in self.draw.sample(self.people, 3):
            if self.draw.random() < 0.7:
                self.world.event(who, "list.joined", {})
        self.play(MINUTE)

    def order(self) -> None:
        self.world.event(self.draw.choice(self.people), "order.placed", {"order_id": "1", "total": "5"})
        self.play(MINUTE)

    def tier(self) -> None:
        self.world.set(self.draw.choice(self.people), {"tier": self.draw.choice(["gold", "tin"])})
        self.play(MINUTE)

    def stop(self) -> None:
        who = self.draw.choice(self.people)
        if self.draw.random() < 0.5:
            self.world.reply(who, "STOP")
            self.stopped.setdefault(who.id, self.clock.now())
            self.play(MINUTE)

    def pause(self) -> None:
        id, now = self.world.deployed().names.flow_ids["walk"], self.clock.now()
        if not self.database.write(lambda db: holds.pause(db, id, now)):
            self.database.write(lambda db: holds.resume(db, id))

    def park(self) -> None:
        found = self.rows("SELECT id FROM run WHERE status = 0 ORDER BY id")
        if found:
            (run,) = self.draw.choice(found)
            self.parked.add(run)
            self.database.write(lambda db: runs.park(db, [(run, "broken")]))

    def hand(self) -> None:
        deployed = self.world.deployed()
        found = self.rows("SELECT id, flow, step, deployment FROM run WHERE status < 2")
        if not found:
            return
        run, flow, step, older = self.draw.choice(found)
        version = deployed if older is None else deployed.older.get(older)
        if version is None or deployed.names.flows[flow] not in version.programs:
            return
        names = version.names
        name = names.step(flow, step)
        steps = list(version.programs[deployed.names.flows[flow]].places)
        whats: list[by_hand.What] = ["move", "move", "again", "exit", "retry"]
        what = self.draw.choice(whats)
        to = self.draw.choice(steps) if what == "move" else None
        wanted = by_hand.Wanted(what, None, deployed.names.flows[flow], name, to)
        if self.draw.random() < 0.5:
            wanted = by_hand.Wanted(what, run, to=to)
        before = self.dump()
        active = dict(self.rows("SELECT id, status FROM run WHERE status < 2"))
        try:
            with self.database.reading() as db:
                meant = by_hand.find(db, deployed, wanted)
            done = by_hand.carry_out(self.database, deployed, wanted, self.clock.now)
            assert done == by_hand.count(meant, wanted)
        except Refused:
            assert self.dump() == before
            return
        self.counts[f"hand {what}"] += 1
        if what == "exit":
            after = dict(self.rows("SELECT id, status FROM run WHERE status < 2"))
            assert len(active) - len(after) == by_hand.count(meant, wanted)
        for id in list(self.promised):
            if what == "again" or (what in ("move", "retry") and id in self.parked):
                self.promised.pop(id)

    def play(self, span: int | None = None) -> None:
        span = span or self.draw.choice([HOUR, 5 * HOUR, 11 * HOUR, DAY])
        until = self.clock.now() + span
        at: int | None = self.clock.now()
        while at is not None and self.clock.now() < until:
            self.promise()
            self.world.play(min(until, self.clock.now() + HOUR))
            self.clock.move_to(min(until, self.clock.now() + HOUR))
            self.early()
        self.clock.move_to(max(until, self.clock.now()))

    def promise(self) -> None:
        """Nobody who waits for a time alone goes on before it."""
        deployed = self.world.deployed()
        for id, flow, step, due, origin, older in self.rows(
            "SELECT r.id, r.flow, r.step, COALESCE(r.due_at, s.due_at), r.due_from, r.deployment FROM run r"
            " LEFT JOIN stopped s ON s.run = r.id WHERE r.status < 2"
        ):
            version = deployed if older is None else deployed.older.get(older)
            program = version.programs.get(deployed.names.flows[flow]) if version else None
            name = version.names.step(flow, step) if version else None
            self.promised.pop(id, None) if id not in self.parked else None
            if program is None or name is None or name not in program.places or due is None:
                continue
            verb = program.nodes[program.places[name]].block.verb
            if verb == "delay" or (origin and "arrives" in origin):
                self.promised[id] = due

    def early(self) -> None:
        for id, run, queued, text in self.rows("SELECT id, run, queued_at, text FROM message"):
            if id in self.seen:
                continue
            self.seen.add(id)
            assert queued >= self.promised.get(run, 0), (
                f"{text} of run {run} {(self.promised[run] - queued) / HOUR} h early"
            )

    def edit(self) -> None:
        was = copy.deepcopy(self.author)
        kinds = [self.author.edit() for _ in range(self.draw.choice([1, 1, 1, 2, 3]))]
        checked = self.author.checked()
        if not checked.ok:
            self.counts["wrong"] += 1
            self.author, was.draw = was, self.draw
            return
        self.deploy(checked, kinds, was)

    def deploy(self, checked: Checked, kinds: list[str], was: Author) -> None:
        now = self.clock.now()
        with self.database.reading() as db:
            edits = live_edits(db, readable(db, REGISTRY), checked, registry=REGISTRY)
            plan = plan_here(db, Path("/nowhere"), REGISTRY, checked, Revision(None, False), now)
        before = self.dump()
        state = {
            id: row
            for id, *row in self.rows("SELECT id, flow, step, deployment, status, due_at, due_from, reason FROM run")
        }
        self.promise()
        try:
            done: Applied | None = self.switch(checked)
        except Refused:
            done = None
        if done is None:
            assert edits.refused and plan.refused
            assert self.dump() == before
            self.counts["refused"] += 1
            self.author, was.draw = was, self.draw
            return
        assert not plan.refused, plan.refused
        self.log.append(f"{done.id}: {kinds}")
        for kind in kinds:
            self.counts[kind] += 1
        after = {
            id: row
            for id, *row in self.rows("SELECT id, flow, step, deployment, status, due_at, due_from, reason FROM run")
        }
        if kinds == ["format"] and not self.rolled:
            assert not done.changed
            assert self.dump() == before
        if not plan.there:
            assert state == after, kinds
        if not plan.touches:
            assert {id: row[4:] for id, row in state.items()} == {id: row[4:] for id, row in after.items()}
        said = Counter[str]()
        for edit in edits.steps:
            said[edit.then] += edit.waiting.runs
        ended = Counter(row[6] for id, row in after.items() if row[3] == 2 and state[id][3] < 2)
        assert ended == Counter({"step removed": said["exits"], "flow retired": said["ended"]}), (ended, said)
        stays = sum(row[2] is not None for row in after.values() if row[3] < 2)
        assert stays == said["pinned"] + said["drained"], (stays, said)
        for id, row in after.items():
            if row[3] < 2 and row[5] != "hold" and state[id][5] != "hold":
                assert row[4] == state[id][4], (id, row, state[id])
        self.world._deployed = self.loaded()
        self.rolled = False
        if done.id > len(self.past):
            self.past.append(copy.deepcopy(self.author))

    def rollback(self) -> None:
        before = self.dump()
        to = None if self.draw.random() < 0.5 else self.draw.randint(1, len(self.past))
        try:
            with self.database.reading() as db:
                found = rollback_of(db, REGISTRY, Path("/nowhere"), "walk", to)
            switch = Switch(
                found.checked,
                found.content,
                Revision(None, False),
                self.clock.now(),
                REGISTRY,
                (),
                found.standing,
                True,
                {found.flow: found.moved},
            )

            def write(db: Any) -> Applied:
                done = switch.make(db)
                remember(db, found.flow, found.version, done.id)
                return done

            self.promise()
            done = self.database.write(write)
            self.carry_over()
        except Refused:
            assert self.dump() == before
            self.counts["rollback refused"] += 1
            return
        self.counts["rollback"] += 1
        self.log.append(f"{done.id}: rollback to {found.to} {found.moved}")
        self.world._deployed = self.loaded()
        older = copy.deepcopy(self.past[found.to - 1])
        now = self.author
        now.steps, now.moved, now.removed, now.pin, now.there, now.parallel = (
            older.steps,
            older.moved,
            older.removed,
            older.pin,
            older.there,
            older.parallel,
        )
        live = {each["id"] for each in every(now.steps)}
        now.moved = {**now.moved, **{a: b for a, b in found.moved.items() if a not in live}}
        now.forget_lines()
        self.rolled = True
        self.past.append(copy.deepcopy(older))

    def holds(self, what: str) -> None:
        deployed = self.world.deployed()
        paused = {deployed.names.flows[id] for (id,) in self.rows("SELECT id FROM flow WHERE paused_at IS NOT NULL")}
        aside = {id for (id,) in self.rows("SELECT run FROM stopped")}
        for id, flow, step, older, status, due, reason in self.rows(
            f"SELECT id, flow, step, deployment, status, due_at, reason FROM run WHERE {ACTIVE}"
        ):
            version = deployed if older is None else deployed.older.get(older)
            assert version is not None, (what, id, older)
            program = version.programs.get(deployed.names.flows[flow])
            assert program is not None, (what, id, older)
            name = version.names.step(flow, step)
            assert name is None or name in program.places, (what, id, name, list(program.places))
            if status == 1:
                assert reason == "broken", (what, id, reason)
            elif due is None:
                assert id in aside, (what, id)
            elif what == "play" and deployed.names.flows[flow] not in paused:
                assert due > self.clock.now() - HOUR - MINUTE, (what, id, name, due - self.clock.now())
        texts: Counter[tuple[int, str]] = Counter()
        for run, text, status, contact, sent in self.rows("SELECT run, text, status, contact, sent_at FROM message"):
            if status not in (8, 9, 10):
                texts[run, text.split()[0] if not text.startswith("Acme") else text.split()[1]] += 1
            if sent is not None and contact in self.stopped and text.lstrip("Acme: ").startswith("m"):
                assert sent <= self.stopped[contact], (contact, text)
        twice = {key: count for key, count in texts.items() if count > 1}
        assert not twice, (what, twice)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_project_lives_through_any_edits(seed: int) -> None:
    life = Life(seed)
    for _ in range(60):
        life.live()
    assert life.counts.total() > 10
