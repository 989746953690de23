"""What starts each flow in the demo where the project's events.json does not, and for whom.

Invariants: every trigger gets its own contacts; they first get what its conditions require.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.core.calendar import DAY
from engine.core.own_events import RECEIVED, SUBSCRIBED, UNSUBSCRIBED
from engine.intake.events import IncomingEvent
from engine.language.check import Checked
from engine.language.model.flow import Flow
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.project import Project
from engine.language.model.triggers import EventTrigger, Trigger
from engine.preview.simulation.made_up import Opening, firings, opening, required

MOST_PEOPLE = 60
PER_FLOW, UNASKED = 20, 3  # UNASKED: contacts without consent, to show that they get no text
SOON_MS = 20 * DAY
BROUGHT_BY = {UNSUBSCRIBED: "STOP", SUBSCRIBED: "START", RECEIVED: "Hello"}
"""Event of Leadoff's own -> the text of a contact that makes it."""


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
    found = list(firings(checked.project, list(checked.flows.values()), usual))
    single = [at for at, once in found if once]
    if single:
        return _day_before(min(single), usual)
    if found and min(found)[0] > usual + SOON_MS:
        return _day_before(min(found)[0], usual)
    return usual


def last_firing(checked: Checked, start: int) -> int:
    """The last of all first firings: the demo runs at least until then."""
    assert checked.project is not None
    return max((at for at, _ in firings(checked.project, list(checked.flows.values()), start)), default=start)


def _day_before(at: int, usual: int) -> int:
    return at - at % DAY - DAY + usual % DAY


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
    wanted = required(project, flow, trigger, now)
    opens = opening(trigger, wanted)
    if opens.event in OWN_EVENTS:  # nobody sends these: a text brings some, and what the other flows do the rest
        opens = Opening(words=BROUGHT_BY.get(opens.event or ""))
    fitting = [person for person in chosen if wanted.fits(person.fields)]
    for person in fitting or [person for person in everybody if wanted.fits(person.fields)][: len(chosen)]:
        who = {"phone": person.phone}
        past = tuple((IncomingEvent(one.event, who, one.data), one.ago) for one in wanted.past)
        event = IncomingEvent(opens.event, who, opens.data) if opens.event else None
        by_hand = IncomingEvent(flow.flow, who, {}, start=True) if opens.by_hand else None
        yield Start(person.phone, wanted.fields_for(person.fields), past, event or by_hand, opens.words)
