"""LO332: a flow that is retired has no file."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import PROJECT_FILE, Finding, LintContext, finding


def retired_flow(world: LintContext) -> Iterator[Finding]:
    if "retired" in world.unknown:
        return
    files = {draft.flow.flow: draft.path for draft in world.drafts}
    for flow in world.project.retired:
        if flow in files:
            help = "take this line out, or delete the file: contacts who are in the flow then finish it, or it ends"
            message = f'the flow "{flow}" has a file, {files[flow]}'
            yield finding(world.documents[PROJECT_FILE], "LO332", message, ("retired", flow), help, at="key")
