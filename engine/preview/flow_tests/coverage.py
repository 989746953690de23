"""Branch coverage: what an author wrote that a test can reach, and what the tests have reached of it.

What counts: each branch of a step, also one that is not written (`else`); the keys of a step that decide what happens instead
(`otherwise`, `on_quiet: skip`, `on_cap: skip`, `on_error`); each rule of `exit_when`; each trigger; `where` and `require` refusing.

Invariants: which outcomes a step has, and their words, its block says; no verb is named here. A share is rounded down, so 100 % means all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from engine.core.block import Step
from engine.core.interpreter import Sprint
from engine.core.program import Program, Trigger
from engine.language.diagnostics.findings import Loc
from engine.language.model.flow import Flow
from engine.language.model.steps import walk
from engine.language.source.strict_yaml import Document
from engine.preview.worlds.stage import Stage
from engine.runtime.entries import REQUIRE_REFUSES, WHERE_REFUSES


class Point(NamedTuple):
    """What a test can reach of a flow. `kind`: step | exit_when | trigger | where | require.

    `number`: of the node, rule or trigger. `name`: of a step's outcome: a branch, a key such as `otherwise`, `next` or `exit`.
    """

    kind: str
    number: int
    name: str = ""


class Target(NamedTuple):
    """A point that counts, with its place and what is said where no test reaches it."""

    point: Point
    file: str
    line: int
    words: str  # `last_chance was never in time (then)`


class Reached:
    """A Trace that collects the points that were reached, by flow; also those that do not count, such as `next`."""

    def __init__(self) -> None:
        self.points: dict[str, set[Point]] = defaultdict(set)

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        found = self.points[program.flow]
        found.update(Point("step", node, name) for node, name in sprint.path if name is not None)
        found.update(Point("step", node, key) for node, key in sprint.choices)
        if sprint.rule is not None:
            found.add(Point("exit_when", sprint.rule))

    def entry(self, program: Program, contact: int, trigger: Trigger, refused: str | None, now: int) -> None:
        found = self.points[program.flow]
        if refused == REQUIRE_REFUSES:
            found.add(Point("require", 0))
        elif refused == WHERE_REFUSES:
            tried = (index for index, each in enumerate(program.triggers) if each.event == trigger.event)
            found.update(Point("where", index) for index in tried)
        elif refused is None:
            found.add(Point("trigger", next(at for at, each in enumerate(program.triggers) if each is trigger)))


class Tally:
    """How many tests reach each point, by the flow that they test."""

    def __init__(self) -> None:
        self.tests: dict[str, Counter[Point]] = defaultdict(Counter)

    def add(self, flow: str, reached: Reached) -> None:
        """What one test of a flow has reached."""
        self.tests[flow].update(reached.points[flow])


class Coverage(NamedTuple):
    """Of one flow. `reached`: point -> how many tests reach it; also points that do not count, such as `next`."""

    flow: str
    targets: tuple[Target, ...]
    reached: Mapping[Point, int]

    @property
    def missing(self) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.point not in self.reached)

    @property
    def hits(self) -> int:
        """How many of the targets are reached."""
        return len(self.targets) - len(self.missing)


def coverage(stage: Stage, tally: Tally, flows: Iterable[str]) -> list[Coverage]:
    """Of these flows, in this order."""
    return [Coverage(flow, tuple(targets_of(stage, flow)), tally.tests.get(flow, {})) for flow in flows]


def targets_of(stage: Stage, name: str) -> Iterator[Target]:
    """Everything of a flow that counts, in written order."""
    program, flow, document = stage.programs[name], stage.checked.flows[name], stage.checked.document(name)
    found = [*_of_entry(flow, program, document), *_of_exits(flow, document), *_of_steps(flow, program, document)]
    yield from sorted(found, key=lambda target: target.line)


def percent(covered: Iterable[Coverage]) -> Fraction:
    """Of all their targets, exactly; 100 where there are none."""
    covered = list(covered)
    every = sum(len(each.targets) for each in covered)
    return Fraction(100 * sum(each.hits for each in covered), every) if every else Fraction(100)


def report(covered: Iterable[Coverage], asked: float | None = None) -> list[str]:
    """A table of the flows with what no test reaches, and the total; `asked`: percent."""
    covered = list(covered)
    name = max(len(each.flow) for each in covered) if covered else 0
    name = max(name, len("total"))
    counts = {each.flow: f"{each.hits}/{len(each.targets)}" for each in covered}
    reached = sum(each.hits for each in covered)
    total = f"{reached}/{sum(len(each.targets) for each in covered)}"
    number = max(len("reached"), len(total), *(len(text) for text in counts.values())) if covered else len("reached")
    place = max((len(_place(each)) for row in covered for each in row.missing), default=0)
    lines = [f"{'flow':<{name}}  {'reached':>{number}}  not reached by any test"]
    for each in covered:
        missing = [f"{_place(target):<{place}}  {target.words}" for target in each.missing]
        lines.append(f"{each.flow:<{name}}  {counts[each.flow]:>{number}}  {missing[0] if missing else ''}".rstrip())
        lines += [f"{'':<{name}}  {'':>{number}}  {words}" for words in missing[1:]]
    said = "" if asked is None else f", asked for: {asked:g} %"
    return [*lines, f"{'total':<{name}}  {total:>{number}} = {int(percent(covered))} %{said}"]


def _place(target: Target) -> str:
    return f"{target.file.rpartition('/')[2]}:{target.line}"


def _target(document: Document, point: Point, loc: Loc, words: str) -> Target:
    return Target(point, document.path, document.marks.key(loc).line, words)


def _of_entry(flow: Flow, program: Program, document: Document) -> Iterator[Target]:
    listed = isinstance(document.data.get("trigger"), list)
    for index, trigger in enumerate(program.triggers):
        loc: Loc = ("trigger", index) if listed else ("trigger",)
        inside = (*loc, trigger.kind) if (*loc, trigger.kind) in document.marks.keys else loc
        yield _target(document, Point("trigger", index), inside, f"{_said(trigger)} never started a run")
        if trigger.where is not None:
            words = f"{trigger.event} was never refused by `where`"
            yield _target(document, Point("where", index), (*loc, "where"), words)
    if flow.entry.require is not None:
        yield _target(document, Point("require", 0), ("entry", "require"), "`require` never refused a contact")


def _said(trigger: Trigger) -> str:
    kinds = {"manual": "a start by hand", "keyword": "a keyword", "schedule": "the schedule", "date": "the date"}
    return trigger.event or (trigger.segment and f"the segment {trigger.segment}") or kinds[trigger.kind]


def _of_exits(flow: Flow, document: Document) -> Iterator[Target]:
    for index, rule in enumerate(flow.exit_when):
        loc: Loc = ("exit_when", index)
        yield _target(document, Point("exit_when", index), loc, f"`{rule.reason}` never ended a run")


def _of_steps(flow: Flow, program: Program, document: Document) -> Iterator[Target]:
    for index, step in enumerate(walk(flow.steps)):
        for name, words in step.block.outcomes(program).items():
            said = f"{step.id or f'`{step.block.verb}`'} {words}"
            yield _target(document, Point("step", index, name), _place_of(step, name, document), said)


def _place_of(step: Step, name: str, document: Document) -> Loc:
    """Where the outcome is written; one that is not written has the step's place."""
    places = [(*step.path, step.block.verb, name), (*step.path, name)]
    branch = step.block.branches().get(name)
    if branch:
        listed = branch[0].path[:-1]  # its list of steps: below the key of the branch, or a key of what holds it
        places.append(listed[:-1] if len(listed) > len(step.path) + 1 else listed)
    return next((loc for loc in places if loc in document.marks.keys), step.path)
