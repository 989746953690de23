"""LO306: a flow or segment is called like its file. LO307: two flows, or two segments, are not called alike."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext


def name_mismatch(world: LintContext) -> Iterator[Finding]:
    yield from _flows(world)
    yield from _segments(world)


def _flows(world: LintContext) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for draft in world.drafts:
        called = draft.flow.flow
        if called in seen:
            help = f"the other one is {seen[called]}"
            yield draft.finding("LO307", f'another flow is already called "{called}"', ("flow",), help)
        seen.setdefault(called, draft.path)
        if called != draft.name:
            help = f"write `flow: {draft.name}`, or rename the file to {called}.yaml"
            yield draft.finding("LO306", f'the flow is called "{called}", its file {draft.name}.yaml', ("flow",), help)


def _segments(world: LintContext) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for draft in world.segments:
        if draft.name in seen:
            message, help = (
                f'another segment is already called "{draft.name}"',
                f"the other one is in {seen[draft.name]}",
            )
            yield draft.finding("LO307", message, draft.name_loc, help)
        seen.setdefault(draft.name, draft.path)
        if draft.file is not None and draft.file != draft.name:
            help = f"write `segment: {draft.file}`, or rename the file to {draft.name}.yaml"
            message = f'the segment is called "{draft.name}", its file {draft.file}.yaml'
            yield draft.finding("LO306", message, draft.name_loc, help)
