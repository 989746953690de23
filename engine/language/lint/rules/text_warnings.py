"""What a text itself warns of: a stray `}}` and the like (LO4)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext


def text_warnings(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.texts():
            for remark in placed.value.warnings:
                yield draft.finding(
                    remark.code,
                    remark.message,
                    placed.loc,
                    remark.help,
                    offset=remark.offset,
                    length=remark.length,
                    severity="warning",
                )
