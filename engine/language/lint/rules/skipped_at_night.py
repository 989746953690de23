"""LO512: a message that is skipped in quiet hours is never sent by a trigger that only fires in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice

from cronsim import CronSim

from engine.language.rule_api import (
    OFF,
    DateTrigger,
    Draft,
    Finding,
    LintContext,
    ScheduleTrigger,
    Step,
    Trigger,
    arrivals,
    message_of,
    walk,
)
from engine.messaging.quiet_hours import Quiet, open_week

LOOKED_AT = 400  # firings of a cron text
ANY_DAY = datetime(2027, 1, 1)


def skipped_at_night(world: LintContext) -> Iterator[Finding]:
    if "quiet_hours" in world.unknown or "countries" in world.unknown:
        return
    for draft in world.drafts:
        quiet = draft.flow.quiet_hours or world.project.quiet_hours
        if draft.whole and quiet != OFF and _only_in(quiet, draft, world.project.countries):
            yield from _skipped(draft)


def _only_in(quiet: Quiet, draft: Draft, regions: Iterable[str]) -> bool:
    """Whether every trigger strikes at times that are known, and all of them lie in quiet hours everywhere."""
    times = [_times(trigger) for _, trigger in draft.triggers()]
    known = [each for each in times if each is not None]
    if not times or len(known) < len(times):
        return False
    return not any(_open(quiet, region, when) for when in chain.from_iterable(known) for region in regions)


def _skipped(draft: Draft) -> Iterator[Finding]:
    """The messages that a run reaches without a wait."""
    waits = {step.path for step in walk(draft.flow.steps) if step.block.lets_time_pass() or _at_night(step) == "hold"}
    for step, state, *_ in arrivals(draft.flow.steps):
        message = message_of(step.block)
        marketing = message is not None and (message.category or draft.flow.category) == "marketing"
        if marketing and _at_night(step) == "skip" and not state.passed & waits:
            said = "this message is never sent: the flow only starts in quiet hours, and `on_quiet: skip` drops it then"
            help = "start the flow outside quiet hours, or remove `on_quiet`: then the message waits until they end"
            place = (*step.path, step.block.verb, "on_quiet")
            yield draft.finding("LO512", said, place, help, at="key", severity="warning")


def _at_night(step: Step) -> str | None:
    message = message_of(step.block)
    return None if message is None else message.on_quiet


def _times(trigger: Trigger) -> Iterable[datetime] | None:
    """When it strikes on each contact's own clock; None for any other trigger."""
    if isinstance(trigger, DateTrigger):
        return [ANY_DAY + timedelta(days=day, milliseconds=trigger.date.time) for day in range(7)]
    if not isinstance(trigger, ScheduleTrigger) or trigger.schedule.timezone != "contact":
        return None
    said = trigger.schedule
    if said.cron is not None:
        return islice(CronSim(said.cron.text, ANY_DAY), LOOKED_AT)
    return [datetime(1970, 1, 1) + timedelta(milliseconds=said.at or 0)]


def _open(quiet: Quiet, region: str, when: datetime) -> bool:
    minute = when.hour * 60 + when.minute
    return any(start <= minute < end for start, end in open_week(quiet, region, frozenset())[when.weekday()])
