"""LO530: a flow records consent only where the person has certainly texted in the same run: by a keyword, or behind `replied`."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.block import Step
from engine.language.conditions.condition import Condition
from engine.language.conditions.tree import All, AnyOf, Replied, Tree
from engine.language.diagnostics.findings import Finding, Loc
from engine.language.lint.context import Draft, LintContext
from engine.language.model.triggers import KeywordTrigger
from engine.language.model.validation_context import BrokenStep


def consent_without_text(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        steps = list(draft.steps())
        if any(isinstance(step.block, BrokenStep) for step in steps):
            continue  # what could not be read may have waited for a reply
        texted: dict[Loc, bool] = {}
        _through(draft.flow.steps, _by_keyword(draft), texted)
        for step in steps:
            if step.block.records_consent() and not texted[step.path]:
                message = "a flow may subscribe a contact only after the contact texted, and on some path to this step the contact did not"
                help = 'put it under `then` of `wait_for: {replied: {matches: "yes*"}}`, or start the flow by a `keyword` alone'
                yield draft.finding("LO530", message, (*step.path, step.block.verb, "consent"), help)


def _by_keyword(draft: Draft) -> bool:
    return all(isinstance(trigger, KeywordTrigger) for _, trigger in draft.triggers())


def _through(steps: tuple[Step, ...], texted: bool, found: dict[Loc, bool]) -> bool | None:
    """Whether everybody behind these steps has texted; None where nobody gets there. Notes it for each step."""
    after: bool | None = texted
    for step in steps:
        texted = texted if after is None else after
        found[step.path] = texted
        ends = [
            _through(branch, texted or _says_so(step.block.branch_condition(name)), found)
            for name, branch in step.block.branches().items()
        ]
        through = [end for end in ends if end is not None]
        if step.block.verb == "exit" or (ends and not through):
            after = None
        else:
            after = all(through) if ends else texted
    return after


def _says_so(condition: object) -> bool:
    return isinstance(condition, Condition) and _implies(condition.tree)


def _implies(tree: Tree) -> bool:
    if isinstance(tree, All):
        return any(_implies(part) for part in tree.parts)
    if isinstance(tree, AnyOf):
        return bool(tree.parts) and all(_implies(part) for part in tree.parts)
    return isinstance(tree, Replied) and tree.since != "ever"
