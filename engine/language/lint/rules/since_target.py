"""LO302: `since: STEP` and `message: {step: …}` refer to a step that every path has left before.

In `exit_when`, which is tested all along the flow, the step only has to exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, Loc, Step, did_you_mean, walk_paths

Before = dict[Loc, frozenset[str]]
"""By a step's place: the ids of the steps that every run has left when it arrives there."""


def since_target(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        walked = walk_paths(draft.flow.steps, frozenset[str](), _passing, frozenset.intersection)
        before = {visit.step.path: visit.state for visit in walked.visits}
        for placed, reference, loc in draft.references("step", "message_step"):
            known = draft.written_ids()
            if reference.name not in known:
                if draft.lacks_an_id():
                    continue  # it may be that one
                help = did_you_mean(reference.name, known, _known(known))
                yield draft.finding("LO302", f'the flow has no step "{reference.name}"', loc, help)
            elif placed.step is not None and _surely_missed(draft, placed.step, reference.name, before):
                message = f'the step "{reference.name}" does not come before this one on every path'
                yield draft.finding("LO302", message, loc, "refer to a step that every run has passed before this one")


def _known(known: frozenset[str]) -> str:
    return f"its steps are: {', '.join(sorted(known))}" if known else "none of its steps has an id"


def _surely_missed(draft: Draft, step: Step, name: str, before: Before) -> bool:
    readable = any(each.id == name for each in draft.steps())
    return readable and name not in before.get(step.path, frozenset((name,)))


def _passing(left: frozenset[str], step: Step) -> frozenset[str]:
    return left | {step.id} if step.id else left
