"""Where everything is: a tree from the top down, triggers above, ways side by side and joined again.

Invariants: the same flow gives the same places; counts and coverage change none of them. Where one way of several goes on and the others
end, the flow goes straight on below it and the others stand beside it, as near as they fit. No two cards overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.preview.graph.cards import LEADING, SMALL, TEXT, Sized, sized, words
from engine.preview.graph.chart import NEXT, Branch, Card, Chart, Run, Station
from engine.preview.graph.pieces import NEAR, Area, Piece, line_piece, moved_box, moved_line, moved_shapes, piece_of
from engine.preview.graph.shapes import Box, Drawing, Label, Point, Rect, Shape, Words
from engine.preview.graph.wrapping import width_of, wrapped

GAP = 30.0  # from a card to the next one
BESIDE = 30.0  # between ways
RAIL, DROP = 16.0, 12.0  # from a card to where its ways part, and from there to a label
ARROW = 22.0  # from a label to the card below it
LABEL = 150.0  # of a label's line
MARGIN = 32.0
TITLE = 20.0
HEAD = 460.0
FOOT = 34.0  # for the caption


def drawing_of(chart: Chart) -> Drawing:
    tree = _top(chart)
    space = tree.extent.right - tree.extent.left
    head, head_wide, head_high = _head(chart)
    wide = max(space, head_wide) + 2 * MARGIN
    # In the middle, where the head is wider.
    tree = tree.moved((wide - space) / 2 - tree.extent.left, MARGIN + head_high)
    high = tree.bottom + FOOT + MARGIN / 2
    placed = list(tree.placed())
    boxes = (moved_box(box, MARGIN, MARGIN) for box in head.boxes)
    return Drawing(
        round(wide, 1),
        round(high, 1),
        moved_shapes(head.shapes, MARGIN, MARGIN),
        (*boxes, *(moved_box(box, x, y) for x, y, piece in placed for box in piece.boxes)),
        tuple(moved_line(line, x, y) for x, y, piece in placed for line in piece.lines),
        tuple(
            label._replace(shapes=moved_shapes(label.shapes, x, y)) for x, y, piece in placed for label in piece.labels
        ),
        (MARGIN, high - MARGIN / 2),
    )


class _Head(NamedTuple):
    shapes: tuple[Shape, ...]
    boxes: tuple[Box, ...]


def _head(chart: Chart) -> tuple[_Head, float, float]:
    """The flow's name, what it does, and the rules that end it at any time; with width and height."""
    shapes: list[Words] = []
    y = 6.0
    shapes.append(words(0, y + TITLE * 0.7, chart.flow, TITLE, bold=True))
    y += TITLE * 1.35
    for line in wrapped((Run(chart.description, "soft"),), TEXT, HEAD, 4):
        shapes.append(words(0, y + LEADING[TEXT] * 0.74, line, TEXT))
        y += LEADING[TEXT]
    shapes.append(words(0, y + 4 + LEADING[SMALL] * 0.74, chart.about, SMALL, role="soft"))
    y += 4 + LEADING[SMALL] + 10
    boxes: list[Box] = []
    for rule in chart.rules:
        box = _rule(rule, y)
        boxes.append(box)
        y += box.high + 6
    wide = max([*(shape.wide for shape in shapes), *(box.wide for box in boxes)])
    return _Head(tuple(shapes), tuple(boxes)), wide, y + 22


def _rule(card: Card, y: float) -> Box:
    """The reason as where a run ends, and when that is."""
    pill = sized(card._replace(kind="exit"))
    left = pill.wide + 10
    lines = wrapped(tuple(Run(text, "soft") for text in card.foot), TEXT, HEAD - left, 3)
    high = max(pill.high, len(lines) * LEADING[TEXT] + 8)
    shapes = [*moved_shapes(pill.shapes, 0, y)]
    start = y + max(4.0, (pill.high - len(lines) * LEADING[TEXT]) / 2)
    shapes += [words(left, start + LEADING[TEXT] * (at + 0.74), line, TEXT) for at, line in enumerate(lines)]
    return Box(card, 0, y, left + max(width_of(line, TEXT) for line in lines), high, tuple(shapes))


