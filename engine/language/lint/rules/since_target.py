"""LO302: `since: STEP` and `message: {step: …}` point at a step that every path has left before.

In `exit_when`, which is looked at all along the flow, the step has only to be there.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.block import Step
from engine.language.diagnostics.findings import Finding, nearest
from engine.language.lint.context import Draft, LintContext

Before = dict[tuple[str | int, ...], frozenset[str]]


def since_target(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        before: Before = {}
        _through(draft.flow.steps, frozenset(), before)
        for placed, reference, loc in draft.references("step", "message_step"):
            known = draft.written_ids()
            if reference.name not in known:
                if draft.lacks_an_id():
                    continue  # it may be that one
                near = nearest(reference.name, known)
                help = f'did you mean "{near}"?' if near else _known(known)
                yield draft.finding("LO302", f'the flow has no step "{reference.name}"', loc, help)
            elif placed.step is not None and _surely_missed(draft, placed.step, reference.name, before):
                message = f'the step "{reference.name}" does not come before this one on every path'
                yield draft.finding("LO302", message, loc, "refer to a step that every run has passed before this one")


def _known(known: frozenset[str]) -> str:
    return f"its steps are: {', '.join(sorted(known))}" if known else "none of its steps has an id"


def _surely_missed(draft: Draft, step: Step, name: str, before: Before) -> bool:
    readable = any(each.id == name for each in draft.steps())
    return readable and name not in before.get(step.path, frozenset((name,)))


def _through(steps: tuple[Step, ...], left: frozenset[str], before: Before) -> frozenset[str] | None:
    """Ids that every run has left behind these steps; None where no run gets through. Notes what is left before each step."""
    reached: frozenset[str] | None = left
    for step in steps:
        left = reached if reached is not None else left  # behind an exit: judged as if it were reached
        before[step.path] = left
        inside = left | {step.id} if step.id else left
        ends = [_through(branch, inside, before) for branch in step.block.branches().values()]
        through = [end for end in ends if end is not None]
        no_way_on = step.block.verb == "exit" or (ends and not through)
        reached = None if no_way_on else frozenset.intersection(*through) if through else inside
    return reached
