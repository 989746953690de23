"""LO530: a flow records consent only where the person has certainly texted in the same run: by a keyword, or after `replied`."""

from __future__ import annotations

from collections.abc import Iterator
from operator import and_

from engine.language.rule_api import (
    All,
    AnyOf,
    BrokenStep,
    Condition,
    Draft,
    Finding,
    KeywordTrigger,
    LintContext,
    Replied,
    Step,
    Tree,
    walk_paths,
)


def consent_without_text(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        if any(isinstance(step.block, BrokenStep) for step in draft.steps()):
            continue  # what could not be read may have waited for a reply
        walked = walk_paths(draft.flow.steps, _by_keyword(draft), _passing, and_, _entering)
        for step, texted, *_ in walked.visits:
            field = step.block.consent_field()
            if field is not None and not texted:
                message = "a flow may subscribe a contact only after the contact texted, and on some path to this step the contact did not"
                help = 'put it under `then` of `wait_for: {replied: {matches: "yes*"}}`, or start the flow by a `keyword` alone'
                yield draft.finding("LO530", message, (*step.path, step.block.verb, field), help)


def _by_keyword(draft: Draft) -> bool:
    return all(isinstance(trigger, KeywordTrigger) for _, trigger in draft.triggers())


def _passing(texted: bool, step: Step) -> bool:
    return texted


def _entering(texted: bool, step: Step, branch: str) -> bool:
    return texted or _says_so(step.block.branch_condition(branch))


def _says_so(condition: object) -> bool:
    return isinstance(condition, Condition) and _implies(condition.tree)


def _implies(tree: Tree) -> bool:
    if isinstance(tree, All):
        return any(_implies(part) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return bool(tree.parts) and all(_implies(part) for part in tree.parts)
    return isinstance(tree, Replied) and tree.since != "ever"