def _top(chart: Chart) -> Piece:
    """The triggers side by side, then the entry, then the steps."""
    stations = ((Station(chart.entry),) if chart.entry is not None else ()) + chart.stations
    below = _sequence(stations)
    row = [sized(card) for card in chart.triggers]
    space = sum(card.wide for card in row) + BESIDE * (len(row) - 1)
    high = max(card.high for card in row)
    join = high + (RAIL if len(row) > 1 else 0)
    top = join + GAP
    piece = below.moved(0, top)
    x = -space / 2
    for card in row:
        middle = x + card.wide / 2
        piece = piece.with_(_card(card).moved(middle, high - card.high))
        straight = abs(middle) < 0.5
        points: tuple[Point, ...] = (
            ((middle, high), (0, top)) if straight else ((middle, high), (middle, join), (0, join), (0, top))
        )
        piece = piece.with_(line_piece(card.card.place, NEXT, points, arrow=True))
        x += card.wide + BESIDE
    return piece


def _card(card: Sized) -> Piece:
    """With its top at the axis."""
    half = card.wide / 2
    box = Box(card.card, -half, 0, card.wide, card.high, moved_shapes(card.shapes, -half, 0))
    return piece_of((Area(-half, 0, half, card.high),), card.high, boxes=(box,))


def _sequence(stations: Sequence[Station]) -> Piece:
    """From its end on: what follows a step is a part of the way that goes on."""
    below: Piece | None = None
    for station in reversed(stations):
        below = _ended(station, below) if station.ends else _station(station, below)
    return below if below is not None else Piece()


def _ended(station: Station, unreachable: Piece | None) -> Piece:
    piece = _card(sized(station.card))._replace(out=None)
    if unreachable is None:
        return piece
    # No run comes there: it is drawn, without a line to it.
    return piece.with_(unreachable.moved(0, piece.bottom + GAP))


def _station(station: Station, below: Piece | None) -> Piece:
    """A card and all that follows it. `below`: what comes after it in its list."""
    card = sized(station.card)
    piece = _card(card)
    if not station.branches:
        return _straight(piece, station.card.place, NEXT, card.high, below)
    return _parted(piece, card, station, below)


def _straight(piece: Piece, place: Loc, way: str, at: float, below: Piece | None) -> Piece:
    if below is None:
        return piece._replace(out=at)
    top = at + GAP
    joined = piece.with_(line_piece(place, way, ((0, at), (0, top)), arrow=True)).with_(below.moved(0, top))
    return joined._replace(out=None if below.out is None else below.out + top)


class _Laid(NamedTuple):
    """A way with what follows on it; the axis is its own."""

    branch: Branch
    piece: Piece  # from the rail on
    goes_on: bool


def _parted(piece: Piece, card: Sized, station: Station, below: Piece | None) -> Piece:
    place = station.card.place
    rail = card.high + RAIL
    label_high = max((_label(place, way).bottom for way in station.branches), default=0.0)
    inside = [_sequence(way.stations) for way in station.branches]
    open_ways = [at for at, each in enumerate(inside) if each.out is not None]
    straight = open_ways[0] if len(open_ways) == 1 else None
    branches = [
        _branch(place, way, each, label_high, below if at == straight else None)
        for at, (way, each) in enumerate(zip(station.branches, inside, strict=True))
    ]
    branches = _lengthened(branches)
    axes = _axes(branches, straight)
    out: float | None = None
    for branch, x in zip(branches, axes, strict=True):
        moved = branch.piece.moved(x, rail)
        piece = piece.with_(moved)
        points = (
            ((0.0, card.high), (0.0, rail))
            if abs(x) < 0.5
            else ((0.0, card.high), (0.0, rail), (x, rail), (x, rail + 1))
        )
        piece = piece.with_(line_piece(place, branch.branch.name, points))
        if branch.goes_on and straight is not None:
            out = moved.out
    if straight is not None:
        return piece._replace(out=out)
    if not open_ways:
        lost = piece._replace(out=None)
        return lost if below is None else lost.with_(below.moved(0, lost.bottom + GAP))
    return _joined(piece, place, [(branches[at], axes[at]) for at in open_ways], rail, below)


