"""Parts of a tree of cards, put together without moving what is inside them: each keeps where its own parts stand.

Invariants: moving a piece and joining two cost the same for every size; everything gets its place once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import inf
from typing import NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.preview.graph.shapes import Box, Label, Line, Point, Shape

NEAR = 4.0  # how close to a line nothing else may come


class Area(NamedTuple):
    """What is taken: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


class Piece(NamedTuple):
    """A part of the tree, from the point where a run comes in: the axis is x = 0, the top y = 0.

    `out`: how far down on the axis a run leaves it; None where none does.
    """

    out: float | None = 0.0
    areas: tuple[Area, ...] = ()
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()
    parts: tuple[tuple[float, float, Piece], ...] = ()  # (dx, dy, part)
    extent: Area = Area(inf, inf, -inf, -inf)

    @property
    def bottom(self) -> float:
        return max(0.0, self.extent.bottom)

    def moved(self, dx: float, dy: float) -> Piece:
        out = None if self.out is None else self.out + dy
        return Piece(out, parts=((dx, dy, self),), extent=_moved_area(self.extent, dx, dy))

    def with_(self, other: Piece) -> Piece:
        """Both, with the way out of this one."""
        return Piece(self.out, parts=((0, 0, self), (0, 0, other)), extent=_union((self.extent, other.extent)))

    def placed(self) -> Iterator[tuple[float, float, Piece]]:
        """Every piece that has shapes of its own, and where it stands."""
        ahead = [(0.0, 0.0, self)]
        while ahead:
            x, y, piece = ahead.pop()
            yield x, y, piece
            ahead.extend((x + dx, y + dy, part) for dx, dy, part in reversed(piece.parts))

    def all_areas(self) -> list[Area]:
        return [_moved_area(area, x, y) for x, y, piece in self.placed() for area in piece.areas]


def piece_of(
    areas: tuple[Area, ...],
    out: float | None,
    *,
    boxes: tuple[Box, ...] = (),
    lines: tuple[Line, ...] = (),
    labels: tuple[Label, ...] = (),
) -> Piece:
    return Piece(out, areas, boxes, lines, labels, extent=_union(areas))


def line_piece(place: Loc, way: str, points: tuple[Point, ...], arrow: bool = False) -> Piece:
    """A line that keeps others off it."""
    areas = tuple(
        Area(min(a[0], b[0]) - NEAR, min(a[1], b[1]), max(a[0], b[0]) + NEAR, max(a[1], b[1]))
        for a, b in pairwise(points)
    )
    return piece_of(areas, None, lines=(Line(place, way, points, arrow),))


def moved_shapes(shapes: Iterable[Shape], dx: float, dy: float) -> tuple[Shape, ...]:
    return tuple(shape._replace(x=shape.x + dx, y=shape.y + dy) for shape in shapes)


def moved_box(box: Box, dx: float, dy: float) -> Box:
    return box._replace(x=box.x + dx, y=box.y + dy, shapes=moved_shapes(box.shapes, dx, dy))


def moved_line(line: Line, dx: float, dy: float) -> Line:
    return line._replace(points=tuple((x + dx, y + dy) for x, y in line.points))


def _moved_area(area: Area, dx: float, dy: float) -> Area:
    return Area(area.left + dx, area.top + dy, area.right + dx, area.bottom + dy)


def _union(areas: Iterable[Area]) -> Area:
    left, top, right, bottom = inf, inf, -inf, -inf
    for area in areas:
        left, top = min(left, area.left), min(top, area.top)
        right, bottom = max(right, area.right), max(bottom, area.bottom)
    return Area(left, top, right, bottom)
