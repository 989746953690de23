"""LO308: `message`, `delivered` and `failed` point at a step that sends something."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext


def message_of_silent_step(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        silent = {step.id: step for step in draft.steps() if not step.block.sends}
        senders = [step.id for step in draft.steps() if step.block.sends and step.id]
        for _, reference, loc in draft.references("message_step"):
            if reference.name in silent:
                verb = silent[reference.name].block.verb
                help = f"steps that send: {', '.join(senders)}" if senders else "no step of this flow sends"
                yield draft.finding(
                    "LO308", f'the step "{reference.name}" does not send a message: its verb is "{verb}"', loc, help
                )
