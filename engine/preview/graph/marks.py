"""What is laid over a drawing without moving anything: who waits where, and what no test reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.preview.graph.chart import NEXT, Chart, Kind
from engine.store.queries.places import AtStep


def waiting_words(at: AtStep) -> str:
    said = [f"{at.waiting:,} waiting"] if at.waiting else []
    return " · ".join([*said, *([f"{at.parked:,} parked"] if at.parked else [])])


class Marks(NamedTuple):
    """By the places of cards."""

    waiting: Mapping[Loc, AtStep] = {}
    notes: Mapping[Loc, str] = {}  # a few words at a card, where nobody waits
    changed: Mapping[Loc, str] = {}  # what is new of a card, in a word; its edge is thick
    untested: frozenset[tuple[Loc, str | None]] = frozenset()  # (place, way); way None: the card itself
    caption: str = ""


UNMARKED = Marks()


def words_at(marks: Marks, place: Loc) -> str:
    """What is said at a card: what is new of it, who waits there, else a note."""
    found, change = marks.waiting.get(place), marks.changed.get(place)
    rest = waiting_words(found) if found is not None else marks.notes.get(place)
    return " · ".join(filter(None, (change, rest)))


def is_untested(marks: Marks, place: Loc, way: str | None) -> bool:
    """Of a card (None), or of a way: where a card has but one, no test takes it that does not reach the card."""
    return (place, way) in marks.untested or (way in ("", NEXT) and (place, None) in marks.untested)


def live_marks(chart: Chart, counts: Mapping[str | None, AtStep], at: str) -> Marks:
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
    return Marks(found, caption="; ".join([f"{inside:,} inside, {at}", *lost]))


_BEFORE: tuple[Kind, ...] = ("trigger", "entry")
