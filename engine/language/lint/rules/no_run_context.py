"""LO310: `where` and `require` are tested before there is a run, so they have no condition on what a run does."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext


def no_run_context(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.conditions():
            needs = placed.value.needs
            if placed.role in ("where", "require") and (needs.clicks or needs.messages or needs.left or needs.replies):
                message = f"`{placed.role}` is tested before the run starts: there are no messages, clicks, replies or steps yet"
                help = "use `contact`, `event` or `happened` here"
                yield draft.finding("LO310", message, placed.loc, help, at="key")
