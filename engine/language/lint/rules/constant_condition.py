"""LO503: a condition can hold, and can fail; what `exit_when` has decided is not tested again."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, PlacedValue, SegmentDraft, Tree, satisfiability

MOST_RULES = 100  # of one flow's exit_when that are compared with its steps


def constant_condition(world: LintContext) -> Iterator[Finding]:
    for draft in world.asking:
        rules = draft.flow.exit_when[:MOST_RULES] if isinstance(draft, Draft) else ()
        exits = [(index, satisfiability.plain(rule.when.tree)) for index, rule in enumerate(rules)]
        for placed in draft.conditions():
            tree = satisfiability.plain(placed.value.tree)
            never, always = satisfiability.never(tree), satisfiability.always(tree)
            if never:
                yield _said(draft, placed, f"this can never hold: {never}")
            elif always:
                yield _said(draft, placed, f"this always holds: {always}")
            elif placed.role == "step":
                yield from _by_exits(draft, placed, tree, exits)


def _by_exits(
    draft: Draft | SegmentDraft, placed: PlacedValue, tree: Tree, exits: list[tuple[int, Tree]]
) -> Iterator[Finding]:
    for index, rule in exits:
        line = draft.document.marks.key(("exit_when", index, "when")).line
        if satisfiability.holds_with(tree, rule):
            yield _said(draft, placed, f"this can never hold here: `exit_when` in line {line} ends the run first")
            return
        if satisfiability.holds_with(satisfiability.negated(tree), rule):
            yield _said(draft, placed, f"this always holds here: `exit_when` in line {line} has ended every other run")
            return


def _said(draft: Draft | SegmentDraft, placed: PlacedValue, message: str) -> Finding:
    help = "remove it, or change the condition"
    return draft.finding("LO503", message, placed.loc, help, at="key", severity="warning")
