"""LO507: something can end a `wait_for` before its time is up."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext

HEARD = ("events", "clicks", "messages", "replies", "segments")
"""Facts whose arrival wakes a waiting run; a change of a contact's field does not."""


def wait_without_wakeup(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.conditions():
            waits = placed.step is not None and placed.step.block.waits_for_facts
            if waits and not any(getattr(placed.value.needs, heard, False) for heard in HEARD):
                message = "this wait can only time out: its condition names nothing that can happen"
                help = "wait for `happened`, `clicked`, `replied` or `delivered`; to test once, use `delay` and `if`"
                yield draft.finding("LO507", message, placed.loc, help, at="key", severity="warning")
