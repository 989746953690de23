"""Plays people through a flow in worlds of their own, and tells what came of it for each.

Invariants: the flow is played alone, unless others are named, so that its tests depend on no other flow. People who start at the same
instant share a world, at most so many that memory is bounded. The same play tells the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from engine.core.calendar import Duration, resolve
from engine.core.due_origins import after
from engine.core.lots import Lots
from engine.language.model.flow_test import Happening
from engine.language.model.flow_test_cases import STANDARD_UNTIL
from engine.preview.flow_tests.happenings import Happenings, Played
from engine.preview.flow_tests.outcomes import Story, story_of
from engine.preview.flow_tests.people import Person
from engine.preview.worlds.stage import Stage
from engine.runtime.trace import Trace

IN_ONE_WORLD = 1_000


class Play(NamedTuple):
    """What happens in a flow. `start` is a wall time, on each contact's own clock."""

    flow: str
    start: int
    happens: Sequence[Happening] = ()
    lasts: Duration = STANDARD_UNTIL
    draws: Mapping[str, str] = {}
    beside: Sequence[str] = ()  # flows that run as well, and are not judged
    held_out: bool = False
    spread: int = 0  # so many ms into the spread of a schedule it starts


class Ending(NamedTuple):
    """One person after a play. Instants are UTC ms; `left`: step -> when runs left it, in order."""

    person: Person
    story: Story
    happened: Sequence[Played]
    start: int
    end: int
    left: Mapping[str, Sequence[int]]


def play(stage: Stage, asked: Play, people: Iterable[Person], trace: Trace | None = None) -> Iterator[Ending]:
    """An ending for each, in the order of the people as far as they start together. Raises BadValue for a field that does not fit."""
    left, alone = iter(people), stage.alone(asked.flow, *asked.beside)
    while some := list(islice(left, IN_ONE_WORLD)):
        together: dict[str, list[Person]] = defaultdict(list)
        for person in some:
            together[person.zone].append(person)
        for zone, group in together.items():
            yield from _play(alone, asked, resolve(asked.start, zone), zone, group, trace)


def _play(
    stage: Stage, asked: Play, start: int, zone: str, people: Sequence[Person], trace: Trace | None
) -> Iterator[Ending]:
    world = stage.world(start, Lots(asked.draws, asked.held_out, asked.spread), trace)
    try:
        happenings = Happenings(world, asked.flow, asked.happens)
        added = [world.add(person.fields, person.consent, person.consent_ends) for person in people]
        world.open()
        happened = [happenings.plan(who, start) for who in added]
        end = after(start, asked.lasts, zone).at
        left: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

        def note(contact: int, flow: str, step: str, now: int) -> None:
            if flow == asked.flow:
                left[contact][step].append(now)

        world.on_left.append(note)
        world.play(end)
        doing = world.deployed().summary.doing
        for person, who, each in zip(people, added, happened, strict=True):
            story = story_of(world, who, asked.flow, doing)
            yield Ending(person, story, each, start, end, left[who.id])
    finally:
        world.close()
