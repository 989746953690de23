"""LO502: a flow and a branch that is written have steps, and an `if` has a branch."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, value_at


def empty_branch(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        if not draft.flow.steps:
            help = "add a step, or delete the file"
            message = "this flow has no steps, so every run ends at once"
            yield draft.finding("LO502", message, ("steps",), help, at="key", severity="warning")
        for step in draft.steps():
            branches = step.block.branches()
            raw = value_at(draft.document.data, step.path)
            for name in branches:
                if isinstance(raw, dict) and raw.get(name) == [] and any(branches.values()):
                    help = "leave it out: a contact without a matching branch goes on to the next step"
                    yield draft.finding(
                        "LO502", f'the branch "{name}" is empty', (*step.path, name), help, at="key", severity="warning"
                    )
            if step.block.needs_branch and not any(branches.values()):
                verb, names = step.block.verb, " or ".join(f"`{name}`" for name in branches)
                help = f"add steps under {names}, or remove the `{verb}`"
                message = f"this `{verb}` has no steps in either branch"
                yield draft.finding("LO502", message, (*step.path, verb), help, at="key", severity="warning")
