"""`leadoff test --hard`: each test again, harder. It needs no line more in the file.

    STOP      at each instant at which something happens in the test, and halfway between two of them
    zones     the contact lives in Honolulu, Phoenix or Newfoundland
    clocks    the test begins on a day on which the contact's clocks change, and on the day before

What is expected word by word is not compared again. What holds in all of them: no message leaves after the STOP, but our own answer to it;
marketing leaves outside of the project's quiet hours; a message leaves no more often than in the test itself; it costs no more than the
test says; what `holds` says; no run fails. Invariants: of a file of contacts one of each kind is played, so that a long file stays quick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.core.calendar import DAY, MINUTE, Duration, wall_of
from engine.core.program import Program
from engine.language.diagnostics.findings import Loc
from engine.language.model.flow_test import Happening
from engine.language.model.flow_test_cases import FlowTestCase, Placed
from engine.language.model.message import message_of
from engine.preview.flow_tests.judge import Difference, Facts, out_of_bounds, within
from engine.preview.flow_tests.outcomes import MMS, PARKED, SMS, Outcome
from engine.preview.flow_tests.people import Person
from engine.preview.flow_tests.play import Ending, Play, play
from engine.preview.flow_tests.words import day_and_clock
from engine.preview.stories.stories import has_left
from engine.preview.worlds.stage import Stage
from engine.store.states import OURS
from engine.views.moments import day, money, place_of

STOP = "STOP"
ZONES = ("Pacific/Honolulu", "America/Phoenix", "America/St_Johns")
EPOCH = date(1970, 1, 1)


class Variant(NamedTuple):
    """A harder play of one test. `stopped`: when its STOP comes (UTC ms)."""

    name: str
    asked: Play
    person: Person
    stopped: int | None = None


def variants(asked: Play, ending: Ending) -> Iterator[Variant]:
    """All of a test that has been played and has ended so."""
    yield from _stops(asked, ending)
    for zone in ZONES:
        fields = {**ending.person.fields, "timezone": zone}
        yield Variant(f"in {place_of(zone)}", asked, ending.person._replace(fields=fields, zone=zone))
    yield from _clock_changes(asked, ending.person)


def kind_of(ending: Ending) -> object:
    """The same for two people of a file to whom the same happened at the same time: one of them is played harder."""
    told = tuple((each.kind, each.step, each.at - ending.start) for each in ending.story.outcomes)
    return ending.person.zone, ending.person.consent, told


def play_harder(
    stage: Stage, case: FlowTestCase, asked: Play, ending: Ending
) -> Iterator[tuple[Variant, Ending, list[Difference]]]:
    """Each variant with what does not hold in it."""
    for variant in variants(asked, ending):
        (harder,) = play(stage, variant.asked, [variant.person])
        yield variant, harder, list(broken(stage, case, variant, ending, harder))


def _stops(asked: Play, ending: Ending) -> Iterator[Variant]:
    zone = ending.story.zone
    for at in _instants(ending):
        stop = Happening.model_construct(after=Duration(0, at - ending.start), replied=STOP)
        happens = (*asked.happens, stop)
        yield Variant(f"STOP on {day_and_clock(at, zone)}", asked._replace(happens=happens), ending.person, at)


def _instants(ending: Ending) -> Iterator[int]:
    """When something happens, and halfway to what happens next."""
    marks = sorted({ending.start, *(moment.at for moment in ending.story.moments), ending.end})
    inside = [at for at in marks if ending.start <= at <= ending.end]
    for at, following in pairwise(inside):
        yield at
        if following - at > 1:
            yield (at + following) // 2


def _clock_changes(asked: Play, person: Person) -> Iterator[Variant]:
    begins = asked.start // DAY
    for changing in _days_of_change(person.zone, begins):
        for shift, name in ((0, "the clocks change on"), (-1, "the clocks change the day after")):
            later = (changing + shift - begins) * DAY
            happens = [each if each.at is None else _later(each, later) for each in asked.happens]
            said = f"{name} {day((changing + shift) * DAY, ZoneInfo('UTC'))}"
            yield Variant(said, asked._replace(start=asked.start + later, happens=happens), person)


def _later(happening: Happening, ms: int) -> Happening:
    assert happening.at is not None
    return happening.model_copy(update={"at": happening.at + ms})


def _days_of_change(zone: str, begins: int) -> Iterator[int]:
    """The days (from 1970) of the year from `begins` on, on which the clocks of the zone change."""
    clocks = ZoneInfo(zone)

    def offset(number: int) -> timedelta | None:
        return datetime.combine(EPOCH + timedelta(begins + number), time(12), clocks).utcoffset()

    for number in range(1, 366):
        if offset(number) != offset(number - 1):
            yield begins + number


def broken(stage: Stage, case: FlowTestCase, variant: Variant, ending: Ending, harder: Ending) -> Iterator[Difference]:
    """What does not hold in a harder play of a test that has ended so."""
    texts = [each for each in harder.story.outcomes if each.kind in (SMS, MMS)]
    yield from _after_the_stop(variant, harder, case.loc)
    yield from _in_quiet_hours(stage.programs[variant.asked.flow], harder, texts, case.loc)
    yield from _too_often(ending, texts, case.loc)
    yield from _too_expensive(stage.project.currency, case, texts)
    if case.holds is not None:
        facts = Facts(stage.project.currency, {})
        yield from (each for each in out_of_bounds(case.holds, harder, facts) if each.loc[-1] != "cost_at_most")
    for each in harder.story.outcomes if case.holds is None else ():
        if each.kind == PARKED:
            yield Difference(f"the run is parked: {each.reason}", case.loc, each.entry, key=True, surplus=True)


def _too_often(ending: Ending, texts: Sequence[Outcome], loc: Loc) -> Iterator[Difference]:
    usual = Counter(each.step for each in ending.story.outcomes if each.kind in (SMS, MMS))
    seen: Counter[str | None] = Counter()
    for each in texts:
        seen[each.step] += 1
        if seen[each.step] > max(1, usual[each.step]):
            yield Difference(f"{each.step} leaves {seen[each.step]} times", loc, each.entry, key=True, surplus=True)


def _too_expensive(currency: str, case: FlowTestCase, texts: Sequence[Outcome]) -> Iterator[Difference]:
    """Our own answer to the STOP does not count."""
    cost, limits = sum(each.price for each in texts), []
    if case.cost_at_most is not None:
        limits.append(case.cost_at_most)
    if case.holds is not None and case.holds.value.cost_at_most is not None:
        limits.append(Placed(case.holds.value.cost_at_most, (*case.holds.loc, "cost_at_most")))
    for limit in limits:
        if cost > limit.value:
            said = money(cost, currency)
            yield Difference(f"it costs {said}", limit.loc, texts[-1].entry, key=True, note=said)


def _after_the_stop(variant: Variant, harder: Ending, loc: Loc) -> Iterator[Difference]:
    """Up to when the contact subscribes again; of flows beside it, too."""
    stopped = variant.stopped
    if stopped is None:
        return
    again = [
        moment.at
        for moment in harder.story.moments
        if moment.kind == "consent" and moment.details["status"] == "subscribed" and moment.at > stopped
    ]
    until = min(again, default=harder.end + 1)
    for index, moment in enumerate(harder.story.moments):
        if has_left(moment) and moment.flow not in OURS and stopped < moment.at < until:
            message = f"{moment.step} leaves at {day_and_clock(moment.at, harder.story.zone)}, after the STOP"
            yield Difference(message, loc, index, key=True, surplus=True)


def _in_quiet_hours(program: Program, harder: Ending, texts: Sequence[Outcome], loc: Loc) -> Iterator[Difference]:
    closed = program.quiet.closed
    for each in texts if closed is not None else ():
        message = message_of(program.nodes[program.places[each.step or ""]].block)
        category = (message and message.category) or program.category
        minute = wall_of(each.at, harder.story.zone) % DAY // MINUTE
        if category == "marketing" and closed is not None and within(minute, *closed):
            said = f"{each.step} leaves at {day_and_clock(each.at, harder.story.zone)}, in quiet hours"
            yield Difference(said, loc, each.entry, key=True, surplus=True)
