"""LO306: a flow is called like its file. LO307: two flows are not called alike."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.drafts import World
from engine.language.problems import Finding


def names(world: World) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for draft in world.drafts:
        called = draft.flow.flow
        if called in seen:
            help = f"the other one is {seen[called]}"
            yield draft.finding("LO307", f'a second flow is called "{called}"', ("flow",), help)
        seen.setdefault(called, draft.path)
        if called != draft.name:
            help = f"write `flow: {draft.name}`, or call the file {called}.yaml"
            yield draft.finding("LO306", f'the flow "{called}" stands in {draft.name}.yaml', ("flow",), help)
