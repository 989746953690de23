"""Every way through a flow, looked at at once: what may lie behind a run when it comes to a step.

Rules kept here: one walk over the steps, whatever the number of paths; each step is looked at once. What nobody can know (a step that
could not be read, a branch that another package's block may take or not) makes a claim weaker, never a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.core.block import Block, Step
from engine.language.diagnostics.findings import Loc
from engine.language.model.steps import walk
from engine.language.model.validation_context import BrokenStep

ONE_OF_ITS_BRANCHES = ("if", "wait_for", "split")  # a run takes exactly one of them


class BranchTaken(NamedTuple):
    """A choice on the way from a message, and those before it."""

    step: Step
    branch: str
    before: BranchTaken | None


class PathSinceSend(NamedTuple):
    """From a message that has just gone out, with no time since."""

    sent: Step
    last: BranchTaken | None

    def turns(self) -> list[BranchTaken]:
        found, turn = [], self.last
        while turn is not None:
            found.append(turn)
            turn = turn.before
        return found[::-1]


class PathState(NamedTuple):
    passed: frozenset[Loc] = frozenset()  # steps that some path has passed
    rested: frozenset[Loc] = frozenset()  # of these: time has passed since, on some path
    fresh: Mapping[Loc, PathSinceSend] = {}  # messages since which no time has passed, on some path


class Arrival(NamedTuple):
    """What may be true where a run comes to a step. `ended`: the step behind which nobody gets here."""

    step: Step
    state: PathState
    ended: Step | None


def arrivals(steps: tuple[Step, ...]) -> list[Arrival]:
    """Of every step, in the order in which they are written."""
    found: list[Arrival] = []
    _through(steps, PathState(), found)
    return found


def first_sends(steps: tuple[Step, ...]) -> frozenset[Loc]:
    """The places of the steps whose message may be the first that a run sends."""
    sends = {step.path for step in walk(steps) if step.block.sends}
    return frozenset(each.step.path for each in arrivals(steps) if not each.state.passed & sends) & sends


def lets_time_pass(block: Block) -> bool:
    """True also where nobody knows: what could not be read may have been a delay."""
    return block.always_waits or block.verb in ("delay", "wait_for") or isinstance(block, BrokenStep)


def takes_one_branch(block: Block) -> bool:
    """A run surely goes through one of its branches."""
    return block.verb in ONE_OF_ITS_BRANCHES or "else" in block.branches()


def _through(steps: tuple[Step, ...], state: PathState, found: list[Arrival]) -> PathState | None:
    """What may be true behind these steps; None where no run gets there."""
    ended: Step | None = None
    for step in steps:
        found.append(Arrival(step, state, ended))
        behind = _behind(step, state, found)
        # What follows the end of every path is judged as if a run came there; it is said once, of the first step.
        ended = step if behind is None else None
        state = behind or _inside(step, state)
    return None if ended else state


def _behind(step: Step, state: PathState, found: list[Arrival]) -> PathState | None:
    inside = _inside(step, state)
    if step.block.verb == "exit":
        return None
    ends = [_through(branch, _turned(inside, step, name), found) for name, branch in step.block.branches().items()]
    if not ends or not takes_one_branch(step.block):
        ends.append(inside)
    return _either(end for end in ends if end is not None)


def _inside(step: Step, state: PathState) -> PathState:
    """Behind the step itself, before its branches."""
    passed, rested, fresh = state
    if lets_time_pass(step.block):
        rested, fresh = passed, {}
    passed = passed | {step.path}
    if isinstance(step.block, BrokenStep):
        rested = passed
    elif step.block.sends:
        fresh = {**fresh, step.path: PathSinceSend(step, None)}
    return PathState(passed, rested, fresh)


def _turned(state: PathState, step: Step, branch: str) -> PathState:
    return state._replace(
        fresh={at: PathSinceSend(way.sent, BranchTaken(step, branch, way.last)) for at, way in state.fresh.items()}
    )


def _either(states: Iterable[PathState]) -> PathState | None:
    made: PathState | None = None
    for state in states:
        if made is None:
            made = state
        else:
            fresh = {**state.fresh, **made.fresh}  # the first way found is the one that is shown
            made = PathState(made.passed | state.passed, made.rested | state.rested, fresh)
    return made
