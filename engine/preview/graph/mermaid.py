"""A flow as Mermaid, for Markdown pages that draw it themselves: no pictures, one line a card and one of numbers.

Invariants: every text is escaped as entities that Mermaid decodes last: nothing that an author writes is read as Mermaid, Markdown or
HTML. What its default limits would not draw is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.errors import Refused
from engine.language.diagnostics.findings import Loc, counted, shortened
from engine.preview.graph.chart import NEXT, Branch, Card, Chart, Kind, Station
from engine.preview.graph.marks import UNMARKED, Marks, is_untested, words_at
from engine.preview.graph.shapes import PALETTE

MOST_EDGES, MOST_CHARACTERS = 300, 40_000
LONGEST = 70  # characters of a line
_SHAPES: dict[Kind, tuple[str, str]] = {
    "trigger": ("([", "])"),
    "entry": ("[", "]"),
    "message": ("[", "]"),
    "wait": ("(", ")"),
    "choice": ("{{", "}}"),
    "action": ("[", "]"),
    "exit": ("([", "])"),
    "rule": ("([", "])"),
}


class _Loose(NamedTuple):
    """An edge whose end is not known yet."""

    node: str
    label: str
    untested: bool


def mermaid(chart: Chart, marks: Marks = UNMARKED) -> str:
    """Raises Refused where a page would show an error instead of it."""
    writing = _Writing(chart, marks)
    lines = list(writing.lines())
    text = "\n".join(lines) + "\n"
    if writing.edges > MOST_EDGES or len(text) > MOST_CHARACTERS:
        edges = counted(writing.edges, "edge")
        raise Refused(
            f"as Mermaid this flow has {edges} and {len(text):,} characters: pages draw at most {MOST_EDGES} and {MOST_CHARACTERS:,}",
            "draw it as SVG: --format svg",
        )
    return text


def escaped(text: str) -> str:
    """One line, in characters that mean nothing to Mermaid and Markdown."""
    return re.sub(r"[^0-9A-Za-zÀ-ɏ ,:…·–/]", lambda found: f"#{ord(found[0])};", " ".join(text.split()))


class _Writing:
    def __init__(self, chart: Chart, marks: Marks) -> None:
        self.edges = 0
        self._chart, self._marks = chart, marks
        self._names: dict[Loc, str] = {card.place: f"n{at}" for at, card in enumerate(chart.cards())}
        self._drawn: list[str] = []

    def lines(self) -> Iterator[str]:
        chart = self._chart
        yield "flowchart TD"
        yield f"  accTitle: The flow {chart.flow}"
        for card in chart.cards():
            yield f"  {self._node(card)}"
        start = [self._loose(card.place, Branch(NEXT, "", ())) for card in chart.triggers]
        stations = ((Station(chart.entry),) if chart.entry is not None else ()) + chart.stations
        self._sequence(stations, start)
        yield from self._drawn
        yield from self._styles()

    def _node(self, card: Card) -> str:
        opens, closes = _SHAPES[card.kind]
        name = self._names[card.place]
        look = card.kind if card.place not in self._marks.changed else "changed"
        state = "untested" if is_untested(self._marks, card.place, None) else look
        return f'{name}{opens}"`{self._label(card)}`"{closes}:::{state}'

    def _label(self, card: Card) -> str:
        words = "".join(run.text for run in card.body)
        words = f"{card.tag}: {words}" if card.tag else words
        at = words_at(self._marks, card.place)
        numbers = [at] if at else []
        numbers += card.foot
        name = f"**{escaped(card.step)}** " if card.step else ""
        below = f"\n{escaped(shortened(' · '.join(numbers), LONGEST))}" if numbers else ""
        return f"{name}{escaped(shortened(' '.join(words.split()), LONGEST))}{below}"

    def _loose(self, place: Loc, way: Branch) -> _Loose:
        return _Loose(self._names[place], way.label, is_untested(self._marks, place, way.name))

    def _sequence(self, stations: Iterable[Station], loose: list[_Loose]) -> list[_Loose]:
        """The edges of a list of steps; those that leave it."""
        for station in stations:
            name = self._names[station.card.place]
            for each in loose:
                self.edges += 1
                arrow = "-.->" if each.untested else "-->"
                label = f'|"`{escaped(shortened(each.label, LONGEST))}`"|' if each.label else ""
                self._drawn.append(f"  {each.node} {arrow}{label} {name}")
            loose = [] if station.ends else self._leaving(station)
        return loose

    def _leaving(self, station: Station) -> list[_Loose]:
        place = station.card.place
        if not station.branches:
            return [self._loose(place, Branch(NEXT, "", ()))]
        return [each for way in station.branches for each in self._sequence(way.stations, [self._loose(place, way)])]

    def _styles(self) -> Iterator[str]:
        used = {card.kind for card in self._chart.cards()}
        colours = PALETTE.light
        for kind in sorted(used):
            tint = colours["exit_tint" if kind == "rule" else f"{kind}_tint"]
            edge = colours["exit" if kind == "rule" else kind]
            yield f"  classDef {kind} fill:{tint},stroke:{edge},color:{colours['ink']}"
        if self._marks.changed:
            yield f"  classDef changed fill:{colours['wait_tint']},stroke:{colours['wait']},color:{colours['ink']},stroke-width:3px"
        if self._marks.untested:
            yield f"  classDef untested fill:{colours['card']},stroke:{colours['soft']},color:{colours['ink']},stroke-dasharray: 5 4"
