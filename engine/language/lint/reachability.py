"""What may have happened to a run before it comes to a step: steps it passed, time that passed, messages just sent.

Invariants: what is unknown (a step that could not be read, a branch that a run may pass by) makes a claim weaker, never wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.core.block import Step
from engine.language.diagnostics.findings import Loc
from engine.language.lint.paths import Visit, walk_paths
from engine.language.model.steps import walk
from engine.language.model.validation_context import BrokenStep


class BranchTaken(NamedTuple):
    """A choice on the way from a message, and those before it."""

    step: Step
    branch: str
    before: BranchTaken | None


class PathSinceSend(NamedTuple):
    """From a message that has just gone out, with no time since."""

    sent: Step
    last: BranchTaken | None

    def taken(self) -> list[BranchTaken]:
        found, turn = [], self.last
        while turn is not None:
            found.append(turn)
            turn = turn.before
        return found[::-1]


class PathState(NamedTuple):
    passed: frozenset[Loc] = frozenset()  # steps that some path has passed
    rested: frozenset[Loc] = frozenset()  # of these: time has passed since, on some path
    fresh: Mapping[Loc, PathSinceSend] = {}  # messages since which no time has passed, on some path


def arrivals(steps: tuple[Step, ...]) -> list[Visit[PathState]]:
    """Of every step, in the order in which they are written."""
    return walk_paths(steps, PathState(), _passing, _either, _entering).visits


def first_sends(steps: tuple[Step, ...]) -> frozenset[Loc]:
    """The places of the steps whose message may be the first that a run sends."""
    sends = {step.path for step in walk(steps) if step.block.sends}
    return frozenset(each.step.path for each in arrivals(steps) if not each.state.passed & sends) & sends


def _passing(state: PathState, step: Step) -> PathState:
    passed, rested, fresh = state
    if step.block.lets_time_pass():
        rested, fresh = passed, {}
    passed = passed | {step.path}
    if isinstance(step.block, BrokenStep):
        rested = passed
    elif step.block.sends:
        fresh = {**fresh, step.path: PathSinceSend(step, None)}
    return PathState(passed, rested, fresh)


def _entering(state: PathState, step: Step, branch: str) -> PathState:
    return state._replace(
        fresh={at: PathSinceSend(way.sent, BranchTaken(step, branch, way.last)) for at, way in state.fresh.items()}
    )


def _either(one: PathState, other: PathState) -> PathState:
    fresh = {**other.fresh, **one.fresh}  # the first path found is the one that is shown
    return PathState(one.passed | other.passed, one.rested | other.rested, fresh)
