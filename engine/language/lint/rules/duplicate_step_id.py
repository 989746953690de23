"""LO301: a step id names one step of its flow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext


def duplicate_step_id(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        seen: dict[str, int] = {}
        for step in draft.steps():
            if step.id is None:
                continue
            loc = (*step.path, "id")
            if step.id in seen:
                help = f"the first is in line {seen[step.id]}; give this step another id"
                yield draft.finding("LO301", f'another step already has the id "{step.id}"', loc, help)
            else:
                seen[step.id] = draft.document.marks.value(loc).line
