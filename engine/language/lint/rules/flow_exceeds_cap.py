"""LO531: a frequency cap that some path of a flow reaches by itself, so that one of its own messages waits or is skipped.

The time between two messages is counted at its longest; after a wait of unknown length the count starts anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from engine.language.rule_api import Cap, Draft, Finding, LintContext, Step, message_of, walk_paths

MOST_STATES = 64  # of ways that differ; beyond that the fullest are kept
Passed = tuple[int, ...]
"""Of one way to a step: how long ago, at most, each marketing message went out, the newest first (ms)."""
Ways = set[Passed]


def flow_exceeds_cap(world: LintContext) -> Iterator[Finding]:
    marketing = world.project.caps.marketing
    if "caps" in world.unknown or marketing.except_within_flow:
        return
    for draft in world.drafts:
        caps = marketing.compiled().caps
        start: Ways = {()}
        walked = walk_paths(draft.flow.steps, start, partial(_passing, draft, caps), _fullest)
        for step, ways, reached, _ in walked.visits:
            cap = next((cap for cap in caps if _is_reached(cap, ways)), None)
            if cap is not None and reached and _is_marketing(draft, step):
                message = f"on some path this is marketing message number {cap.most + 1} within a {cap.period}; the cap is {cap.most}"
                help = "add time between the messages, or set `except_within_flow: true`; otherwise this one is held or skipped"
                yield draft.finding("LO531", message, step.path, help, at="key", severity="warning")


def _passing(draft: Draft, caps: tuple[Cap, ...], ways: Ways, step: Step) -> Ways:
    if _is_marketing(draft, step):
        ways = {(0, *way) for way in ways}
    return _rested(ways, step.block.longest_wait(), caps)


def _fullest(one: Ways, other: Ways) -> Ways:
    return set(sorted(one | other, key=lambda way: (-len(way), way))[:MOST_STATES])


def _is_reached(cap: Cap, ways: Ways) -> bool:
    return any(sum(ago < cap.window for ago in way) >= cap.most for way in ways)


def _is_marketing(draft: Draft, step: Step) -> bool:
    message = message_of(step.block)
    return message is not None and (message.category or draft.flow.category) == "marketing"


def _rested(ways: Ways, ms: int | None, caps: tuple[Cap, ...]) -> Ways:
    if ms == 0:
        return ways
    widest = max((cap.window for cap in caps), default=0)
    return {() if ms is None else tuple(ago + ms for ago in way if ago + ms < widest) for way in ways}
