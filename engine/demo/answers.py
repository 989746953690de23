"""What people do in the demo while a run of theirs rests: the events and replies that are asked for on its way on.

Invariants: of all that can be done each contact does one thing or nothing, by turns, so that every way is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.core.program import END, Program
from engine.demo.fulfilment import Fulfilment
from engine.language.conditions.condition import Condition
from engine.language.conditions.tree import All, AnyOf, Happened, Replied, Tree
from engine.language.model.project import Project

ANY_WORDS = "Thanks"


class Deed(NamedTuple):
    """An event (with `same`: this field as in the run's own event), or a text."""

    event: str | None = None
    data: tuple[tuple[str, object], ...] = ()
    same: str | None = None
    words: str | None = None


def deeds(program: Program, project: Project, step: str) -> list[Deed]:
    """What may be done by who rests at `step`; [] where nothing is asked for."""
    found: dict[Deed, None] = {}
    for condition in _asked_ahead(program, program.places[step]):
        for leaf in _leaves(condition.tree):
            found[_deed(leaf, project)] = None
    known = list(found)
    exact = [deed for deed in known if deed.words not in (None, ANY_WORDS)]
    return [deed for deed in known if not exact or deed.words != ANY_WORDS]


def _asked_ahead(program: Program, start: int) -> Iterator[Condition]:
    """The conditions of the node, and of all that are reached from it before the next rest."""
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


def _deed(leaf: Happened | Replied, project: Project) -> Deed:
    if isinstance(leaf, Replied):
        return Deed(words=ANY_WORDS if leaf.matches is None else leaf.matches.replace("*", "") or ANY_WORDS)
    wanted = Fulfilment(project)
    if leaf.where is not None:
        wanted.ask(leaf.where, of=leaf.event)
    return Deed(leaf.event, tuple(wanted.data_of(leaf.event).items()), leaf.same)
