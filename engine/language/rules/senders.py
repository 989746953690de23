"""LO309: a project whose flows send has a sender."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.drafts import World
from engine.language.problems import Finding
from engine.language.reading import Broken


def senders(world: World) -> Iterator[Finding]:
    if world.project.senders or "senders" in world.unknown:
        return
    for draft in world.drafts:
        for step in draft.steps():
            if step.block.sends and not isinstance(step.block, Broken):
                help = "declare one under `senders` in leadoff.yaml"
                yield draft.finding(
                    "LO309", "this flow sends, and the project has no sender", step.path, help, at="key"
                )
                break
