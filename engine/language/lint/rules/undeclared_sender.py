"""LO309: a project whose flows send has a sender. LO314: a sender that a step names is declared."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.diagnostics.findings import Finding, nearest
from engine.language.lint.context import LintContext
from engine.language.model.validation_context import BrokenStep


def undeclared_sender(world: LintContext) -> Iterator[Finding]:
    if "senders" in world.unknown:
        return
    known = world.project.senders
    for draft in world.drafts:
        if draft.flow.sender is not None and known and draft.flow.sender not in known:
            near = nearest(draft.flow.sender, known)
            help = f'did you mean "{near}"?' if near else f"declared in leadoff.yaml: {', '.join(known)}"
            yield draft.finding("LO314", f'no sender is called "{draft.flow.sender}"', ("sender",), help)
        for step in draft.steps():
            if not step.block.sends or isinstance(step.block, BrokenStep):
                continue
            if not known:
                help = "declare one under `senders` in leadoff.yaml"
                yield draft.finding(
                    "LO309", "this flow sends, and the project has no sender", step.path, help, at="key"
                )
                break
            name = getattr(step.block, "sender", None)
            if name is not None and name not in known:
                near = nearest(name, known)
                help = f'did you mean "{near}"?' if near else f"declared in leadoff.yaml: {', '.join(known)}"
                yield draft.finding("LO314", f'no sender is called "{name}"', (*step.path, "sms", "sender"), help)
