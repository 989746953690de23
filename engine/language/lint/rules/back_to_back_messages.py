"""LO504: between two messages time passes, on every path."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import BrokenStep, Draft, Finding, LintContext, PathSinceSend, arrivals

MOST_TURNS = 6  # of the way that is shown


def back_to_back_messages(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for step, state, *_ in arrivals(draft.flow.steps):
            if step.block.sends and not isinstance(step.block, BrokenStep) and state.fresh:
                way = list(state.fresh.values())[-1]
                message = f"this goes out right after {draft.called(way.sent)}, with no delay between them"
                help = f"on the path {_shown(draft, way)}: put a `delay` between them, or make them one message"
                yield draft.finding("LO504", message, step.path, help, at="key", severity="warning")


def _shown(draft: Draft, way: PathSinceSend) -> str:
    turns = [f"{draft.called(turn.step)}: {turn.branch}" for turn in way.taken()]
    if len(turns) > MOST_TURNS:
        turns = ["…", *turns[-MOST_TURNS:]]
    return " → ".join((draft.called(way.sent), *turns, "this"))
