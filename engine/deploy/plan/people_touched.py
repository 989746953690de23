"""What a plan needs a database for, besides who waits where: who starts at once, who comes into a segment, what is held, what may go.

Invariants: nothing is written; counts are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from engine.core.program import Program
from engine.deploy.live_edits.live_edits import LiveEdits
from engine.deploy.member_listing import STRETCH
from engine.deploy.plan.campaigns import campaigns
from engine.deploy.plan.few_coupons import few_coupons
from engine.deploy.plan.plan import HELD_BY, FlowPlan, Plan, Refusal, SegmentPlan
from engine.deploy.trigger_setup import ENROLLED, TriggerOfFlow, fires_again
from engine.language.check import Checked
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.findings import Loc
from engine.language.lint.context import PROJECT_FILE
from engine.language.model.project import Project
from engine.language.model.steps import walk
from engine.language.source import strict_yaml
from engine.store import audience, held_messages, interned_names, schedules
from engine.store.interned_names import Names
from engine.store.queries.listings import last_exit
from engine.store.sql import Connection


def with_people(
    plan: Plan,
    db: Connection,
    edits: LiveEdits,
    programs: Mapping[str, Program],
    now: int,
    again: tuple[str, ...],
    everybody: bool = True,
    everything: bool = False,
) -> Plan:
    """`programs`: of the files. `again`: flows whose campaign may fire a second time. `everybody`: whether `edits` has them.

    `everything`: also the campaigns of flows that stay the same.
    """
    new, old, names = plan.changes.new, plan.changes.old, interned_names.load(db)
    assert new.project is not None
    starting = (_starting(flow, db, programs, names, new.project, now) for flow in plan.flows)
    return plan._replace(
        flows=tuple(_with_campaigns(flow, db, new, names, now, everything) for flow in starting),
        segments=tuple(_moving(each, db, old and old.project, new.project, now) for each in plan.segments),
        refused=(*plan.refused, *_fired(db, programs, names, now, again)),
        held=held_messages.count(db, now, _asked_again(plan, names)),
        notes=tuple(
            chain(
                _done_with(new, edits, old),
                _empty(db, new, edits, names) if everybody else (),
                few_coupons(db, programs, new.project, now),
            )
        ),
    )


def with_counts(
    plan: Plan, db: Connection, edits: LiveEdits, programs: Mapping[str, Program], held: Mapping[str, int]
) -> Plan:
    """Where there are counts alone: who is in a segment is not known. `held`: flow -> its held messages."""
    names = interned_names.load(db)
    flows = tuple(
        flow._replace(starts=None) if _fresh(db, programs.get(flow.flow), names.flow_ids.get(flow.flow)) else flow
        for flow in plan.flows
    )
    asked = sum(held.get(names.flows[id], 0) for id in _asked_again(plan, names))
    return plan._replace(flows=flows, held=asked, notes=tuple(_done_with(plan.changes.new, edits, plan.changes.old)))


def _fresh(db: Connection, program: Program | None, flow: int | None) -> list[str]:
    """The segments of a flow whose members start at once: the trigger says so, and has not entered them yet."""
    there = {row[:3] for row in schedules.rows(db)}
    return [
        trigger.segment
        for trigger in (program.triggers if program else ())
        if trigger.segment is not None and trigger.enroll_existing and (flow, trigger.key, ENROLLED) not in there
    ]


def _starting(
    plan: FlowPlan, db: Connection, programs: Mapping[str, Program], names: Names, project: Project, now: int
) -> FlowPlan:
    """Those who are in the segment of a trigger that has not entered them yet, and is to."""
    fresh = _fresh(db, programs.get(plan.flow), names.flow_ids.get(plan.flow))
    return plan._replace(starts=sum(audience.count(db, project.segments[name], project, now) for name in fresh))


def _with_campaigns(plan: FlowPlan, db: Connection, new: Checked, names: Names, now: int, everything: bool) -> FlowPlan:
    """Of flows that change: whom their schedules will come to."""
    assert new.project is not None
    if plan.flow not in new.flows or not (everything or plan.change.change != "same"):
        return plan
    return plan._replace(campaigns=tuple(campaigns(db, new.flows[plan.flow], new.project, names, now)))


def _moving(plan: SegmentPlan, db: Connection, old: Project | None, new: Project, now: int) -> SegmentPlan:
    name = plan.change.field
    if old is None or name not in old.segments or name not in new.segments:
        return plan
    sides = (_members(db, old.segments[name], old, now), _members(db, new.segments[name], new, now))
    goes = comes = 0
    left, right = (next(side, None) for side in sides)
    while left is not None or right is not None:
        if left == right:
            left, right = next(sides[0], None), next(sides[1], None)
        elif right is None or (left is not None and left < right):
            goes, left = goes + 1, next(sides[0], None)
        else:
            comes, right = comes + 1, next(sides[1], None)
    return plan._replace(comes=comes, goes=goes)


def _members(db: Connection, condition: Condition, project: Project, now: int) -> Iterator[int]:
    """Ids in order."""
    after = 0
    while found := audience.members(db, condition, project, now, after, STRETCH):
        yield from found
        after = found[-1]


def _fired(
    db: Connection, programs: Mapping[str, Program], names: Names, now: int, again: tuple[str, ...]
) -> Iterator[Refusal]:
    found = [
        TriggerOfFlow(names.flow_ids[flow], trigger)
        for flow, program in programs.items()
        if flow in names.flow_ids
        for trigger in program.triggers
    ]
    for each in fires_again(db, found, names, now):
        if each.flow not in again:
            yield Refusal(each.flow, None, 0, each.why, each.help)


def _asked_again(plan: Plan, names: Names) -> list[int]:
    """The flows whose held messages the gates judge by other settings."""
    everything = any(change.field.split(".")[0] in HELD_BY for change in plan.settings)
    own = {
        flow.flow for flow in plan.flows if any(field.field.startswith("quiet_hours") for field in flow.change.fields)
    }
    return [id for name, id in names.flow_ids.items() if everything or name in own]


def _done_with(new: Checked, edits: LiveEdits, old: Checked | None) -> Iterator[str]:
    """Lines of `moved` and `removed` that nobody needs any more. While the step is deployed a line is needed without anybody at it: by
    who has passed the step, and by who comes to it before the files are deployed."""
    for name, flow in new.flows.items():
        live = {step.id for step in walk(old.flows[name].steps)} if old is not None and name in old.flows else set()
        needed = live | {edit.step for edit in edits.steps if edit.flow == name}
        for key, steps in (("moved", flow.moved), ("removed", flow.removed)):
            for step in steps:
                if step not in needed and (place := _place(new, new.file_of(name), (key, step))):
                    yield f'{place}: note: nobody waits at "{step}" in this database: the line can go (other databases: plan there)'


def _empty(db: Connection, new: Checked, edits: LiveEdits, names: Names) -> Iterator[str]:
    """Flows under `retired` that nobody is in any more."""
    assert new.project is not None
    for flow in new.project.retired:
        if not edits.inside(flow):
            id = names.flow_ids.get(flow)
            since = None if id is None else last_exit(db, id)
            place = _place(new, PROJECT_FILE, ("retired", flow))
            yield f'{place}: note: the flow "{flow}" is empty{_since(since, new.project)}: the line can go'


def _since(at: int | None, project: Project) -> str:
    if at is None:
        return ""
    day = datetime.fromtimestamp(at / 1000, ZoneInfo(project.timezone))
    return f" since {day:%b} {day.day}"


def _place(checked: Checked, file: str, loc: Loc) -> str | None:
    """None where the file does not say it: a rollback gives names of its own."""
    marks = strict_yaml.read(file, checked.sources[file].encode()).marks
    span = marks.key(loc)
    return f"{file}:{span.line}:{span.column}" if loc in marks.keys else None
