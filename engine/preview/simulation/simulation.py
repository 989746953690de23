"""Plays contacts through one flow on a virtual clock, and tells what each of them gets as kinds of stories.

The world is the real engine on a database in memory (world.py). Invariants: the same request gives the same storyboard; each group is
played in a world of its own, so memory does not grow with the number of contacts, and a budget is counted for each group apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from engine.core import due_origins
from engine.core.calendar import Duration
from engine.errors import UsageError
from engine.intake.events import IncomingEvent
from engine.language.diagnostics.findings import counted
from engine.preview.simulation.fulfilment import Fulfilment, Past
from engine.preview.simulation.groups import SIZE, Group
from engine.preview.simulation.made_up import Opening
from engine.preview.simulation.reactions import Audience, EverybodyReacts, Rate
from engine.preview.stories.stories import (
    Cost,
    Kinds,
    Picture,
    Sample,
    Story,
    Storyboard,
    cost_of,
    has_left,
    is_delivery,
)
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import World
from engine.senders import factory
from engine.store import contacts
from engine.store.contacts import StoredContact
from engine.store.queries import listings
from engine.store.queries.timeline import TimelineEntry, timeline_of
from engine.store.states import ANSWERS

MOST_FOR_THE_RANGE = 10_000
LONG = 120  # seconds
BUDGET = "budget"  # the kind of a notice


class Planned(NamedTuple):
    """An event of every contact, that long after the start."""

    event: str
    data: Mapping[str, Any]
    after: Duration


class Request(NamedTuple):
    """`opening` None: nothing starts the flow but `events`. `past`: events before the start, for contacts without a past of their own."""

    flow: str
    start: int  # UTC ms
    until: int
    opening: Opening | None
    past: tuple[Past, ...] = ()
    events: tuple[Planned, ...] = ()
    rates: tuple[Rate, ...] = ()
    seed: int = 1
    each: bool = False


class Simulation:
    """One request on one stage."""

    def __init__(self, stage: Stage, request: Request) -> None:
        self._stage, self._request = stage, request
        self.of_other_flows: Counter[str] = Counter()
        """Flow -> how many of its messages left meanwhile; they are not told."""
        self.used_up: list[str] = []
        """Days of the project's calendar on which the budget is used up."""

    def storyboard(
        self,
        groups: Iterable[Group],
        remarks: Sequence[str] = (),
        played: Callable[[int], None] = lambda count: None,
    ) -> Storyboard:
        """`played` is called with the number of contacts of each group. Raises UsageError where an event is refused."""
        asked, project = self._request, self._stage.project
        kinds, totals = Kinds(asked.each, self._stage.deployed().language_for), _Totals()
        ranged = not asked.rates and not asked.events
        for group in groups:
            stories = list(self.stories(group))
            for story in stories:
                kinds.add(story)
            alone = totals.add(stories, self._sender)
            if ranged and totals.in_range < MOST_FOR_THE_RANGE:
                totals.add_range(alone, sum(story.price for story in self.stories(group, everybody=True)), len(stories))
            played(len(stories))
        return Storyboard(
            asked.flow,
            asked.start,
            asked.until,
            project.timezone,
            project.brand,
            project.currency,
            asked.seed if asked.rates else None,
            kinds.stories(),
            totals.cost,
            totals.range() if ranged else None,
            (*remarks, *self._remarks(totals, kinds)),
            places_of(self._stage, asked.flow),
            pictures=pictures_of(self._stage),
        )

    def _remarks(self, totals: _Totals, kinds: Kinds) -> Iterator[str]:
        project = self._stage.project
        for name, parts in totals.parts.items():
            sender = project.senders[name]
            seconds = parts / (sender.rate or factory.load(sender.provider).rates[sender.kind])
            if seconds >= LONG:
                yield f"the sender {name} needs {round(seconds / 60):,} minutes for {parts:,} parts; here they leave at once"
        if self.used_up:
            more = f" and on {len(self.used_up) - 1} more days" if len(self.used_up) > 1 else ""
            yield f"the budget of a day is used up on {self.used_up[0]}{more}: messages wait until midnight"
        if totals.groups > 1 and project.budget.per_day is not None:
            yield f"the budget of a day is counted for each {SIZE:,} contacts apart"
        if kinds.untold:
            yield f"{counted(kinds.untold, 'contact')} more of other kinds are counted in the cost alone"
        others = [f"{name} {count:,}" for name, count in sorted(self.of_other_flows.items()) if count]
        if others:
            yield f"other flows text them, too, and are not shown: {', '.join(others)}"

    def _sender(self, story: Story) -> str | None:
        """Whose rate its messages need, by the flow and the country."""
        program = self._stage.programs[self._request.flow]
        found = program.settings.sender_for(story.sample.country, program.sender)
        return found.name if found else None

    def stories(self, group: Group, everybody: bool = False) -> Iterator[Story]:
        """One story a contact. `everybody`: all do what the steps ahead ask about, as late as it still counts."""
        asked = self._request
        trace = EverybodyReacts(self._stage.project) if everybody else None
        world, people = group.opened(asked.start, trace)
        try:
            if trace is not None:
                trace.world = world
            self._plan(world, people)
            with world.database.reading() as db:
                consents = contacts.consents(db, [each.phone for each in people])
            world.play(asked.until)
            if not everybody:
                self._note_budget(world)
            for who in people:
                consent = consents[who.phone].status if who.phone in consents else None
                yield Story(1, sample_of(who, consent), tuple(self._moments(world, who, not everybody)))
        finally:
            world.close()

    def _note_budget(self, world: World) -> None:
        with world.database.reading() as db:
            found = [each for each in listings.notices(db, done=True) if each["kind"] == BUDGET]
        days = [each["subject"].partition(":")[2] for each in found if each["at"] >= self._request.start]
        self.used_up += [day for day in days if day not in self.used_up]

    def _plan(self, world: World, people: list[StoredContact]) -> None:
        asked, opening = self._request, self._request.opening
        world.at(asked.start, partial(self._begin, world, people))
        if opening is not None and opening.words is not None:
            for who in people:
                world.at(asked.start, partial(world.reply, who, opening.words))
        for planned in asked.events:
            at: dict[int, list[StoredContact]] = {}
            for who in people:
                at.setdefault(due_origins.after(asked.start, planned.after, who.zone).at, []).append(who)
            for instant, some in at.items():
                world.at(
                    instant, partial(self._accept, world, [_event(who, planned.event, planned.data) for who in some])
                )
        if asked.rates:
            audience = Audience(world, self._stage.programs, asked.rates, asked.seed, self._data)
            audience.people = {who.id: who for who in people}
            world.on_left.append(audience.left)

    def _begin(self, world: World, people: list[StoredContact]) -> None:
        """What was before, and what starts the flow for them."""
        asked, opening = self._request, self._request.opening
        past = sorted(asked.past, key=lambda each: -each.ago)
        self._accept(
            world, [_event(who, each.event, each.data, asked.start - each.ago) for each in past for who in people]
        )
        if opening is not None and opening.event is not None:
            self._accept(world, [_event(who, opening.event, opening.data) for who in people])
        if opening is not None and opening.by_hand:
            self._accept(world, [_event(who, asked.flow, {})._replace(start=True) for who in people])

    def _accept(self, world: World, items: list[IncomingEvent]) -> None:
        results = world.accept_all(items)
        for item, taken in zip(items, results, strict=True):
            if taken.status != "accepted":
                raise UsageError(f"the event {item.event} is refused: {taken.reason}")

    def _data(self, event: str) -> dict[str, object]:
        return Fulfilment(self._stage.project).data_of(event)

    def _moments(self, world: World, who: StoredContact, count: bool) -> Iterator[TimelineEntry]:
        """Of this flow and of none, from the start on; that a message was delivered is no news."""
        asked = self._request
        with world.database.reading() as db:
            found = timeline_of(db, who, world.deployed().summary.doing)
        for moment in found:
            if moment.at < asked.start or moment.kind == "consent":
                continue
            if moment.flow not in (None, asked.flow, ANSWERS):
                self.of_other_flows[moment.flow or ""] += count and has_left(moment)
            elif not is_delivery(moment):
                yield moment


