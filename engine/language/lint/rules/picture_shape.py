"""LO611: a picture has a shape that phones show well. It is not in the way: a picture is the author's."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext
from engine.messaging.media.boxes import bad_shape
from engine.messaging.media.picture import MediaInfo


def picture_shape(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.images():
            alone = draft.picture_of(placed) == placed.value
            found = world.media.get(placed.value) if alone else None
            wrong = (
                bad_shape(found.width, found.height) if isinstance(found, MediaInfo) and found.kind != "vcf" else None
            )
            if wrong is not None:
                severity = "warning" if wrong.how == "unseen" else "note"
                yield draft.finding(
                    "LO611", f'"{placed.value}": {wrong.reason}', placed.loc, wrong.way_out, severity=severity
                )
