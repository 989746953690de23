"""From nested steps to a flat Program.

Invariants: nodes are in written order, so the first step is node 0 and a step's branches follow it. A node's needs are all that is read
from waking there to the next certain wait, `exit_when` included; nothing else is fetched (promise R2).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import NamedTuple

from engine.core.block import Step
from engine.core.context import Settings
from engine.core.facts import NOTHING, Needs
from engine.core.program import END, Entry, ExitRule, Node, Program
from engine.language.check import Checked
from engine.language.conditions.condition import Condition
from engine.language.lint.costs import limits_of, most_parts, naming_of
from engine.language.model.canonical import canonical, digest
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.language.model.steps import walk
from engine.language.model.triggers import EventTrigger


def compile_project(checked: Checked, secret: bytes, public_url: str | None = None) -> dict[str, Program]:
    """Programs by flow id, of a project without errors. `secret` keys link codes; `public_url` goes before the file's."""
    assert checked.ok, "only a project without errors can be compiled"
    assert checked.project is not None
    media = {path: info.ref for path, info in checked.media.items()}
    settings = checked.project.settings(secret, media, public_url)
    return {name: compile_in_project(flow, checked.project, settings) for name, flow in checked.flows.items()}


def compile_in_project(flow: Flow, project: Project, settings: Settings) -> Program:
    """With what is worked out beforehand from the project's fields."""
    return compile_flow(flow, settings)._replace(
        limits=limits_of(flow, project), naming=naming_of(flow, project), counted=most_parts(flow, project)
    )


def canonical_hash(checked: Checked) -> str:
    """Of the whole project, media included: the same where only the formatting differs (promise V1)."""
    media = {path: info.ref for path, info in checked.media.items()}
    assert checked.project is not None
    senders = list(checked.project.senders)  # of several that fit the first sends: their order means something
    return digest([canonical(checked.project), senders, canonical(checked.flows), media])


def compile_flow(flow: Flow, settings: Settings) -> Program:
    exit_needs = _worked_out(_sum([rule.when.needs for rule in flow.exit_when]), settings)
    places = _lay(flow.steps, settings)
    nodes = tuple(_node(place, places, exit_needs, _pointed_at(flow)) for place in places)
    return Program(
        flow=flow.flow,
        revision=digest(flow.without_edits),
        category=flow.category,
        triggers=tuple(trigger.compiled(settings.timezone) for trigger in flow.trigger),
        entry=_entry(flow),
        exits=tuple(ExitRule(rule.when.holds, rule.reason) for rule in flow.exit_when),
        exit_needs=exit_needs,
        trigger_needs=_worked_out(_sum([condition.needs for condition in _before_entry(flow)]), settings),
        nodes=nodes,
        places={node.step: index for index, node in enumerate(nodes) if node.step is not None},
        first_needs=_reached(places, 0).plus(exit_needs) if places else exit_needs,
        settings=settings,
        pictures=frozenset(picture for node in nodes for picture in node.needs.pictures),
        quiet=settings.quiet if flow.quiet_hours is None else flow.quiet_hours,
        sender=flow.sender,
        holdout=flow.holdout or 0,
        stop_if=settings.stop_if if flow.stop_if is None else flow.stop_if,
    )


class _Place(NamedTuple):
    """A step with its way on."""

    step: Step
    next: int
    branches: Mapping[str, int]
    needs: Needs


def _lay(steps: tuple[Step, ...], settings: Settings) -> list[_Place]:
    places: list[_Place] = []

    def lay(sequence: tuple[Step, ...], after: int) -> None:
        for position, step in enumerate(sequence):
            index = len(places)
            behind = index + _size(step)
            following = behind if position + 1 < len(sequence) else after
            branches: dict[str, int] = {}
            places.append(_Place(step, following, branches, _worked_out(step.block.needs(), settings)))
            for name, branch in step.block.branches().items():
                branches[name] = len(places) if branch else following
                lay(branch, following)

    lay(steps, END)
    return places


def _size(step: Step) -> int:
    return sum(1 for _ in walk((step,)))


def _node(place: _Place, places: list[_Place], exit_needs: Needs, pointed_at: frozenset[str]) -> Node:
    step, block = place.step, place.step.block
    return Node(
        step=step.id,
        block=block,
        next=place.next,
        branches=place.branches,
        needs=_sum([place.needs, exit_needs, *(_reached(places, index) for index in _successors(place))]),
        listens=_facts(place.needs.plus(exit_needs)),
        remembered=step.id in pointed_at,
        path=step.path,
    )


def _successors(place: _Place) -> set[int]:
    return {place.next, *place.branches.values()}


def _reached(places: list[_Place], start: int) -> Needs:
    """What may be read from the arrival at a node to the next certain wait."""
    needs, seen, ahead = NOTHING, {END}, [start]
    while ahead:
        index = ahead.pop()
        if index in seen:
            continue
        seen.add(index)
        block = places[index].step.block
        needs = needs.plus(places[index].needs)
        if not block.always_waits():
            ahead.extend(_successors(places[index]))
    return needs


def _facts(needs: Needs) -> frozenset[str]:
    """Names of the facts whose arrival can change an answer."""
    marks = {"@clicked"} if needs.clicks else set()
    marks |= {"@status"} if needs.messages else set()
    marks |= {"@inbound"} if needs.replies else set()
    marks |= {"@webhook"} if needs.webhooks else set()
    return needs.events | marks


def _sum(all_needs: list[Needs]) -> Needs:
    return reduce(Needs.plus, all_needs, NOTHING)


def _worked_out(needs: Needs, settings: Settings) -> Needs:
    """With what the segments read that it names."""
    named = [settings.segments[name].needs for name in sorted(needs.segments)]
    return _sum([needs, *named])._replace(segments=frozenset())


def _pointed_at(flow: Flow) -> frozenset[str]:
    """Ids of the steps that some `since:` counts from."""
    inside = {name for step in walk(flow.steps) for name in step.block.since_steps()}
    return frozenset(inside | {name for rule in flow.exit_when for name, _ in rule.when.since})


def _before_entry(flow: Flow) -> list[Condition]:
    conditions = [trigger.where for trigger in flow.trigger if isinstance(trigger, EventTrigger)]
    return [condition for condition in (*conditions, flow.entry.require) if condition is not None]


def _entry(flow: Flow) -> Entry:
    entry = flow.entry
    again = entry.again_after
    return Entry(
        require=entry.require.holds if entry.require else None,
        while_active=entry.while_active,
        again_after=None if isinstance(again, str) else again,
        never_again=again == "never",
    )
