"""What people may do while their run waits: the events and replies that the steps ahead test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.core.program import END, Program
from engine.language.conditions.condition import Condition
from engine.language.conditions.tree import All, AnyOf, Happened, Replied, Tree
from engine.language.model.project import Project
from engine.preview.fulfilment import Fulfilment

ANY_WORDS = "Thanks"


class Action(NamedTuple):
    """An event (with `same`: this field as in the run's own event), or a text."""

    event: str | None = None
    data: tuple[tuple[str, object], ...] = ()
    same: str | None = None
    words: str | None = None


def actions(program: Program, project: Project, step: str) -> list[Action]:
    """What a contact may do who waits at `step`; [] where the steps ahead test nothing."""
    found: dict[Action, None] = {}
    for condition in _conditions_ahead(program, program.places[step]):
        for leaf in _leaves(condition.tree):
            found[_action(leaf, project)] = None
    known = list(found)
    exact = [action for action in known if action.words not in (None, ANY_WORDS)]
    return [action for action in known if not exact or action.words != ANY_WORDS]


def _conditions_ahead(program: Program, start: int) -> Iterator[Condition]:
    """The conditions of the node, and of all that are reached from it before the next wait."""
    seen, ahead = {END}, [start]
    while ahead:
        index = ahead.pop(0)
        if index in seen:
            continue
        seen.add(index)
        node = program.nodes[index]
        if index != start and (node.block.always_waits() or node.block.waits_for_facts):
            continue
        for branch in node.branches:
            condition = node.block.branch_condition(branch)
            if isinstance(condition, Condition):
                yield condition
        ahead += [node.next, *node.branches.values()]


def _leaves(tree: Tree) -> Iterator[Happened | Replied]:
    if isinstance(tree, All | AnyOf):
        for part in tree.parts:
            yield from _leaves(part)
    elif isinstance(tree, Happened | Replied):
        yield tree


def _action(leaf: Happened | Replied, project: Project) -> Action:
    if isinstance(leaf, Replied):
        return Action(words=ANY_WORDS if leaf.matches is None else leaf.matches.replace("*", "") or ANY_WORDS)
    wanted = Fulfilment(project)
    if leaf.where is not None:
        wanted.require(leaf.where, of=leaf.event)
    return Action(leaf.event, tuple(wanted.data_of(leaf.event).items()), leaf.same)
