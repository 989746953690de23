"""LO613: a second MMS on one way through a flow, where a text would remind as well for a third of the price."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, Step, message_of, walk_paths

Pictured = tuple[Step, ...]
"""The messages with a picture on some path to a step, the first of the flow first."""


def second_mms(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        start: Pictured = ()
        for step, before, *_ in walk_paths(draft.flow.steps, start, _passing, _first).visits:
            if before and _has_picture(step):
                first = draft.called(before[0])
                message = (
                    f"a second picture for contacts who got {first}: an MMS costs about three times as much as an SMS"
                )
                help = "remove the image and follow up with an SMS, unless the picture shows something new"
                yield draft.finding("LO613", message, (*step.path, step.block.verb), help, at="key", severity="note")


def _passing(before: Pictured, step: Step) -> Pictured:
    return before or ((step,) if _has_picture(step) else ())


def _first(one: Pictured, other: Pictured) -> Pictured:
    return one or other


def _has_picture(step: Step) -> bool:
    message = message_of(step.block)
    return message is not None and message.picture is not None
