"""LO613: a second MMS on one way through a flow, where a text would remind as well for a third of the price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.core.block import Step
from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import LintContext


def second_mms(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for step, first in _followers(draft.flow.steps, None):
            message = f"a second picture for contacts who got {draft.called(first)}: an MMS costs about three times as much as an SMS"
            help = "remove the image and follow up with an SMS, unless the picture shows something new"
            yield draft.finding("LO613", message, (*step.path, step.block.verb), help, at="key", severity="note")


def _followers(steps: Sequence[Step], before: Step | None) -> Iterator[tuple[Step, Step]]:
    """Each message with a picture behind another one, with the first of them. Of branches each is another way."""
    for step in steps:
        pictured = getattr(step.block, "picture", None) is not None
        if pictured and before is not None:
            yield step, before
        inside = [step] if pictured else []
        for branch in step.block.branches().values():
            yield from _followers(branch, before)
            inside += _pictured(branch)
        before = before or next(iter(inside), None)


def _pictured(steps: Sequence[Step]) -> list[Step]:
    """All messages with a picture, however deep."""
    found: list[Step] = []
    for step in steps:
        if getattr(step.block, "picture", None) is not None:
            found.append(step)
        for branch in step.block.branches().values():
            found += _pictured(branch)
    return found
