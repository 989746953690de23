"""LO320: a segment that a condition names is declared. LO321: segments do not name one another in a circle. LO322: what only a run
can answer is not in a segment or an audience."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import (
    Condition,
    Draft,
    Finding,
    LintContext,
    Loc,
    SegmentDraft,
    did_you_mean,
    with_referenced,
)

FOLDER = "segments/"


def segment_references(world: LintContext) -> Iterator[Finding]:
    yield from _unknown(world)
    yield from _cycles(world)
    for segment in world.segments:
        yield from _bound(segment, segment.condition, segment.loc, "segment")
    for draft in world.drafts:
        for placed in draft.conditions():
            if placed.role == "audience":
                yield from _bound(draft, placed.value, placed.loc, "audience")


def _unknown(world: LintContext) -> Iterator[Finding]:
    if "segments" in world.unknown:
        return
    known = {draft.name for draft in world.segments}
    known |= {path[len(FOLDER) :].removesuffix(".yaml") for path in world.documents if path.startswith(FOLDER)}
    for draft in world.asking:
        for _, reference, loc in draft.references("segment"):
            if reference.name not in known:
                help = did_you_mean(reference.name, known, "declare it under `segments` in leadoff.yaml")
                yield draft.finding("LO320", f'no segment is called "{reference.name}"', loc, help)


def _cycles(world: LintContext) -> Iterator[Finding]:
    """Each reference that leads back to its own segment."""
    conditions = {draft.name: draft.condition for draft in world.segments}
    for draft in world.segments:
        for _, reference, loc in draft.references("segment"):
            if draft.name in with_referenced(conditions, reference.name):
                itself = reference.name == draft.name
                message = (
                    f'"{draft.name}" refers to itself'
                    if itself
                    else f'"{reference.name}" refers back to "{draft.name}"'
                )
                yield draft.finding(
                    "LO321", f"segments refer to each other in a circle: {message}", loc, "remove one of the references"
                )


def _bound(draft: Draft | SegmentDraft, condition: Condition, loc: Loc, what: str) -> Iterator[Finding]:
    said: list[Loc] = []
    for key, at in condition.bound:
        if any(at[: len(other)] == other for other in said):
            continue  # `since: hero` inside `clicked` is said with it
        said.append(at)
        help = "use `contact`, `happened`, `segment` or `time` here"
        message = f"`{key}` is not allowed in {'an' if what == 'audience' else 'a'} {what}: it needs a run"
        yield draft.finding("LO322", message, loc + at, help, at="key")
