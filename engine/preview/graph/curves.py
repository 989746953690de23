"""Lines through points with round corners, for every writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from engine.preview.graph.shapes import Point

BEND = 10.0


def corners(points: Sequence[Point]) -> Iterator[tuple[Point, Point, Point]]:
    """For each inner point: where the curve around it begins, the point, and where the curve ends."""
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(BEND, _distance(before, at) / 2, _distance(at, after) / 2)
        yield _towards(at, before, radius), at, _towards(at, after, radius)


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """The same as many short straight lines."""
    out = [points[0]]
    for start, at, end in corners(points):
        for step in range(steps + 1):
            t = step / steps
            p, q, r = (1 - t) ** 2, 2 * t * (1 - t), t * t
            out.append((p * start[0] + q * at[0] + r * end[0], p * start[1] + q * at[1] + r * end[1]))
    return [*out, points[-1]]


def tip(end: Point) -> list[Point]:
    """An arrow that points down to there."""
    x, y = end
    return [(x, y), (x - 4.6, y - 7.5), (x, y - 5.5), (x + 4.6, y - 7.5)]


def dashes(points: Sequence[Point], long: float = 6.0, gap: float = 5.0) -> Iterator[list[Point]]:
    """The pieces of a dashed line."""
    piece, left, drawing = [points[0]], long, True
    for start, end in pairwise(points):
        at = start
        while (rest := ((end[0] - at[0]) ** 2 + (end[1] - at[1]) ** 2) ** 0.5) > left:
            at = (at[0] + (end[0] - at[0]) * left / rest, at[1] + (end[1] - at[1]) * left / rest)
            if drawing:
                yield [*piece, at]
            drawing = not drawing
            piece, left = [at], long if drawing else gap
        left -= rest
        piece.append(end)
    if drawing and len(piece) > 1:
        yield piece


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, by: float) -> Point:
    long = _distance(start, end) or 1
    return start[0] + (end[0] - start[0]) * by / long, start[1] + (end[1] - start[1]) * by / long
