"""LO330: `moved` leads from steps that are gone to steps that are there. LO331: so does `removed`, or to the exit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engine.language.rule_api import Draft, Finding, LintContext, did_you_mean

EXIT = "exit"


def moved_steps(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        flow = draft.flow
        yield from _moved(draft, flow.moved, flow.removed)
        yield from _removed(draft, flow.moved, flow.removed)


def _moved(draft: Draft, moved: Mapping[str, str], removed: Mapping[str, str]) -> Iterator[Finding]:
    known, first = draft.written_ids(), dict[str, str]()
    for old, new in moved.items():
        place = ("moved", old)
        if old in known:
            help = "a step keeps its id, or gets another one: take the line out, or give the step the new id"
            yield draft.finding("LO330", f'the step "{old}" is still there', place, help, at="key")
        elif old in _after(moved, new):
            help = "name the step that is there now"
            yield draft.finding("LO330", f'"{old}" comes back to itself', place, help)
        elif new not in known and new not in moved and new not in removed:
            help = did_you_mean(new, known, _ids(known))
            yield draft.finding("LO330", f'the flow has no step "{new}"', place, help)
        elif new in first:
            help = f'"{first[new]}" is already called so: take one of the two out, with `removed`'
            yield draft.finding("LO330", f'two steps cannot both become "{new}"', place, help)
        first.setdefault(new, old)


def _after(moved: Mapping[str, str], name: str) -> Collection[str]:
    """That name, and all that it is called later."""
    seen: list[str] = []
    while name not in seen:
        seen.append(name)
        name = moved.get(name, name)
    return seen


def _removed(draft: Draft, moved: Mapping[str, str], removed: Mapping[str, str]) -> Iterator[Finding]:
    known = draft.written_ids()
    for old, to in removed.items():
        place = ("removed", old)
        if old in known:
            help = "take this line out, or the step"
            yield draft.finding("LO331", f'the step "{old}" is still there', place, help, at="key")
        elif old in moved:
            help = "a step is renamed or taken out, not both"
            yield draft.finding("LO331", f'"{old}" is under `moved`, too', place, help, at="key")
        elif to != EXIT and to not in known:
            help = did_you_mean(to, [*known, EXIT], f"`exit`, or a step after it: {', '.join(sorted(known))}")
            yield draft.finding("LO331", f'the flow has no step "{to}"', place, help)


def _ids(known: Collection[str]) -> str:
    return f"its steps are: {', '.join(sorted(known))}" if known else "none of its steps has an id"
