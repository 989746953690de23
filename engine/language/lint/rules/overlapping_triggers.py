"""LO506: one happening starts a flow once, and a keyword one flow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.language.rule_api import (
    Draft,
    EventTrigger,
    Finding,
    KeywordTrigger,
    LintContext,
    Loc,
    SegmentTrigger,
    Trigger,
    satisfiability,
)
from engine.messaging.keywords import plain

MOST = 50  # triggers of one flow that are compared


def overlapping_triggers(world: LintContext) -> Iterator[Finding]:
    owners: dict[str, str] = {}
    for draft in world.drafts:
        triggers = list(draft.triggers())[:MOST]
        for (first, one), (second, other) in combinations(triggers, 2):
            both = _both(one, other)
            if both:
                line = draft.document.marks.key(first).line
                message = f"{both} starts this flow twice: the trigger in line {line} matches it too"
                help = "keep one of them, or separate them with `where`"
                yield draft.finding("LO506", message, second, help, at="key", severity="warning")
        for loc, trigger in triggers:
            yield from _of_others(draft, loc, trigger, owners)


def _of_others(draft: Draft, loc: Loc, trigger: Trigger, owners: dict[str, str]) -> Iterator[Finding]:
    words = {plain(word): word for word in trigger.keyword} if isinstance(trigger, KeywordTrigger) else {}
    for key, word in words.items():
        owner = owners.setdefault(key, draft.flow.flow)
        if owner != draft.flow.flow:
            message = f'the keyword "{word}" also starts the flow "{owner}"'
            help = "a contact who texts it gets both; choose another keyword, or ignore this if you want both"
            yield draft.finding("LO506", message, (*loc, "keyword"), help, at="key", severity="warning")


def _both(one: Trigger, other: Trigger) -> str | None:
    """What starts both, where something surely does."""
    if isinstance(one, EventTrigger) and isinstance(other, EventTrigger):
        return f'the event "{one.event}"' if one.event == other.event and _meet(one, other) else None
    if isinstance(one, KeywordTrigger) and isinstance(other, KeywordTrigger):
        shared = {plain(word) for word in one.keyword} & {plain(word) for word in other.keyword}
        return f'the keyword "{min(shared)}"' if shared else None
    if isinstance(one, SegmentTrigger) and isinstance(other, SegmentTrigger):
        return f'the segment "{one.name}"' if one.name == other.name else None
    return "the same trigger" if one == other else None


def _meet(one: EventTrigger, other: EventTrigger) -> bool:
    if one.where is None or other.where is None:
        return True
    first, second = satisfiability.plain(one.where.tree), satisfiability.plain(other.where.tree)
    return satisfiability.holds_with(first, second) or satisfiability.holds_with(second, first)
