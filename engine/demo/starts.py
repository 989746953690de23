"""What starts each flow in the demo where the project's events.json does not: made up from the flow's own declaration.

Invariants: every trigger gets its own contacts; they first get what its conditions require.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from engine.core.calendar import DAY, wall_of
from engine.core.recurrence import Once, Recurrence, day_of, next_firing
from engine.demo.fulfilment import Fulfilment
from engine.intake.events import IncomingEvent
from engine.language.check import Checked
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.language.model.triggers import (
    DateTrigger,
    EventTrigger,
    KeywordTrigger,
    ManualTrigger,
    ScheduleTrigger,
    SegmentTrigger,
    Trigger,
)

MOST_PEOPLE = 60
PER_FLOW, UNASKED = 20, 3  # UNASKED: contacts without consent, to show that they get no text
SOON_MS = 20 * DAY
DAYS_TO_A_DATE = 2


class Person(NamedTuple):
    phone: str
    fields: Mapping[str, Any]  # `country` among them
    subscribed: bool


class Start(NamedTuple):
    """How one contact enters a flow: fields that change, earlier events, then the event or the text that starts it.

    Without event and words, the change or the time starts it.
    """

    phone: str
    fields: Mapping[str, Any]
    past: tuple[tuple[IncomingEvent, int], ...] = ()  # with how many ms ago
    event: IncomingEvent | None = None
    words: str | None = None


def made_up(checked: Checked, people: Sequence[Person], played: Collection[str], now: int) -> list[Start]:
    """For every flow that none of the events `played` starts."""
    assert checked.project is not None
    left = [flow for flow in checked.flows.values() if not _is_started(flow, played)]
    each = min(PER_FLOW, max(4, MOST_PEOPLE // max(1, len(left))))
    starts: list[Start] = []
    for number, flow in enumerate(left):
        chosen = _spread(people, each, number)
        for which, trigger in enumerate(flow.trigger):
            mine = chosen[which :: len(flow.trigger)]
            starts += _of_trigger(checked.project, flow, trigger, mine, people, now)
    return starts


def first_instant(checked: Checked, usual: int) -> int:
    """When the demo begins: at `usual`, or a day before the first firing where that is past by then, or far ahead."""
    if checked.project is None:
        return usual
    firings = list(_firings(checked, usual))
    single = [at for at, once in firings if once]
    if single:
        return _day_before(min(single), usual)
    if firings and min(firings)[0] > usual + SOON_MS:
        return _day_before(min(firings)[0], usual)
    return usual


def last_firing(checked: Checked, start: int) -> int:
    """The last of all first firings: the demo runs at least until then."""
    return max((at for at, _ in _firings(checked, start)), default=start)


def _day_before(at: int, usual: int) -> int:
    return at - at % DAY - DAY + usual % DAY


def _firings(checked: Checked, start: int) -> Iterator[tuple[int, bool]]:
    """Of each schedule the first firing from `start` on, or its only one, and whether it is the only one."""
    assert checked.project is not None
    for flow in checked.flows.values():
        for trigger in flow.trigger:
            rule = trigger.compiled(checked.project.timezone).recurrence
            if not isinstance(trigger, ScheduleTrigger) or rule is None:
                continue
            zone = rule.zone or checked.project.timezone
            once = isinstance(rule.rule, Once)
            found = next_firing(rule.rule, zone, 0 if once else start)
            if found is not None:
                yield found.at, once


def _is_started(flow: Flow, events: Collection[str]) -> bool:
    return any(isinstance(trigger, EventTrigger) and trigger.event in events for trigger in flow.trigger)


def _spread(people: Sequence[Person], count: int, offset: int) -> list[Person]:
    """`count` contacts from the whole list, in its order; most of them have consent."""
    subscribed = [person for person in people if person.subscribed]
    others = [person for person in people if not person.subscribed]
    few = min(UNASKED, len(others)) if subscribed else count
    chosen = {id(person) for person in (*_every(subscribed, count - few, offset), *_every(others, few, offset))}
    return [person for person in people if id(person) in chosen]


def _every(people: Sequence[Person], count: int, offset: int) -> list[Person]:
    step = max(1, len(people) // max(1, count))
    turned = [*people[offset % step :], *people[: offset % step]]
    return turned[::step][: max(0, count)]


def _of_trigger(
    project: Project, flow: Flow, trigger: Trigger, chosen: Sequence[Person], everybody: Sequence[Person], now: int
) -> Iterator[Start]:
    wanted = Fulfilment(project)
    event = trigger.event if isinstance(trigger, EventTrigger) else None
    for condition in (flow.entry.require, _condition_of(trigger)):
        if condition is not None:
            wanted.require(condition.tree, of=event)
    if isinstance(trigger, DateTrigger):
        wanted.set(trigger.date.field, _day(trigger, project, now))
    fitting = [person for person in chosen if wanted.fits(person.fields)]
    for person in fitting or [person for person in everybody if wanted.fits(person.fields)][: len(chosen)]:
        past = tuple((IncomingEvent(one.event, {"phone": person.phone}, one.data), one.ago) for one in wanted.past)
        yield Start(person.phone, wanted.fields_for(person.fields), past, *_opening(flow, trigger, person, wanted))


def _condition_of(trigger: Trigger) -> Any:
    if isinstance(trigger, EventTrigger):
        return trigger.where
    if isinstance(trigger, SegmentTrigger):
        return trigger.segment
    return trigger.schedule.audience if isinstance(trigger, ScheduleTrigger) else None


def _opening(
    flow: Flow, trigger: Trigger, person: Person, wanted: Fulfilment
) -> tuple[IncomingEvent | None, str | None]:
    who = {"phone": person.phone}
    if isinstance(trigger, EventTrigger):
        return IncomingEvent(trigger.event, who, wanted.data_of(trigger.event)), None
    if isinstance(trigger, ManualTrigger):
        return IncomingEvent(flow.flow, who, {}, start=True), None
    return None, trigger.keyword[0] if isinstance(trigger, KeywordTrigger) else None


def _day(trigger: DateTrigger, project: Project, now: int) -> str:
    """A date whose firing is in two days; where it fires every year, one of 1992."""
    rule = trigger.compiled(project.timezone).recurrence
    assert isinstance(rule, Recurrence)
    assert rule.date is not None
    day: date = day_of(wall_of(now, project.timezone), rule.date.offset) + timedelta(days=DAYS_TO_A_DATE)
    return day.replace(year=1992).isoformat() if rule.date.yearly else day.isoformat()
