"""LO612: a moving picture in a collage shows its first frame only."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext
from engine.messaging.media.picture import MediaInfo


def still_collage(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.images():
            found = world.media.get(draft.picture_of(placed))
            if isinstance(found, MediaInfo) and placed.loc[-1] in found.stilled:
                message = f'"{placed.value}" is animated, and a collage is not: only its first frame is shown'
                help = "send it alone with `image`, or use a still picture"
                yield draft.finding("LO612", message, placed.loc, help, severity="note")
