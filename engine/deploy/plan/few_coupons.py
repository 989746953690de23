"""Where a pool of coupons is smaller than an audience: who is in the segment or the schedule of a flow that shows one of its codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.program import Program
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project
from engine.store import audience, coupons
from engine.store.sql import Connection


def few_coupons(db: Connection, programs: Mapping[str, Program], project: Project, now: int) -> Iterator[str]:
    """Notes. Those who have a code already count as well: it may expire before the flow starts."""
    for flow, program in sorted(programs.items()):
        pools = sorted({pool for node in program.nodes for pool in node.needs.coupons})
        if not pools:
            continue
        people = max((audience.count(db, each, project, now) for each in _audiences(program, project)), default=0)
        for pool, left in coupons.left_by_pool(db, pools).items():
            if people > left:
                said = (
                    f"{counted(people, 'contact')} of its audience, {counted(left, 'code')} left of the coupon {pool}"
                )
                yield f"flow {flow}: note: {said}: `leadoff coupons import {pool} FILE`"


def _audiences(program: Program, project: Project) -> Iterator[Condition]:
    """Of the triggers that start many at once."""
    for trigger in program.triggers:
        if trigger.kind == "schedule" and isinstance(trigger.audience, Condition):
            yield trigger.audience
        elif trigger.segment is not None and trigger.enroll_existing:
            yield project.segments[trigger.segment]
