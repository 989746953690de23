"""What no test reaches, as marks on a drawing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.program import Program
from engine.language.diagnostics.findings import Loc
from engine.preview.flow_tests.coverage import Coverage, Point, percent
from engine.preview.graph.chart import Chart, walk
from engine.preview.graph.marks import Marks


def coverage_marks(chart: Chart, program: Program, covered: Coverage) -> Marks:
    """Cards and branches that no test reaches; what else counts and is not reached is a note at its card."""
    numbers = {node.path: number for number, node in enumerate(program.nodes)}
    untested = frozenset([*_cards(chart, numbers, covered), *_branches(chart, numbers, covered)])
    share = int(percent([covered]))
    caption = f"tests reach {covered.hits} of {len(covered.targets)}, {share} %; what is dashed no test reaches"
    return Marks(notes=_notes(chart, program, covered), untested=untested, caption=caption)


def _cards(chart: Chart, numbers: dict[Loc, int], covered: Coverage) -> Iterator[tuple[Loc, None]]:
    left = {point.number for point in covered.reached if point.kind == "step"}
    for card in chart.cards():
        kind = card.place[0]
        if kind in ("trigger", "exit_when"):
            reached = Point(str(kind), int(card.place[1])) in covered.reached
        else:
            reached = card.place not in numbers or numbers[card.place] in left
        if not reached:
            yield card.place, None


def _branches(chart: Chart, numbers: dict[Loc, int], covered: Coverage) -> Iterator[tuple[Loc, str]]:
    for station in walk(chart.stations):
        for branch in station.branches:
            if Point("step", numbers[station.card.place], branch.name) not in covered.reached:
                yield station.card.place, branch.name


def _notes(chart: Chart, program: Program, covered: Coverage) -> dict[Loc, str]:
    """The keys that decide and never did: `otherwise`, `where`, …"""
    drawn = {(station.card.place, branch.name) for station in walk(chart.stations) for branch in station.branches}
    found: dict[Loc, list[str]] = {}
    for target in covered.missing:
        kind, number, name = target.point
        if kind == "step":
            place = program.nodes[number].path
            if name and (place, name) not in drawn:
                found.setdefault(place, []).append(name)
        elif kind == "where":
            found.setdefault(("trigger", number), []).append("where")
        elif kind == "require":
            found.setdefault(("entry",), []).append("require")
    return {place: f"no test: {', '.join(names)}" for place, names in found.items()}
