"""LO305: what a webhook saves goes into fields that contacts have."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.diagnostics.findings import Finding, nearest
from engine.language.lint.context import LintContext


def unknown_saved_field(world: LintContext) -> Iterator[Finding]:
    if "fields" in world.unknown:
        return
    known = world.project.contact_fields
    for draft in world.drafts:
        for placed in draft.values():
            if placed.step is None or placed.loc != (*placed.step.path, "webhook", "save"):
                continue
            for name in placed.value:
                if name not in known:
                    near = nearest(name, known)
                    help = f'did you mean "{near}"?' if near else "declare it under `fields` in leadoff.yaml"
                    yield draft.finding(
                        "LO305", f'contacts have no field "{name}"', (*placed.loc, name), help, at="key"
                    )
