"""LO504: between two messages time passes, on every path."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import Draft, World
from engine.language.lint.reachability import Way, arrivals
from engine.language.model.validation_context import Broken

MOST_TURNS = 6  # of the way that is shown


def in_a_row(world: World) -> Iterator[Finding]:
    for draft in world.drafts:
        for step, state, _ in arrivals(draft.flow.steps):
            if step.block.sends and not isinstance(step.block, Broken) and state.fresh:
                way = list(state.fresh.values())[-1]
                message = f"this goes out right after {draft.called(way.sent)}: no time passes between the two"
                help = f"on the path {_shown(draft, way)}: put a `delay` between, or make one message of both"
                yield draft.finding("LO504", message, step.path, help, at="key", severity="warning")


def _shown(draft: Draft, way: Way) -> str:
    turns = [f"{draft.called(turn.step)}: {turn.arm}" for turn in way.turns()]
    if len(turns) > MOST_TURNS:
        turns = ["…", *turns[-MOST_TURNS:]]
    return " → ".join((draft.called(way.sent), *turns, "this"))