class _Totals:
    """What all groups together come to."""

    def __init__(self) -> None:
        self.cost = Cost()
        self.parts: Counter[str] = Counter()  # by sender
        self.contacts = self.in_range = self.groups = 0
        self._alone = self._least = self._most = 0

    def add(self, stories: Sequence[Story], sender: Callable[[Story], str | None]) -> int:
        """The price of these."""
        before = self.cost.price
        for story in stories:
            cost = cost_of(story.moments)
            self.cost = self.cost.plus(cost)
            name = sender(story)
            if name is not None:
                self.parts[name] += cost.parts
        self.contacts += len(stories)
        self.groups += 1
        return self.cost.price - before

    def add_range(self, alone: int, everybody: int, count: int) -> None:
        self._alone += alone
        self._least += min(alone, everybody)
        self._most += max(alone, everybody)
        self.in_range += count

    def range(self) -> tuple[int, int]:
        """Of all contacts; where not all were played twice, in proportion."""
        share = self.cost.price / self._alone if self._alone else 1.0
        return round(self._least * share), round(self._most * share)


def _event(who: StoredContact, name: str, data: Mapping[str, Any], at: int | None = None) -> IncomingEvent:
    return IncomingEvent(name, {"key": who.key, "phone": who.phone}, data, at)


def sample_of(who: StoredContact, consent: str | None) -> Sample:
    return Sample(who.id, who.key, who.phone, who.zone, who.region, who.fields, consent)


def places_of(stage: Stage, flow: str) -> dict[tuple[str, str], str]:
    """(flow, step) -> file and line."""
    program = stage.programs[flow]
    document = stage.checked.document(flow)
    return {
        (flow, id): f"{document.path}:{document.marks.key(program.nodes[place].path).line}"
        for id, place in program.places.items()
    }


def pictures_of(stage: Stage) -> dict[str, Picture]:
    """By the `media` of a message's details."""
    words = {ref: alt.default.source.strip() for ref, alt in stage.deployed().pictures.items() if alt}
    return {
        info.ref: Picture(name, info.width, info.height, info.bytes, words.get(info.ref))
        for name, info in stage.checked.media.items()
    }
