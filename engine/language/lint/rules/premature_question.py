"""LO509: between a message and the question what became of it time passes."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.click_on_unsent_link import links_by_step
from engine.language.rule_api import Draft, Finding, LintContext, Loc, PathState, arrivals, value_at


def premature_question(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        states = {arrival.step.path: arrival.state for arrival in arrivals(draft.flow.steps)}
        ids = {step.id: step.path for step in draft.steps() if step.id}
        links = links_by_step(draft)
        told: set[Loc] = set()
        for placed, reference, loc in draft.references("step", "message_step", "link"):
            if placed.step is None or placed.step.block.waits_for_facts or placed.loc in told:
                continue
            state = states[placed.step.path]
            if reference.kind == "link":
                asked = {at for at in state.passed if reference.name in links.get(at, ())}
            else:
                asked = {ids[reference.name]} & state.passed if reference.name in ids else set()
            if asked and not _at_once(draft, loc) and _no_time_since(state, asked):
                told.add(placed.loc)
                yield _said(draft, loc, asked)


def _no_time_since(state: PathState, asked: set[Loc]) -> bool:
    return not asked & state.rested


def _at_once(draft: Draft, loc: Loc) -> bool:
    """That a message is queued is true as soon as it is written."""
    return bool(value_at(draft.document.data, (*loc[:-1], "is")) == "queued")


def _said(draft: Draft, loc: Loc, asked: set[Loc]) -> Finding:
    sent = next(step for step in draft.steps() if step.path in asked)
    message = f"no time has passed since {draft.called(sent)}, so it has no result yet"
    help = "put a `delay` before this step, or use `wait_for`"
    return draft.finding("LO509", message, loc, help, severity="warning")
