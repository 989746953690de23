"""LO534: a condition that looks further back than events, replies among them, are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.rule_api import (
    OF_CONSENT,
    OF_MESSAGES,
    Draft,
    Finding,
    LintContext,
    Loc,
    PlacedValue,
    SegmentDraft,
    parse_duration,
    value_at,
)

ALL_TIME = ("audience", "segment")
"""Roles of conditions in which an unwritten `since` means ever."""


def beyond_retention(world: LintContext) -> Iterator[Finding]:
    kept = world.project.retention.events
    if kept is None or "retention" in world.unknown:
        return
    written = value_at(world.document.data, ("retention", "events"))
    for draft in world.asking:
        for placed, reference, loc in draft.references("event", "replied"):
            if reference.kind == "event" and reference.name in (*OF_MESSAGES, *OF_CONSENT):
                continue  # they are kept as messages, and the log of consent for ever
            for back, at in _looks_back(draft, placed, loc, kept):
                message = f"this looks back {back}, and leadoff.yaml keeps events for {written}"
                less = f"write `within: {written}` or less" if reference.kind == "event" else "leave `since` out"
                help = f"{less}, or keep events longer; or note it in a field of the contact"
                yield draft.finding("LO534", message, at, help, at="key", severity="warning")


def _looks_back(draft: Draft | SegmentDraft, placed: PlacedValue, loc: Loc, kept: int) -> Iterator[tuple[str, Loc]]:
    """How far, in words, and the place that says so; nothing where that is not too far."""
    around = loc[:-1] if loc[-1] == "event" else loc
    found = value_at(draft.document.data, around)
    given = found if isinstance(found, Mapping) else {}
    if "within" in given:
        if parse_duration(given["within"]).nominal > kept:
            yield str(given["within"]), (*around, "within")
    elif given.get("since") == "ever":
        yield "for ever", (*around, "since")
    elif "since" not in given and placed.role in ALL_TIME:
        yield "for ever", around