def _branch(place: Loc, way: Branch, inside: Piece, label_high: float, below: Piece | None) -> _Laid:
    """The label, then the steps of the way, then what follows where this way alone goes on."""
    label = _label(place, way)
    end = DROP + label_high
    piece = label.moved(0, DROP)
    if way.stations:
        top = end + ARROW
        piece = piece.with_(line_piece(place, way.name, ((0, 0), (0, top)), arrow=True)).with_(inside.moved(0, top))
        piece = piece._replace(out=None if inside.out is None else inside.out + top)
    else:
        piece = piece.with_(line_piece(place, way.name, ((0, 0), (0, end))))._replace(out=end)
    if below is not None and piece.out is not None:
        last = _last_place(way, place)
        piece = _straight(piece, *last, piece.out, below)
    return _Laid(way, piece, inside.out is not None)


def _lengthened(branches: Sequence[_Laid]) -> list[_Laid]:
    """Those that go on keep the space below them, down to the end of all: there they come together, or go on."""
    end = max(branch.piece.bottom for branch in branches)
    return [
        branch
        if branch.piece.out is None
        else branch._replace(piece=branch.piece.with_(piece_of((Area(-NEAR, branch.piece.out, NEAR, end),), None)))
        for branch in branches
    ]


def _last_place(way: Branch, place: Loc) -> tuple[Loc, str]:
    """From where a run comes that leaves a way: the way itself where it is empty."""
    return (way.stations[-1].card.place, NEXT) if way.stations else (place, way.name)


def _axes(branches: Sequence[_Laid], straight: int | None) -> list[float]:
    """Side by side from the left, or around the one that goes straight on; as near as they fit."""
    areas = [branch.piece.all_areas() for branch in branches]
    count, axes = len(branches), [0.0] * len(branches)
    start = straight or 0
    for at in range(start + 1, count):
        axes[at] = max(axes[k] + _apart(areas[k], areas[at]) for k in range(start, at))
    for at in range(start - 1, -1, -1):
        axes[at] = min(axes[k] - _apart(areas[at], areas[k]) for k in range(at + 1, count))
    middle = (axes[0] + axes[-1]) / 2 if straight is None else 0.0
    return [x - middle for x in axes]


def _apart(left: Sequence[Area], right: Sequence[Area]) -> float:
    """How far the axes have to be from each other."""
    near = GAP / 2
    needed = (
        one.right - other.left + BESIDE
        for one in left
        for other in right
        if one.top < other.bottom + near and other.top < one.bottom + near
    )
    return max(2 * BESIDE, max(needed, default=0.0))


def _joined(piece: Piece, place: Loc, going: list[tuple[_Laid, float]], rail: float, below: Piece | None) -> Piece:
    """The ways that go on come together on the axis below all of them."""
    join = piece.bottom + RAIL
    for branch, x in going:
        start = (branch.piece.out or 0.0) + rail
        points = ((x, start), (x, join)) if abs(x) < 0.5 else ((x, start), (x, join), (0.0, join))
        piece = piece.with_(line_piece(*_last_place(branch.branch, place), points))
    if below is None:
        return piece._replace(out=join)
    top = join + GAP - 6
    # One run of many comes here: the line belongs to the step after it.
    joined = piece.with_(line_piece(place, "", ((0, join), (0, top)), arrow=True)).with_(below.moved(0, top))
    return joined._replace(out=None if below.out is None else below.out + top)


def _label(place: Loc, way: Branch) -> Piece:
    """From the top of its box; nothing where it says nothing."""
    lines = wrapped((Run(way.label, "soft"),), SMALL, LABEL, 4)
    if not lines:
        return piece_of((Area(-NEAR, 0, NEAR, 0),), None)
    half, high = max(width_of(line, SMALL) for line in lines) / 2 + 8, len(lines) * LEADING[SMALL] + 6
    shapes: list[Shape] = [Rect(-half, 0, 2 * half, high, 9, "ground")]
    shapes += [
        words(0, 3 + LEADING[SMALL] * (at + 0.74), line, SMALL, anchor="middle") for at, line in enumerate(lines)
    ]
    return piece_of((Area(-half, 0, half, high),), None, labels=(Label(place, way.name, tuple(shapes)),))
