"""What `apply` would do: the changes of a project, whom they touch, and what becomes of those who wait.

Invariants: nothing is written. The plan's id is of the changes alone: the same changes have the same id, however many people wait. A change
that may touch somebody counts as touching: who waits may be unknown (`knows` says who was asked).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from engine.core.block import Block
from engine.core.program import Program
from engine.deploy.live_edits.live_edits import LiveEdits, StepEdit, Then
from engine.deploy.live_edits.step_paths import reached
from engine.deploy.plan.campaigns import Campaign
from engine.deploy.plan.changes import Changes, Costs, FlowChange
from engine.deploy.plan.field_changes import FieldChange
from engine.deploy.plan.step_changes import StepChange
from engine.deploy.plan.takes_back import TakesBack
from engine.language.compiler import canonical_hash
from engine.language.diagnostics.findings import counted
from engine.language.model.canonical import digest
from engine.store.deployments import Waiting

Knows = Literal["database", "server", "nobody"]
TOUCHED_BY_NOTHING = ("prices", "currency", "parts_note", "retired", "project")
"""Settings that change nothing for those who are in a flow already; `retired` is told of its flow."""
STAY: tuple[Then, ...] = ("pinned", "drained")
HELD_BY = ("quiet_hours", "caps", "countries", "timezone")
"""Settings that the gates read: what they hold is asked again at once (T1)."""
ID_LENGTH = 8


class Source(NamedTuple):
    """One side of a plan: a deployment, a revision of the repository, or files (neither)."""

    deployment: int | None
    commit: str | None
    dirty: bool
    at: int | None = None  # UTC ms, when it was applied
    revision: str | None = None  # as it was named, or what a rollback brings back


class Refusal(NamedTuple):
    """Why the files cannot be deployed."""

    flow: str | None
    step: str | None
    waiting: int
    why: str
    help: str | None
    reads_like: str | None = None  # the step that a removed one probably is now
    suggest: tuple[str, ...] = ()  # lines that can be pasted


class StepPlan(NamedTuple):
    """A step that changes, and those whom it touches."""

    change: StepChange
    costs: Costs | None
    edits: tuple[StepEdit, ...]  # those who wait at it, by what becomes of them
    coming: int  # contacts in the flow who wait elsewhere and can still come to it
    unsent: int  # messages of it that are written, and leave as they are
    redrawn: float | None = None  # of a split: which part of those who come takes another branch than before
    draws_anew: bool = False  # a split under another id: its draw has nothing to do with that of the old one

    @property
    def step(self) -> str | None:
        """Its id now, of a removed one its last."""
        return self.change.step


class FlowPlan(NamedTuple):
    change: FlowChange
    inside: int
    steps: tuple[StepPlan, ...]
    elsewhere: tuple[StepEdit, ...]  # who waits at steps that do not change, and is touched: pinned, drained, ended
    starts: int | None = (
        0  # who is in its segment and starts at once; None: there are some perhaps, and who is asked does not know
    )

    campaigns: tuple[Campaign, ...] = ()  # its schedules, where it changes and its audience is known

    @property
    def flow(self) -> str:
        return self.change.flow

    @property
    def edits(self) -> tuple[StepEdit, ...]:
        return (*self.elsewhere, *(edit for step in self.steps for edit in step.edits))

    @property
    def refused(self) -> bool:
        return any(edit.then == "refused" for edit in self.edits)


class SegmentPlan(NamedTuple):
    change: FieldChange
    comes: int | None = None  # contacts who are in it by the edit; None: unknown
    goes: int | None = None


class Expected(NamedTuple):
    """What those inside get, if nobody reacts … if everybody reacts as late as still counts, in either order: (least, most)."""

    sms: tuple[int, int]
    mms: tuple[int, int]
    price: tuple[int, int]  # millionths of the currency


class Texts(NamedTuple):
    """What becomes of the texts of those who wait, if nobody reacts, against what is deployed."""

    waiting: int  # runs that were played
    same: int
    later: int  # the same texts at another time
    other: int  # another text, more or fewer of them
    nothing: int  # had texts coming, and gets none
    twice: int  # gets the same text twice that comes once as deployed


class Forecast(NamedTuple):
    """Both versions played for those inside now, on copies in memory."""

    days: int
    played: int  # contacts
    of: int  # contacts inside; more than were played: the figures are those of a sample, multiplied
    deployed: Expected
    planned: Expected
    texts: Texts


class Plan(NamedTuple):
    id: str
    knows: Knows
    before: Source | None  # None: nothing is deployed
    after: Source
    changes: Changes
    flows: tuple[FlowPlan, ...]  # all, by name
    segments: tuple[SegmentPlan, ...]
    refused: tuple[Refusal, ...]
    takes_back: TakesBack | None = None
    cannot_tell: str | None = None  # why it is not known whether something is taken back
    held: int = 0  # messages, and runs before theirs, that hours and caps hold: they are asked again at once
    notes: tuple[str, ...] = ()
    forecast: Forecast | None = None  # None: nobody is inside, or who is asked does not know them

    @property
    def settings(self) -> tuple[FieldChange, ...]:
        return self.changes.settings

    @property
    def changed(self) -> tuple[FlowPlan, ...]:
        return tuple(flow for flow in self.flows if flow.change.change != "same" or flow.elsewhere)

    @property
    def there(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.settings or self.segments or self.refused or self.changed)

    @property
    def touches(self) -> bool:
        """Whether people are touched: who wait, or who start at once."""
        if not self.there:
            return False
        if self.knows == "nobody":
            return True
        starts = any(flow.starts or flow.starts is None for flow in self.changed)
        return starts or any(flow.inside for flow in self.changed) or self._settings_touch

    @property
    def _settings_touch(self) -> bool:
        told = any(change.field.split(".")[0].split(",")[0] not in TOUCHED_BY_NOTHING for change in self.settings)
        return bool(self.held) or ((told or bool(self.segments)) and any(flow.inside for flow in self.flows))


def plan_id(changes: Changes) -> str:
    """The same for the same two versions of a project."""
    old = changes.old
    before = None if old is None else digest(old.sources) if old.project is None else canonical_hash(old)
    return digest([before, canonical_hash(changes.new)])[:ID_LENGTH]


def planned(
    changes: Changes,
    knows: Knows,
    before: Source | None,
    after: Source,
    edits: LiveEdits,
    programs: tuple[Mapping[str, Program], Mapping[str, Program]],
) -> Plan:
    """`programs`: as they are deployed, and of the files."""
    listed = (*changes.flows, *_without_files(changes, edits))
    flows = tuple(_flow(change, edits, *programs) for change in sorted(listed, key=lambda each: each.flow))
    refused = [_refusal(edit, flow) for flow in flows for edit in flow.edits if edit.then == "refused"]
    refused += [Refusal(None, None, 0, each.why, each.help) for each in edits.left_over]
    segments = tuple(SegmentPlan(change) for change in changes.segments)
    return Plan(plan_id(changes), knows, before, after, changes, flows, segments, tuple(refused))


def _without_files(changes: Changes, edits: LiveEdits) -> Iterator[FlowChange]:
    """Flows that neither version has, and that contacts finish: where something becomes of them now."""
    known = {change.flow for change in changes.flows}
    for flow in sorted({edit.flow for edit in edits.steps if _is_touched(edit)} - known):
        yield FlowChange(flow, "removed", f"flows/{flow}.yaml")


def _flow(
    change: FlowChange, edits: LiveEdits, before: Mapping[str, Program], after: Mapping[str, Program]
) -> FlowPlan:
    mine = [edit for edit in edits.steps if edit.flow == change.flow]
    steps = tuple(_steps(change, mine, edits, before.get(change.flow), after.get(change.flow)))
    told = {edit for step in steps for edit in step.edits}
    elsewhere = _together([edit for edit in mine if edit not in told and _is_touched(edit)])
    return FlowPlan(change, edits.inside(change.flow), steps, elsewhere)


def _is_touched(edit: StepEdit) -> bool:
    """Who finishes in an older deployment and goes on with that is not; who does not any more is."""
    older = edit.place.deployment is not None
    return not older if edit.then in STAY else older or edit.then != "keeps"


def _together(edits: list[StepEdit]) -> tuple[StepEdit, ...]:
    """Of a flow that is gone, or whose runs stay where they are, it does not matter at which step they wait."""
    found: dict[tuple[Then, int, str | None], StepEdit] = {}
    for edit in edits:
        of_flow = edit.then != "refused" or (edit.help is not None and "retired" in edit.help)
        key = edit.then, edit.deployment, None if of_flow else edit.step
        same = found.get(key)
        if same is None:
            found[key] = edit._replace(step=key[2])
        else:
            one, two = same.waiting, edit.waiting
            dues = [due for due in (*one[2:], *two[2:]) if due is not None]
            waiting = Waiting(
                one.runs + two.runs, one.parked + two.parked, min(dues, default=None), max(dues, default=None)
            )
            found[key] = same._replace(waiting=waiting)
    return tuple(found.values())


def _steps(
    change: FlowChange, mine: list[StepEdit], edits: LiveEdits, before: Program | None, after: Program | None
) -> Iterator[StepPlan]:
    for step in change.steps:
        there = step.was or step.step  # as the deployment calls it
        known = there is not None and step.change != "added"
        waiting = tuple(edit for edit in mine if known and edit.step == there and edit.then not in (*STAY, "ended"))
        coming = sum(edit.waiting.runs for edit in mine if _comes(edit, step, before, after))
        unsent = edits.unsent.get((change.flow, there), 0) if there and step.verb and step.change != "added" else 0
        redrawn = _redrawn(step, before, after)
        successor = _block(after, step.reads_like)
        anew = successor is not None and successor.redrawn(successor) is not None
        yield StepPlan(step, change.costs.get(step.step or ""), waiting, coming, unsent, redrawn, anew)


def _redrawn(step: StepChange, before: Program | None, after: Program | None) -> float | None:
    old, new = _block(before, step.was or step.step), _block(after, step.step)
    return (new.redrawn(old) or None) if old is not None and new is not None else None


def _block(program: Program | None, step: str | None) -> Block | None:
    place = None if program is None or step is None else program.places.get(step)
    return program.nodes[place].block if program is not None and place is not None else None


def _comes(edit: StepEdit, step: StepChange, before: Program | None, after: Program | None) -> bool:
    """Whether those who wait there can still come to that step: in the new flow, to one that is gone in the old one."""
    if step.step is None or edit.then not in ("keeps", "moved", "continues", "refused"):
        return False
    program = before if step.change == "removed" else after
    at = edit.step if step.change == "removed" else edit.to or edit.step
    if program is None or step.step not in program.places:
        return False
    if at is None:
        return True  # it has not begun
    return at in program.places and step.step in reached(program, at)


def _refusal(edit: StepEdit, flow: FlowPlan) -> Refusal:
    like = next((step.change.reads_like for step in flow.steps if edit in step.edits), None)
    suggest: tuple[str, ...] = (f"moved: {{{edit.step}: {like}}}",) if like else ()
    gone = any(step.change.change == "removed" for step in flow.steps if edit in step.edits)
    if gone:
        suggest = (*suggest, f"removed: {{{edit.step}: exit}}")
    elif flow.change.change == "removed" and "retired" in (edit.help or ""):
        suggest = (f"retired: {{{edit.flow}: drain}}", f"retired: {{{edit.flow}: exit}}")
    people, one = counted(edit.waiting.runs, "contact"), edit.waiting.runs == 1
    why = edit.why or ""
    if gone:
        why = f'{people} {"waits" if one else "wait"} at the step "{edit.step}", which is gone'
    elif edit.step is None and flow.change.change == "removed":
        why = f"{people} {'is' if one else 'are'} in the flow {edit.flow}, which is gone"
    return Refusal(edit.flow, edit.step, edit.waiting.runs, why, edit.help, like, suggest)
