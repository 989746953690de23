"""LO505: a marketing flow that texts again after some time has an `exit_when`."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, arrivals


def missing_exit(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        flow = draft.flow
        unwritten = not flow.exit_when and "exit_when" not in draft.document.data
        if unwritten and flow.category == "marketing" and _texts_again(draft):
            help = "add `exit_when: [{when: {happened: order.placed}, reason: converted}]`, with your event"
            message = "this flow has no `exit_when`: it keeps texting whatever the contact does"
            yield draft.finding("LO505", message, ("flow",), help, at="key", severity="warning")


def _texts_again(draft: Draft) -> bool:
    sends = {step.path for step in draft.steps() if step.block.sends}
    return any(arrival.step.path in sends and arrival.state.rested & sends for arrival in arrivals(draft.flow.steps))
