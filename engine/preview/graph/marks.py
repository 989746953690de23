"""What is laid over a drawing without moving anything: who waits where, and what no test reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.preview.graph.chart import NEXT, Chart, Kind, Station, walk
from engine.store.queries.places import NOTHING_PASSED, AtStep, Passed


def waiting_words(at: AtStep) -> str:
    said = [f"{at.waiting:,} waiting"] if at.waiting else []
    return " · ".join([*said, *([f"{at.parked:,} parked"] if at.parked else [])])


class Marks(NamedTuple):
    """By the places of cards."""

    waiting: Mapping[Loc, AtStep] = {}
    notes: Mapping[Loc, str] = {}  # a few words at a card
    ways: Mapping[tuple[Loc, str], str] = {}  # a few words at a way: how many took it
    changed: Mapping[Loc, str] = {}  # what is new of a card, in a word; its edge is thick
    untested: frozenset[tuple[Loc, str | None]] = frozenset()  # (place, way); way None: the card itself
    caption: str = ""


UNMARKED = Marks()


def words_at(marks: Marks, place: Loc) -> str:
    """What is said at a card: what is new of it, who waits there, a note."""
    found = marks.waiting.get(place)
    waiting = waiting_words(found) if found is not None else ""
    return " · ".join(filter(None, (marks.changed.get(place), waiting, marks.notes.get(place))))


def is_untested(marks: Marks, place: Loc, way: str | None) -> bool:
    """Of a card (None), or of a way: where a card has but one, no test takes it that does not reach the card."""
    return (place, way) in marks.untested or (way in ("", NEXT) and (place, None) in marks.untested)


def live_marks(chart: Chart, counts: Mapping[str | None, AtStep], at: str, passed: Passed = NOTHING_PASSED) -> Marks:
    """`counts` by step id; None: runs that have not come to a step. `at`: the time, in words."""
    places = {card.step: card.place for card in chart.cards() if card.step is not None}
    first = next((card.place for card in chart.cards() if card.kind in _BEFORE), None)
    found: dict[Loc, AtStep] = {}
    lost: list[str] = []
    for step, count in counts.items():
        place = first if step is None else places.get(step)
        if place is None:
            lost.append(f"{waiting_words(count)} at {step}, which this flow does not have")
        else:
            found[place] = count
    inside = sum(each.waiting + each.parked for each in counts.values())
    notes = {places[step]: f"{n:,} sent" for step, n in passed.sent.items() if n and step in places}
    ways = {(place, way): words for place, way, words in _ways(chart, passed)}
    told = ["ways and sent: all so far"] if notes or ways else []
    return Marks(found, notes, ways, caption="; ".join([f"{inside:,} inside, {at}", *told, *lost]))


def shares(station: Station, passed: Passed) -> dict[str, str]:
    """Way of a step -> how many took it, of all who left it: `412 · 61 %`, together 100 %. Nothing where nobody did."""
    step = station.card.step
    found = {way.name: passed.ways.get((step, way.name), 0) for way in station.branches} if step is not None else {}
    if not any(found.values()):
        return {}
    parts = percents(list(found.values()))
    return {way: f"{n:,} · {part} %" for (way, n), part in zip(found.items(), parts, strict=True)}


def percents(counts: Sequence[int]) -> list[int]:
    """Whole percents of their sum, which is not 0: each rounded down, and what lacks to 100 to those that lost most."""
    total = sum(counts)
    found = [n * 100 // total for n in counts]
    for at in sorted(range(len(counts)), key=lambda at: -(counts[at] * 100 % total))[: 100 - sum(found)]:
        found[at] += 1
    return found


def _ways(chart: Chart, passed: Passed) -> Iterator[tuple[Loc, str, str]]:
    for station in walk(chart.stations):
        for way, words in shares(station, passed).items():
            yield station.card.place, way, words


_BEFORE: tuple[Kind, ...] = ("trigger", "entry")
