"""Flow tests expect what the flow can do: LO308 a message, a picture; LO316 a branch, a spread, a holdout; LO401, LO303 links alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.rule_api import (
    UNREADABLE,
    BrokenStep,
    Draft,
    Finding,
    FlowTestDraft,
    LintContext,
    Loc,
    ScheduleTrigger,
    Step,
    Text,
    did_you_mean,
    expectations,
    happenings,
    levels,
    message_of,
)

OURS = "@"
"""Links that Leadoff makes itself, such as that of a picture, begin with it."""
MESSAGES = ("sms", "mms", "skipped", "cancelled", "delivered")


def flow_test_steps(world: LintContext) -> Iterator[Finding]:
    for test in world.tests:
        flow = world.tested(test)
        if flow is not None:
            steps = {step.id: step for step in flow.steps() if step.id and not isinstance(step.block, BrokenStep)}
            for value, loc in (*happenings(test.tests), *expectations(test.tests)):
                yield from _messages(test, flow, steps, value, loc)
            yield from _draws(test, steps)
            if not any(isinstance(each, ScheduleTrigger) and each.schedule.spread for _, each in flow.triggers()):
                help = "remove it, or write `spread` in the flow's schedule"
                yield from _unused(test, "spread", "no schedule of the flow is spread", help)
            if flow.flow.holdout is None:
                help = "remove it, or write `holdout` in the flow"
                yield from _unused(test, "held_out", "the flow holds nobody out", help)
        yield from _texts(world, test)


def _messages(test: FlowTestDraft, flow: Draft, steps: dict[str, Step], value: Any, loc: Loc) -> Iterator[Finding]:
    for key in MESSAGES:
        named = getattr(value, key, None)
        if named is None or named is UNREADABLE or named not in steps:
            continue
        block = steps[named].block
        message = message_of(block)
        if not block.sends:
            senders = ", ".join(step.id for step in flow.steps() if step.block.sends and step.id)
            said = f'the step "{named}" does not send a message: its verb is "{block.verb}"'
            help = f"steps that send: {senders}" if senders else "no step of this flow sends"
            yield test.finding("LO308", said, (*loc, key), help)
        elif key == "mms" and message is not None and message.picture is None:
            yield test.finding("LO308", f'the step "{named}" has no picture', (*loc, key), f"write `sms: {named}`")


def _draws(test: FlowTestDraft, steps: dict[str, Step]) -> Iterator[Finding]:
    for level, loc in levels(test.tests):
        draws = getattr(level, "draws", None)
        for name, branch in (draws or {}).items() if draws is not UNREADABLE else ():
            splits = [id for id, step in steps.items() if step.block.draws_lots]
            place = (*loc, "draws", name)
            if name not in splits:
                help = did_you_mean(name, splits, f"it has: {', '.join(splits)}" if splits else "the flow has none")
                yield test.finding("LO316", f'the flow has no split "{name}"', place, help, at="key")
            elif branch not in (branches := steps[name].block.branches()):
                help = did_you_mean(branch, branches, f"its branches are: {', '.join(branches)}")
                yield test.finding("LO316", f'the split "{name}" has no branch "{branch}"', place, help)


def _unused(test: FlowTestDraft, key: str, message: str, help: str) -> Iterator[Finding]:
    for level, loc in levels(test.tests):
        value = getattr(level, key, None)
        if value is not None and value is not UNREADABLE:
            yield test.finding("LO316", message, (*loc, key), help, at="key")


def _texts(world: LintContext, test: FlowTestDraft) -> Iterator[Finding]:
    for value, loc in expectations(test.tests):
        for key in ("text", "text_has"):
            text = getattr(value, key)
            if text is not None and text is not UNREADABLE:
                yield from _text(world, test, (*loc, key), text)


def _text(world: LintContext, test: FlowTestDraft, loc: Loc, text: Text) -> Iterator[Finding]:
    for shown in text.paths:
        if shown.in_link:
            continue
        help = "write the value that is expected: only link() and short() can be in the text of a test"
        message = f"the text of a test cannot show {shown.path}"
        yield test.finding("LO401", message, loc, help, offset=shown.offset, length=len(shown.path))
    for coupon in text.coupons:
        help = "a test gives no codes away: write as many X as the pool's `length`"
        message = f"the text of a test cannot show the coupon {coupon.name}"
        yield test.finding("LO401", message, loc, help, offset=coupon.offset, length=len(coupon.name))
    declared = world.project.links
    for used in text.links if "links" not in world.unknown else ():
        if used.is_declared and used.name not in declared and not used.name.startswith(OURS):
            help = did_you_mean(used.name, declared, "declare it under `links` in leadoff.yaml")
            message = f'no link is called "{used.name}"'
            yield test.finding("LO303", message, loc, help, offset=used.offset, length=len(used.name))
