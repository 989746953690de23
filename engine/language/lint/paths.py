"""Every path through a flow, walked once, whatever their number: the one walk of all rules that ask what happened before a step.

Invariants: each step is visited once, in written order. A path that may pass by all branches of a block counts as one. What follows the
end of every path is visited as if a run came there, but counts only where no path reaches it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Generic, NamedTuple, TypeVar

from engine.core.block import Step

S = TypeVar("S")


class Visit(NamedTuple, Generic[S]):
    """A step, and what is true where runs arrive at it."""

    step: Step
    state: S
    reached: bool  # by some path
    ended: Step | None  # the step before it, if every path ends there


class Walked(NamedTuple, Generic[S]):
    visits: list[Visit[S]]
    ends: list[S]  # what is true where runs end; the last one is of the runs that reach the end of the flow


def _same(state: S, step: Step, branch: str) -> S:
    return state


class _Walk(NamedTuple, Generic[S]):
    visits: list[Visit[S]]
    ends: list[S]
    passing: Callable[[S, Step], S]
    join: Callable[[S, S], S]
    entering: Callable[[S, Step, str], S]

    def through(self, steps: tuple[Step, ...], state: S, reached: bool) -> tuple[S, bool] | None:
        """The state behind the steps, and whether a path gets there; None where every path ends at the last of them."""
        ended: Step | None = None
        for step in steps:
            self.visits.append(Visit(step, state, reached, ended))
            inside = self.passing(state, step)
            behind = self._behind(step, inside, reached)
            ended = step if behind is None else None
            state, reached = behind or (inside, False)
        return None if ended else (state, reached)

    def _behind(self, step: Step, inside: S, reached: bool) -> tuple[S, bool] | None:
        block = step.block
        if block.ends:
            if reached:
                self.ends.append(inside)
            return None
        branches = block.branches().items()
        behind = [self.through(branch, self.entering(inside, step, name), reached) for name, branch in branches]
        if not branches or not block.takes_one_branch():
            behind.append((inside, reached))
        known = [each for each in behind if each is not None]
        by_a_path = [state for state, is_reached in known if is_reached]
        states = by_a_path or [state for state, _ in known]
        return (reduce(self.join, states), bool(by_a_path)) if states else None


def walk_paths(
    steps: tuple[Step, ...],
    start: S,
    passing: Callable[[S, Step], S],
    join: Callable[[S, S], S],
    entering: Callable[[S, Step, str], S] = _same,
) -> Walked[S]:
    """`passing`: the state behind a step, before its branches; `entering`: at the start of a branch; `join`: of two paths."""
    walk = _Walk[S]([], [], passing, join, entering)
    behind = walk.through(steps, start, True)
    if behind is not None and behind[1]:
        walk.ends.append(behind[0])
    return Walked(walk.visits, walk.ends)
