"""LO305: what a step saves of an answer goes into fields that contacts have."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, did_you_mean


def unknown_saved_field(world: LintContext) -> Iterator[Finding]:
    if "fields" in world.unknown:
        return
    known = world.project.contact_fields
    for draft in world.drafts:
        for step in draft.steps():
            for name in step.block.saves_fields():
                if name not in known:
                    help = did_you_mean(name, known, "declare it under `fields` in leadoff.yaml")
                    place = (*step.path, step.block.verb, "save", name)
                    yield draft.finding("LO305", f'contacts have no field "{name}"', place, help, at="key")
