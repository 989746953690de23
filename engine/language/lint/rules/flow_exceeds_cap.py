"""LO531: a frequency cap that some path of a flow reaches by itself, so that one of its own messages waits or is skipped.

What may lie between two messages is counted at its longest; where nobody can say how long a run rests, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.core.block import Step
from engine.core.gates.caps import Cap
from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import Draft, LintContext
from engine.language.lint.reachability import takes_one_branch
from engine.language.model.validation_context import BrokenStep

MOST_STATES = 64  # of ways that differ; beyond that the fullest are kept
Passed = tuple[int, ...]
"""Of one way to a step: how long ago, at most, each marketing message went out, the newest first (ms)."""


def flow_exceeds_cap(world: LintContext) -> Iterator[Finding]:
    marketing = world.project.caps.marketing
    if "caps" in world.unknown or marketing.except_within_flow:
        return
    for draft in world.drafts:
        found: dict[tuple[str | int, ...], tuple[Step, Cap]] = {}
        _through(draft, draft.flow.steps, {()}, marketing.compiled().caps, found)
        for step, cap in found.values():
            message = f"on some path this is marketing message number {cap.most + 1} within a {cap.period}; the cap is {cap.most}"
            help = "add time between the messages, or set `except_within_flow: true`; otherwise this one is held or skipped"
            yield draft.finding("LO531", message, step.path, help, at="key", severity="warning")


def _through(
    draft: Draft,
    steps: tuple[Step, ...],
    ways: set[Passed],
    caps: tuple[Cap, ...],
    found: dict[tuple[str | int, ...], tuple[Step, Cap]],
) -> set[Passed]:
    """The ways behind these steps; none where every run has ended."""
    for step in steps:
        block = step.block
        if _is_marketing(draft, step):
            for cap in caps:
                if any(sum(ago < cap.window for ago in way) >= cap.most for way in ways):
                    found.setdefault(step.path, (step, cap))
            ways = {(0, *way) for way in ways}
        ways = _rested(ways, block.longest_wait(), caps)
        if block.verb == "exit":
            return set()
        branches = block.branches()
        if branches:
            behind = [_through(draft, branch, ways, caps, found) for branch in branches.values()]
            ways = set().union(*behind) if takes_one_branch(block) else ways.union(*behind)
        ways = set(sorted(ways, key=lambda way: (-len(way), way))[:MOST_STATES])
    return ways


def _is_marketing(draft: Draft, step: Step) -> bool:
    if isinstance(step.block, BrokenStep):
        return False  # nobody knows
    return step.block.sends and (getattr(step.block, "category", None) or draft.flow.category) == "marketing"


def _rested(ways: Iterable[Passed], ms: int | None, caps: tuple[Cap, ...]) -> set[Passed]:
    if ms == 0:
        return set(ways)
    widest = max((cap.window for cap in caps), default=0)
    return {() if ms is None else tuple(ago + ms for ago in way if ago + ms < widest) for way in ways}
