"""LO501: every step can be reached: no run reaches a step after an end, or after branches that all end."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, arrivals


def unreachable_step(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for arrival in arrivals(draft.flow.steps):
            if arrival.ended is not None:
                ended = draft.called(arrival.ended)
                why = f"the run ends at {ended}" if arrival.ended.block.ends else f"every branch of {ended} ends"
                help = "remove this step, or move it up"
                yield draft.finding(
                    "LO501", f"no run reaches this step: {why}", arrival.step.path, help, at="key", severity="warning"
                )
