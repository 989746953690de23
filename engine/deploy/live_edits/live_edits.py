"""What becomes of the contacts who wait in what is deployed, when the project's files are deployed instead (V2, V3).

    keeps       the step is there: they keep their time, and continue by the new file
    moved       it has a new name (`moved`): the same, at `to`
    continues   it is taken out (`removed: {promo: offer}`): they arrive at `to` at the time that they have
    exits       it is taken out (`removed: {promo: exit}`): their run ends now
    pinned      the flow says `on_change: pin`: they finish in `deployment`
    drained     the flow has no file (`retired: {flow: drain}`): they finish in `deployment`
    ended       the same with `exit`: their run ends now
    refused     nothing says where they go: the files cannot be deployed

Invariants: nothing is written here. Counts are exact. Runs that are parked count, too. A step without anybody is not told of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from engine.core.program import Program
from engine.deploy.deployed import Deployed
from engine.deploy.live_edits.left_over import LeftOver, left_over
from engine.deploy.live_edits.older_versions import misfit
from engine.deploy.live_edits.step_paths import is_behind
from engine.deploy.read_project import Registry
from engine.language.check import Checked
from engine.language.compiler import compile_project
from engine.language.diagnostics.findings import counted
from engine.language.model.flow import Flow
from engine.language.model.message import message_of
from engine.language.model.steps import walk
from engine.store import deployments, interned_names
from engine.store.deployments import Waiting
from engine.store.interned_names import Names
from engine.store.live_edits import Place
from engine.store.sql import Connection
from engine.store.states import OURS

Then = Literal["keeps", "moved", "continues", "exits", "pinned", "drained", "ended", "refused"]
EXIT = "exit"
"""In place of a step under `removed`."""


class StepEdit(NamedTuple):
    """Those who wait at one step, and what becomes of them."""

    flow: str
    step: str | None  # as the deployment that they are in calls it; None: they have not begun (a paused flow)
    verb: str | None  # of that step
    waiting: Waiting
    then: Then
    deployment: int  # the one whose version of the flow they are in; pinned and drained ones stay there
    to: str | None = None  # the step where they are afterwards, where it has another name
    why: str | None = None  # of a refusal
    help: str | None = None
    place: Place = Place(0, None, None)  # the same as the tables have it


class LiveEdits(NamedTuple):
    """`steps`: all with somebody at them, by flow and in its order. `unsent`: (flow, step) -> messages that leave as they are written."""

    steps: tuple[StepEdit, ...]
    unsent: Mapping[tuple[str, str], int]
    left_over: tuple[LeftOver, ...] = ()  # each of them refuses the deployment, too

    @property
    def places(self) -> Iterator[Place]:
        return (each.place for each in self.steps)

    @property
    def refused(self) -> tuple[StepEdit, ...]:
        return tuple(each for each in self.steps if each.then == "refused")

    def of(self, flow: str, step: str | None) -> tuple[StepEdit, ...]:
        """Those at that step, by its deployed name: of each deployment one."""
        return tuple(each for each in self.steps if (each.flow, each.step) == (flow, step))

    def inside(self, flow: str) -> int:
        """How many contacts are in that flow now."""
        return sum(each.waiting.runs for each in self.steps if each.flow == flow)


NOBODY = LiveEdits((), {})
NOBODY_WAITS = Waiting(0, 0, None, None)


def live_edits(
    db: Connection,
    deployed: Deployed | None,
    checked: Checked,
    programs: Mapping[str, Program] | None = None,
    registry: Registry | None = None,
    flows: Collection[str] | None = None,
) -> LiveEdits:
    """`deployed`: the newest deployment, None where there is none or this version cannot read it; `checked` has no error.

    `programs`: those of `checked`, where they are compiled already. `registry`: then it is asked whether the older versions of flows in
    which contacts are to finish fit the new leadoff.yaml. `flows`: the only ones of which those are told, too, whom no edit
    concerns; None: all flows.
    """
    standing = deployments.newest_id(db)
    if standing is None:
        return NOBODY
    after = compile_project(checked, b"only places are looked at") if programs is None else programs
    known = _Known(db, standing, deployed, interned_names.load(db), checked, after)
    wanted = None if flows is None else {*known.touched(), *(known.names.flow_ids[flow] for flow in flows)}
    found = sorted(
        (known.edit(place, waiting) for place, waiting in deployments.waiting(db, flows=wanted).items()),
        key=lambda each: (each.flow, known.place(each), each.deployment),
    )
    if registry is not None:
        found = list(_fitting(db, found, checked, registry))
    return LiveEdits(tuple(found), deployments.unsent(db, known.names), tuple(left_over(db, deployed, checked)))


def with_newcomers(
    db: Connection,
    seen: LiveEdits,
    deployed: Deployed | None,
    checked: Checked,
    programs: Mapping[str, Program],
    registry: Registry,
) -> LiveEdits:
    """`seen`, and what becomes of those who have come to any other place since then. It takes as long however many wait.

    Of places where nobody would know where to go, it is asked whether somebody is there.
    """
    standing = deployments.newest_id(db)
    if standing is None:
        return seen
    known, looked_at = _Known(db, standing, deployed, interned_names.load(db), checked, programs), set(seen.places)
    others = (known.edit(place, NOBODY_WAITS) for place in known.places() if place not in looked_at)
    more = list(_fitting(db, others, checked, registry))
    lost = deployments.waiting_at(db, [each.place for each in more if each.then == "refused"])
    more = [each for each in more if each.then != "refused"] + [known.edit(*each) for each in lost.items()]
    return seen._replace(steps=(*seen.steps, *more))


class _Known(NamedTuple):
    db: Connection
    standing: int
    deployed: Deployed | None
    names: Names
    checked: Checked
    after: Mapping[str, Program]

    def touched(self) -> list[int]:
        """The flows whose contacts an edit may concern."""
        return [id for name, id in self.names.flow_ids.items() if name not in OURS and not self._stays(name)]

    def _stays(self, name: str) -> bool:
        before, after = self.before(name, self.standing), self.after.get(name)
        if before is None and after is None:
            return self.deployed is not None  # it is gone for long: who is in it finishes in an older deployment
        if before is None or after is None or not _are_same(before, after):
            return False
        return not (self.checked.flows[name].moved or self.checked.flows[name].removed)

    def places(self) -> Iterator[Place]:
        """Where somebody may be whom an edit concerns."""
        for flow in self.touched():
            if self.deployed is None:
                steps = {number for of, number in self.names.steps if of == flow}
            else:
                steps = self._numbers(self.deployed, flow)
            yield from (Place(flow, step, None) for step in (None, *sorted(steps)))
        for id, version in (self.deployed.older if self.deployed else {}).items():
            for name in version.programs:
                flow = self.names.flow_ids[name]
                yield from (Place(flow, step, id) for step in (None, *sorted(self._numbers(version, flow))))

    def _numbers(self, version: Deployed, flow: int) -> set[int]:
        program = version.programs.get(self.names.flows[flow])
        return {version.names.step_ids[flow, step] for step in program.places} if program else set()

    def before(self, flow: str, deployment: int) -> Program | None:
        """The version that they are in."""
        if self.deployed is None:
            return None
        version = self.deployed if deployment == self.standing else self.deployed.older.get(deployment)
        return version.programs.get(flow) if version else None

    def edit(self, place: Place, waiting: Waiting) -> StepEdit:
        flow, older = self.names.flows[place.flow], place.deployment
        names = self.names if older is None else interned_names.at(self.db, older)
        step = names.step(place.flow, place.step)
        deployment = self.standing if older is None else older
        before, after = self.before(flow, deployment), self.after.get(flow)
        found = StepEdit(flow, step, _verb(before, step), waiting, "keeps", deployment, place=place)
        if after is None:
            return _without_a_file(found, self.checked)
        new = self.checked.flows[flow]
        if new.on_change == "pin" and (older is not None or before is None or not _are_same(before, after)):
            return found._replace(then="pinned")
        return found if step is None else _following(found, before, new, after)

    def place(self, edit: StepEdit) -> int:
        program = self.before(edit.flow, edit.deployment)
        return -1 if program is None or edit.step is None else program.places.get(edit.step, -1)


def _fitting(db: Connection, edits: Iterable[StepEdit], checked: Checked, registry: Registry) -> Iterator[StepEdit]:
    """Those who are to finish in an older version are refused where it needs a name that leadoff.yaml does not have any more."""
    wrong: dict[tuple[str, int], str | None] = {}
    for edit in edits:
        key = edit.flow, edit.deployment
        if edit.then in ("pinned", "drained") and key not in wrong:
            stored = deployments.one(db, edit.deployment)
            wrong[key] = None if stored is None else misfit(stored, edit.flow, checked.sources, registry)
        said = wrong.get(key) if edit.then in ("pinned", "drained") else None
        yield (
            edit
            if said is None
            else _refused(
                edit,
                f"{'is' if edit.waiting.runs == 1 else 'are'} to finish it as deployment {edit.deployment} has it,"
                f" which does not fit the new leadoff.yaml: {said}",
                f"keep what they need until they have left, or end their runs: `leadoff runs exit --flow {edit.flow}`",
            )
        )


def _without_a_file(found: StepEdit, checked: Checked) -> StepEdit:
    retired = checked.project.retired.get(found.flow) if checked.project else None
    if retired is not None:
        return found._replace(then="drained" if retired == "drain" else "ended")
    return found._replace(
        then="refused",
        why=f"{counted(found.waiting.runs, 'contact')} in the flow {found.flow}, which is gone",
        help=f"say in leadoff.yaml what becomes of them:  retired: {{{found.flow}: drain}}   (they finish it)"
        f"   or   retired: {{{found.flow}: exit}}   (it ends for them now)",
    )


def _following(found: StepEdit, before: Program | None, new: Flow, after: Program) -> StepEdit:
    assert found.step is not None
    step = last_name(new, found.step)
    if step in after.places:
        verb = _verb(after, step)
        if step != found.step:
            return found._replace(then="moved", to=step)
        if verb != found.verb and found.verb is not None:
            return _refused(
                found,
                f"{_wait(found)} at the step {step}, which was `{found.verb}` and is `{verb}` now",
                f"give the step a name of its own, and add to the flow:  moved: {{{step}: THE_NEW_NAME}}."
                " They wait until the time that they have; then a `wait_for` takes `on_timeout`, an `sms` is sent, a delay is over,"
                " and any other step is carried out",
            )
        return found
    to = new.removed.get(step)
    if to is None:
        return _refused(
            found,
            f"{_wait(found)} at the step {found.step}, which is gone",
            f"renamed? add to the flow:  moved: {{{found.step}: THE_NEW_NAME}}"
            f"      taken out?  removed: {{{found.step}: exit}}      (or a step after it)",
        )
    if to == EXIT:
        return found._replace(then="exits")
    if not is_behind(to, found.step, before, after):
        return _refused(
            found,
            f"{_wait(found)} at the step {found.step}, and {to} is not behind it on their path",
            "name under `removed` a step that they have not reached yet, or exit",
        )
    return found._replace(then="continues", to=to)


def _wait(found: StepEdit) -> str:
    return "waits" if found.waiting.runs == 1 else "wait"


def _refused(found: StepEdit, why: str, help: str) -> StepEdit:
    return found._replace(
        then="refused", why=f"{counted(found.waiting.runs, 'contact')} of {found.flow} {why}", help=help
    )


def last_name(flow: Flow, step: str) -> str:
    """What `moved` calls that step in the end; the step itself where it says nothing of it.

    The way ends at a step that the flow has: a rollback may give to a step the name of another one, which gets its old one back.
    """
    there = {each.id for each in walk(flow.steps)} if step in flow.moved else set()
    seen = {step}
    while step in flow.moved and flow.moved[step] not in seen:
        step = flow.moved[step]
        if step in there:
            break
        seen.add(step)
    return step


def _are_same(one: Program, other: Program) -> bool:
    """With the same pictures."""
    return one.revision == other.revision and _pictures(one) == _pictures(other)


def _pictures(program: Program) -> list[str | None]:
    messages = (message_of(node.block) for node in program.nodes)
    return [program.settings.media.get(message.picture) for message in messages if message and message.picture]


def _verb(program: Program | None, step: str | None) -> str | None:
    if program is None or step is None or step not in program.places:
        return None
    return program.nodes[program.places[step]].block.verb
