"""LO502: a flow and a branch that is written have steps, and an `if` has a branch."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import LintContext, value_at


def empty_branch(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        if not draft.flow.steps:
            help = "give it a step, or take the file out"
            message = "this flow has no steps: whoever enters it leaves at once"
            yield draft.finding("LO502", message, ("steps",), help, at="key", severity="warning")
        for step in draft.steps():
            branches = step.block.branches()
            raw = value_at(draft.document.data, step.path)
            for name in branches:
                if isinstance(raw, dict) and raw.get(name) == [] and any(branches.values()):
                    help = "leave it out: what is not written is passed by"
                    yield draft.finding(
                        "LO502", f'the branch "{name}" is empty', (*step.path, name), help, at="key", severity="warning"
                    )
            if step.block.verb == "if" and not any(branches.values()):
                help = "put steps under `then` or `else`, or remove it"
                message = "this decides nothing: it has no steps on either side"
                yield draft.finding("LO502", message, (*step.path, "if"), help, at="key", severity="warning")
